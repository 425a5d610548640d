"""What every script of the local stack agrees on: folders, ports, names. Standard library only."""

import base64
import json
import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
HOST = "127.0.0.1"
REGION = "eu-west-1"
STACK_NAME = "countersign"
ARTIFACTS_BUCKET = "countersign-artifacts"

# Port name -> (default, what listens there). The environment variable is COUNTERSIGN_<NAME>_PORT.
PORTS = {
    "API": (8080, "the HTTP API and the console"),
    "AWS": (4566, "the local AWS"),
    "WIRE": (4567, "the functions' way to the local AWS"),
    "SES": (4568, "the local SES"),
    "CONTROL": (4569, "the exchanger's control port"),
    "SMTP": (2525, "incoming mail"),
    "DNS": (5300, "the local DNS"),
}


class Problem(Exception):
    """Something the person at the keyboard has to put right; the text is one sentence for them."""


@dataclass(frozen=True)
class Settings:
    """One stack: its folder, its template, its ports."""

    directory: Path
    template: Path
    ports: dict[str, int]
    mail_domain: str

    @classmethod
    def load(cls, directory: Path | None = None, template: Path | None = None) -> "Settings":
        ports = {name: _port(name, default) for name, (default, _) in PORTS.items()}
        return cls(
            directory=(directory or ROOT / ".local").resolve(),
            template=(template or ROOT / "template.yaml").resolve(),
            ports=ports,
            mail_domain=os.environ.get("COUNTERSIGN_MAIL_DOMAIN", "mail.countersign.test").lower(),
        )

    def url(self, port: str) -> str:
        return f"http://{HOST}:{self.ports[port]}"

    @property
    def public_url(self) -> str:
        """As people open it: passkeys belong to a name, which 127.0.0.1 is none of, and browsers take `localhost` without TLS."""
        return f"http://localhost:{self.ports['API']}"

    @property
    def venv(self) -> Path:
        # Beside the default folder, so that stacks in other folders share it.
        return ROOT / ".local" / "venv"

    @property
    def state(self) -> Path:
        return self.directory / "state"

    @property
    def log(self) -> Path:
        return self.directory / "log"

    @property
    def seed_file(self) -> Path:
        return self.directory / "seed.json"

    @property
    def stack_file(self) -> Path:
        return self.directory / "stack.json"

    @property
    def pid_file(self) -> Path:
        return self.directory / "stack.pid"

    @property
    def outputs_file(self) -> Path:
        return self.directory / "outputs.json"

    @property
    def deployed_file(self) -> Path:
        # Inside the state it describes: without the state there is nothing deployed.
        return self.state / "deployed.json"

    @property
    def parameters(self) -> dict[str, str]:
        """The template's parameters for a stack on this machine."""
        machine = {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64")
        return {
            "Stage": "local",
            "Architecture": machine,
            "MailDomain": self.mail_domain,
            "AllowLoopbackWebhooks": "true",
            # Whoever runs it on their machine tries signing up as well; that it is closed by default is tested in memory.
            "SignUp": "open",
            "SendRate": "500",
            "PublicUrl": self.public_url,
            # Stands for people's own sending providers (tests/providers): without it they are called where they are.
            "ProviderEndpoint": os.environ.get("COUNTERSIGN_PROVIDERS", ""),
            "MailServerRoot": self.mail_server_root,
            # A provider that somebody else starts (tests/openid): without one nobody is offered to sign in with it.
            **({"GoogleClientId": "countersign-test", "OpenIdIssuer": self.openid_issuer} if self.openid_issuer else {}),
        }

    @property
    def mail_server_root(self) -> str:
        """The authority of the mail server of the tests (tests/mail), where there is one."""
        if "COUNTERSIGN_MAIL_SERVER" not in os.environ:
            return ""
        return base64.b64encode((ROOT / ".local/mail/root.der").read_bytes()).decode()

    @property
    def openid_issuer(self) -> str:
        return os.environ.get("COUNTERSIGN_OPENID_ISSUER", "")

    @property
    def aws_environment(self) -> dict[str, str]:
        """For AWS clients of the supervisor itself: the local AWS, never a real account."""
        return {
            "AWS_ENDPOINT_URL": self.url("AWS"),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_MAX_ATTEMPTS": "2",
        }


def _port(name: str, default: int) -> int:
    variable = f"COUNTERSIGN_{name}_PORT"
    text = os.environ.get(variable, str(default))
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise Problem(f"{variable} is {text!r}, and must be a port number from 1 to 65535.")
    return int(text)


def write_json(path: Path, value: Any, private: bool = False) -> None:
    """Replaces the file in one step: a reader sees the old content or the new, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(path.suffix + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if private else 0o644)
    with os.fdopen(descriptor, "w") as file:
        json.dump(value, file, indent=2)
        file.write("\n")
    os.replace(temporary, path)


def read_json(path: Path, default: Any = None) -> Any:
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return default
