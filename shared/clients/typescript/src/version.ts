// Made of infra/docs/openapi.json by shared/clients/generate.py: `make routes` writes it.

export const VERSION = "0.1.0";
