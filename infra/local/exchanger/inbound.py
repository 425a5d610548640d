"""What SES receiving does with a mail: stores it, then tells the inbound function, with its verdicts."""

import base64
import logging
import secrets
import string
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from . import mail
from .aws import Aws
from .settings import ACCOUNT, HOST, Settings

log = logging.getLogger("inbound")

VERDICTS = ("spam", "virus", "spf", "dkim", "dmarc")
VALUES = ("PASS", "FAIL", "GRAY", "PROCESSING_FAILED")
DEFAULTS = {"spam": "PASS", "virus": "PASS", "spf": "GRAY", "dkim": "GRAY", "dmarc": "GRAY"}
AUTHENTICATED = {verdict: "PASS" for verdict in VERDICTS}
_KEEP = 10_000


class NotReady(Exception):
    """The stack has no bucket or no inbound function yet."""


@dataclass
class Inbound:
    settings: Settings
    aws: Aws
    verdicts: dict[str, str] = field(default_factory=lambda: dict(DEFAULTS))
    dmarc_policy: str = "none"
    # Events by message id, so that a test can deliver one again.
    events: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def receive(
        self,
        sender: str,
        recipients: list[str],
        raw: bytes,
        verdicts: dict[str, str] | None = None,
        helo: str = "localhost",
    ) -> str:
        """Takes a mail in and returns its SES message id. Raises if it was not stored or not handed over."""
        bucket, function = self.settings.outputs.get("MailBucketName"), self.settings.outputs.get("InboundFunctionName")
        if not bucket or not function:
            raise NotReady
        verdicts = verdicts or dict(self.verdicts)
        message_id = _message_id()
        moment = mail.now()
        stored = self._prepend(message_id, sender, recipients, raw, verdicts, helo, moment)
        await self.aws.put_object(bucket, f"inbound/{message_id}", stored)
        event = self._event(message_id, sender, recipients, stored, verdicts, function, moment)
        self._remember(message_id, event)
        await self.aws.invoke(function, event)
        log.info("received %s, %d bytes, %d recipients", message_id, len(raw), len(recipients))
        return message_id

    async def redeliver(self, message_id: str) -> bool:
        event = self.events.get(message_id)
        if event is None:
            return False
        await self.aws.invoke(self.settings.outputs["InboundFunctionName"], event)
        return True

    def set_verdicts(self, body: dict[str, str]) -> None:
        for name, value in body.items():
            if name == "dmarc_policy":
                if value not in ("none", "quarantine", "reject"):
                    raise ValueError("dmarc_policy must be one of: none, quarantine, reject")
                self.dmarc_policy = value
            elif name not in VERDICTS or value not in VALUES:
                raise ValueError(f"verdicts are {', '.join(VERDICTS)}; values are {', '.join(VALUES)}")
            else:
                self.verdicts[name] = value

    def reset_verdicts(self) -> None:
        self.verdicts, self.dmarc_policy = dict(DEFAULTS), "none"

    def _remember(self, message_id: str, event: dict[str, Any]) -> None:
        self.events[message_id] = event
        while len(self.events) > _KEEP:
            self.events.pop(next(iter(self.events)))

    def _prepend(
        self,
        message_id: str,
        sender: str,
        recipients: list[str],
        raw: bytes,
        verdicts: dict[str, str],
        helo: str,
        moment: datetime,
    ) -> bytes:
        """SES puts its own headers on top; everything below them is the mail as it came."""
        domain = sender.rsplit("@", 1)[-1] or "unknown"
        result = {"PASS": "pass", "FAIL": "fail"}
        spf = result.get(verdicts["spf"], "none")
        dkim = result.get(verdicts["dkim"], "none")
        dmarc = result.get(verdicts["dmarc"], "none")
        receipt = base64.b64encode(secrets.token_bytes(96)).decode()
        lines = [
            f"Return-Path: <{sender}>",
            f"Received: from {helo} ({helo} [{HOST}])",
            f" by inbound-smtp.{self.settings.region}.amazonaws.com with SMTP id {message_id}",
            f" for {recipients[0]};",
            f" {mail.header_date(moment)} (UTC)",
            f"X-SES-Spam-Verdict: {verdicts['spam']}",
            f"X-SES-Virus-Verdict: {verdicts['virus']}",
            f"Received-SPF: {spf} (spfCheck: local) client-ip={HOST}; envelope-from={sender}; helo={helo};",
            "Authentication-Results: amazonses.com;",
            f" spf={spf} (spfCheck: local) client-ip={HOST}; envelope-from={sender}; helo={helo};",
            f" dkim={dkim} header.i=@{domain};",
            f" dmarc={dmarc} header.from={domain};",
            f"X-SES-RECEIPT: {receipt}",
        ]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n" + raw

    def _event(
        self,
        message_id: str,
        sender: str,
        recipients: list[str],
        stored: bytes,
        verdicts: dict[str, str],
        function: str,
        moment: datetime,
    ) -> dict[str, Any]:
        receipt: dict[str, Any] = {
            "timestamp": mail.timestamp(moment),
            "processingTimeMillis": 574,
            "recipients": recipients,
            **{f"{name}Verdict": {"status": verdicts[name]} for name in VERDICTS},
            "action": {
                "type": "Lambda",
                "functionArn": f"arn:aws:lambda:{self.settings.region}:{ACCOUNT}:function:{function}",
                "invocationType": "Event",
            },
        }
        # SES names the sender's policy only where DMARC failed.
        if verdicts["dmarc"] == "FAIL":
            receipt["dmarcPolicy"] = self.dmarc_policy
        return {
            "Records": [
                {
                    "eventSource": "aws:ses",
                    "eventVersion": "1.0",
                    "ses": {
                        "mail": {
                            "timestamp": mail.timestamp(moment),
                            "source": sender,
                            "messageId": message_id,
                            "destination": recipients,
                            **mail.describe(stored),
                        },
                        "receipt": receipt,
                    },
                }
            ]
        }


def _message_id() -> str:
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(40))
