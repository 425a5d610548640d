"""The delivery events that SES publishes to EventBridge about a mail it accepted."""

import asyncio
import logging
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiohttp import ClientError

from . import mail
from .aws import Aws, AwsError
from .faults import Faults
from .settings import ACCOUNT, HOST, Settings

log = logging.getLogger("delivery")

DETAIL_TYPES = {
    "Send": "Email Sent",
    "Delivery": "Email Delivered",
    "Bounce": "Email Bounced",
    "Complaint": "Email Complaint Received",
}
SIMULATOR = "simulator.amazonses.com"
# SES's events about one mail lie apart in time; a consumer that needs more order than that has a bug.
PAUSE_SECONDS = 0.15
_KEEP = 10_000


@dataclass
class Accepted:
    """A mail that SES took: what the events about it are made from."""

    message_id: str
    sender: str
    recipients: list[str]
    tags: dict[str, str]
    configuration_set: str
    stamped: bytes
    accepted_at: Any


@dataclass
class Delivery:
    settings: Settings
    aws: Aws
    faults: Faults
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    async def publish(self, accepted: Accepted) -> None:
        """Tells the delivery-events function what became of the mail, as far as the faults in force allow.

        Only the configuration set of approved mail has an event destination: of all other mail SES says nothing."""
        if accepted.configuration_set != self.settings.outputs.get("ConfigurationSetName"):
            return
        events = [self._envelope(accepted, kind, detail) for kind, detail in outcomes(accepted)]
        self._remember(accepted.message_id, events)
        rule = self.faults.take("events-out", "*", "")
        if rule:
            await asyncio.sleep(rule.seconds)
            events = _disturbed(events, rule.kind)
        for event in events:
            await self._invoke(event)
            await asyncio.sleep(PAUSE_SECONDS)

    async def redeliver(self, message_id: str, event_type: str | None = None) -> int:
        """Publishes the remembered events of a mail again, the same ids included; how many there were."""
        events = [
            event
            for event in self.events.get(message_id, [])
            if event_type is None or event["detail"]["eventType"] == event_type
        ]
        for event in events:
            await self._invoke(event)
        return len(events)

    async def _invoke(self, event: dict[str, Any]) -> None:
        function = self.settings.outputs.get("DeliveryEventsFunctionName")
        if not function:
            log.warning("no delivery-events function: an event is lost")
            return
        try:
            await self.aws.invoke(function, event)
        except (AwsError, ClientError) as error:
            log.warning("event not delivered: %s", type(error).__name__)

    def _remember(self, message_id: str, events: list[dict[str, Any]]) -> None:
        self.events[message_id] = events
        while len(self.events) > _KEEP:
            self.events.pop(next(iter(self.events)))

    def _envelope(self, accepted: Accepted, kind: str, detail: dict[str, Any]) -> dict[str, Any]:
        region = self.settings.region
        domain = accepted.sender.rsplit("@", 1)[-1].rstrip(">")
        tags = {
            "ses:operation": ["SendEmail"],
            "ses:source-ip": [HOST],
            "ses:from-domain": [domain],
            "ses:caller-identity": ["dispatch"],
            "ses:outgoing-ip": [HOST],
        }
        if accepted.configuration_set:
            tags["ses:configuration-set"] = [accepted.configuration_set]
        if kind == "Send":
            del tags["ses:outgoing-ip"]
        tags |= {name: [value] for name, value in accepted.tags.items()}
        resources = []
        if accepted.configuration_set:
            resources = [f"arn:aws:ses:{region}:{ACCOUNT}:configuration-set/{accepted.configuration_set}"]
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": DETAIL_TYPES[kind],
            "source": "aws.ses",
            "account": ACCOUNT,
            "time": mail.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": region,
            "resources": resources,
            "detail": {
                "eventType": kind,
                "mail": {
                    "timestamp": mail.timestamp(accepted.accepted_at),
                    "source": accepted.sender,
                    "sourceArn": f"arn:aws:ses:{region}:{ACCOUNT}:identity/{domain}",
                    "sendingAccountId": ACCOUNT,
                    "messageId": accepted.message_id,
                    "destination": accepted.recipients,
                    **mail.describe(accepted.stamped),
                    "tags": tags,
                },
                **detail,
            },
        }


def _disturbed(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    if kind == "events_drop":
        return []
    if kind == "events_reorder":
        return events[::-1]
    if kind == "events_duplicate":
        return [event for event in events for _ in range(2)]
    return events


def outcomes(accepted: Accepted) -> list[tuple[str, dict[str, Any]]]:
    """What happens to the mail. The mailbox simulator's addresses decide; every other recipient takes it."""
    later = mail.timestamp(accepted.accepted_at + timedelta(milliseconds=800))
    groups: dict[str, list[str]] = {"delivered": [], "bounce": [], "suppressionlist": [], "complaint": []}
    for recipient in accepted.recipients:
        local, _, domain = recipient.lower().rpartition("@")
        mailbox = local.partition("+")[0]
        outcome = mailbox if domain == SIMULATOR and mailbox in groups else "delivered"
        groups[outcome].append(recipient)
    events: list[tuple[str, dict[str, Any]]] = [("Send", {"send": {}})]
    taken = groups["delivered"] + groups["complaint"]
    if taken:
        events.append(("Delivery", {"delivery": _delivery(taken, later)}))
    if groups["bounce"]:
        events.append(
            ("Bounce", {"bounce": _bounce(groups["bounce"], later, "General", "smtp; 550 5.1.1 user unknown")})
        )
    if groups["suppressionlist"]:
        reason = "Amazon SES did not send the message to this address because it is on the suppression list."
        events.append(("Bounce", {"bounce": _bounce(groups["suppressionlist"], later, "Suppressed", reason)}))
    if groups["complaint"]:
        events.append(("Complaint", {"complaint": _complaint(groups["complaint"], later)}))
    return events


def _delivery(recipients: list[str], at: str) -> dict[str, Any]:
    return {
        "timestamp": at,
        "processingTimeMillis": 800,
        "recipients": recipients,
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "a8-70.smtp-out.amazonses.com",
    }


def _bounce(recipients: list[str], at: str, subtype: str, reason: str) -> dict[str, Any]:
    return {
        "feedbackId": _feedback_id(),
        "bounceType": "Permanent",
        "bounceSubType": subtype,
        "bouncedRecipients": [
            {"emailAddress": recipient, "action": "failed", "status": "5.1.1", "diagnosticCode": reason}
            for recipient in recipients
        ],
        "timestamp": at,
        "reportingMTA": "dns; a8-70.smtp-out.amazonses.com",
    }


def _complaint(recipients: list[str], at: str) -> dict[str, Any]:
    return {
        "feedbackId": _feedback_id(),
        "complaintSubType": None,
        "complainedRecipients": [{"emailAddress": recipient} for recipient in recipients],
        "timestamp": at,
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": at,
    }


def _feedback_id() -> str:
    return f"0102{secrets.token_hex(6)}-{uuid.uuid4()}-000000"
