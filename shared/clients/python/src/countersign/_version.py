"""The version: made of infra/docs/openapi.json by shared/clients/generate.py: `make routes` writes it."""

VERSION = "0.1.0"
