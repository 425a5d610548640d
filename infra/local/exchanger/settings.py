"""Where the exchanger listens and keeps its files. Everything comes from the environment."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ACCOUNT = "000000000000"
HOST = "127.0.0.1"


@dataclass
class Settings:
    """Ports, folders and the stack's outputs. `outputs` is empty until the template is deployed."""

    directory: Path
    api_port: int
    aws_port: int
    wire_port: int
    ses_port: int
    control_port: int
    smtp_port: int
    dns_port: int
    mail_domain: str
    region: str
    outputs: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_environment(cls, directory: Path) -> "Settings":
        def port(name: str, default: int) -> int:
            return int(os.environ.get(f"COUNTERSIGN_{name}_PORT", default))

        settings = cls(
            directory=directory,
            api_port=port("API", 8080),
            aws_port=port("AWS", 4566),
            wire_port=port("WIRE", 4567),
            ses_port=port("SES", 4568),
            control_port=port("CONTROL", 4569),
            smtp_port=port("SMTP", 2525),
            dns_port=port("DNS", 5300),
            mail_domain=os.environ.get("COUNTERSIGN_MAIL_DOMAIN", "mail.countersign.test").lower(),
            region=os.environ.get("AWS_REGION", "eu-west-1"),
        )
        settings.outbox.mkdir(parents=True, exist_ok=True)
        settings.notifications.mkdir(parents=True, exist_ok=True)
        if settings.outputs_file.exists():
            settings.outputs = json.loads(settings.outputs_file.read_text())
        return settings

    @property
    def outbox(self) -> Path:
        return self.directory / "outbox"

    @property
    def notifications(self) -> Path:
        """Mail to members: beside the outbox, which holds only what was sent for an organization."""
        return self.directory / "notifications"

    def is_notification(self, sender: str) -> bool:
        """Whether a mail from here is one to members, not one that was sent for an organization."""
        return sender.lower() == f"notifications@{self.mail_domain}"

    @property
    def outputs_file(self) -> Path:
        return self.directory / "outputs.json"

    @property
    def aws_url(self) -> str:
        return f"http://{HOST}:{self.aws_port}"

    @property
    def wire_url(self) -> str:
        return f"http://{HOST}:{self.wire_port}"

    @property
    def identities_file(self) -> Path:
        """The domains that the local SES has, with the host of their bounces and their tags."""
        return self.directory / "identities.json"

    def identities(self) -> dict[str, dict[str, Any]]:
        return json.loads(self.identities_file.read_text()) if self.identities_file.exists() else {}

    def is_local(self, address: str) -> bool:
        """Whether mail to this address stays in the stack."""
        domain = address.rsplit("@", 1)[-1].rstrip(">").lower()
        return domain == self.mail_domain or domain in self.identities()
