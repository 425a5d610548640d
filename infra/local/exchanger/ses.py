"""SES v2 as far as a sender sees it: takes raw mail, refuses what SES refuses, files every byte it accepted."""

import asyncio
import base64
import binascii
import hashlib
import json
import logging
import re
import secrets
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from . import errors, mail, proxy, wire
from .aws import AwsError
from .delivery import SIMULATOR, Accepted, Delivery
from .dns import Zones
from .faults import Faults, Rule
from .inbound import AUTHENTICATED, Inbound, NotReady
from .ledger import Call, Ledger
from .rights import Rights
from .settings import HOST, Settings

log = logging.getLogger("ses")

MAX_MAIL = 40 * 1024 * 1024
MAX_RECIPIENTS = 50
MAX_TAGS = 50
# The function that sends notifications to members, and nothing else.
NOTIFIER = "-dispatch-notify"
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")


class Refused(Exception):
    """SES would not take this mail."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Ses:
    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        rights: Rights,
        faults: Faults,
        delivery: Delivery,
        inbound: Inbound,
        zones: Zones,
    ) -> None:
        self.settings = settings
        self.ledger = ledger
        self.rights = rights
        self.faults = faults
        self.delivery = delivery
        self.inbound = inbound
        self.zones = zones
        # The oracle of "at most once": every accepted mail, in order, this run's and earlier ones'.
        self.accepted: list[dict[str, Any]] = _read_outbox(settings.outbox)
        self._tasks: set[asyncio.Task[None]] = set()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        call = self.ledger.open(request)
        call.service = "ses"
        started = time.perf_counter()
        try:
            response = await self._route(request, call)
            call.status = call.status or response.status
            return response
        except Refused as refused:
            call.status = 400
            return errors.failure("ses", 400, refused.code, str(refused))
        finally:
            call.latency_ms = round((time.perf_counter() - started) * 1000, 2)

    async def _route(self, request: web.BaseRequest, call: Call) -> web.StreamResponse:
        if request.method == "POST" and request.path == "/v2/email/outbound-emails":
            return await self._send_email(request, call)
        if request.path.startswith("/v2/email/identities"):
            return await self._identities(request, call)
        return errors.failure("ses", 404, "NotFoundException", "The local SES has no such operation.")

    # --- sending ---------------------------------------------------------------------------------

    async def _send_email(self, request: web.BaseRequest, call: Call) -> web.StreamResponse:
        call.operation = "SendEmail"
        body = await request.content.read()
        self.rights.book(call, request, body)
        # A notification goes out beside every held mail: what is meant for the mail must not hit it.
        rule = self.faults.take("ses", call.operation, call.function, by_name=call.function.endswith(NOTIFIER))
        if rule:
            call.fault = rule.kind
            log.info("fault %s on SendEmail of %s", rule.kind, call.function or "-")
            refusal = await self._before(request, call, rule)
            if refusal is not None:
                return refusal
        message_id = await self._accept(body, call.function)
        if rule:
            failure = await self._after(request, call, rule)
            if failure is not None:
                return failure
        return web.json_response({"MessageId": message_id}, headers={"x-amzn-RequestId": str(uuid.uuid4())})

    async def _before(self, request: web.BaseRequest, call: Call, rule: Rule) -> web.StreamResponse | None:
        """What goes wrong before the mail is accepted: the mail does not go out."""
        if rule.kind == "kill_before":
            wire.kill(request, call.function, self.settings.wire_url)
        if rule.kind in {"drop_before", "kill_before"}:
            return proxy.drop(request)
        if rule.kind in {"error_500", "error_503"}:
            return errors.broken("ses", int(rule.kind[-3:]))
        if rule.kind == "throttle":
            return errors.throttled("ses")
        if rule.kind == "refuse":
            raise Refused("MessageRejected", "Injected: the message was rejected.")
        if rule.kind == "slow":
            await asyncio.sleep(rule.seconds)
        return None

    async def _after(self, request: web.BaseRequest, call: Call, rule: Rule) -> web.StreamResponse | None:
        """What goes wrong after the mail is accepted: it is out, and the caller does not learn it."""
        if rule.kind == "kill_after":
            wire.kill(request, call.function, self.settings.wire_url)
        if rule.kind in {"hang", "accept_then_hang"}:
            await wire.hang(request, rule.seconds)
        if rule.kind in {"drop_after", "accept_then_drop", "kill_after", "hang", "accept_then_hang"}:
            return proxy.drop(request)
        if rule.kind == "accept_then_500":
            return errors.broken("ses", 500)
        return None

    async def _accept(self, body: bytes, function: str) -> str:
        raw, sender, recipients, tags, configuration_set = self._validated(body)
        moment = mail.now()
        message_id = f"0102{int(moment.timestamp() * 1000):012x}-{uuid.uuid4()}-000000"
        accepted = Accepted(
            message_id,
            sender,
            recipients,
            tags,
            configuration_set,
            mail.stamp(raw, message_id, self.settings.region, moment),
            moment,
        )
        entry = {
            "message_id": message_id,
            "accepted_at": mail.timestamp(moment),
            "from": sender,
            "destinations": recipients,
            "tags": tags,
            "configuration_set": configuration_set,
            "sha256": hashlib.sha256(raw).hexdigest(),
            "size": len(raw),
            "function": function,
        }
        notification = self.settings.is_notification(sender)
        folder = self.settings.notifications if notification else self.settings.outbox
        # The mail first: whoever waits for the entry finds both.
        (folder / f"{message_id}.eml").write_bytes(raw)
        (folder / f"{message_id}.json").write_text(json.dumps(entry, indent=2) + "\n")
        if not notification:
            self.accepted.append(entry)
        log.info("accepted %s, %d bytes, %d recipients", message_id, len(raw), len(recipients))
        self._later(self._carry(accepted))
        return message_id

    def _later(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, accepted: Accepted) -> None:
        """After the answer: events to the sender, the mail itself to recipients of our own domain."""
        local = [address for address in accepted.recipients if self.settings.is_local(address)]
        sender = (mail.addresses(accepted.sender) or [""])[0]
        try:
            if local:
                await self.inbound.receive(
                    sender, local, accepted.stamped, AUTHENTICATED, f"{self.settings.region}.amazonses.com"
                )
            for address in accepted.recipients:
                if (
                    address.lower().startswith("ooto")
                    and address.lower().endswith("@" + SIMULATOR)
                    and self.settings.is_local(sender)
                ):
                    await self.inbound.receive(
                        "",
                        [sender],
                        _out_of_office(address, sender, accepted, self.settings.region),
                        AUTHENTICATED,
                        SIMULATOR,
                    )
        except (NotReady, AwsError) as error:
            log.warning("mail for a local inbox was not handed over: %s", type(error).__name__)
        await self.delivery.publish(accepted)

    def _validated(self, body: bytes) -> tuple[bytes, str, list[str], dict[str, str], str]:
        try:
            request = json.loads(body)
            raw = base64.b64decode(request["Content"]["Raw"]["Data"], validate=True)
        except (ValueError, KeyError, TypeError, binascii.Error):
            raise Refused("BadRequestException", "Content.Raw.Data must hold a base64 message.") from None
        if len(raw) > MAX_MAIL:
            raise Refused("BadRequestException", f"Message length is more than {MAX_MAIL} bytes long: {len(raw)}.")
        headers = mail.describe(raw)["commonHeaders"]
        sender = request.get("FromEmailAddress") or (headers.get("from") or [""])[0]
        self._check_sender(sender)
        for header in headers.get("from", []):
            self._check_sender(header)
        recipients = self._recipients(request.get("Destination") or {}, headers)
        tags = {}
        for tag in request.get("EmailTags") or []:
            name, value = tag.get("Name", ""), tag.get("Value", "")
            if not _TAG.fullmatch(name) or not _TAG.fullmatch(value):
                raise Refused("BadRequestException", "Invalid tag name or value.")
            tags[name] = value
        if len(tags) > MAX_TAGS:
            raise Refused("BadRequestException", f"A message may have at most {MAX_TAGS} tags.")
        return raw, sender, recipients, tags, request.get("ConfigurationSetName") or ""

    def _check_sender(self, sender: str) -> None:
        found = mail.addresses(sender)
        domain = found[0].rsplit("@", 1)[-1].lower() if found else ""
        if not self._verified(domain):
            raise Refused(
                "MessageRejected",
                "Email address is not verified. The following identities failed the check in region "
                f"{self.settings.region.upper()}: the sender",
            )

    def _recipients(self, destination: dict[str, Any], headers: dict[str, Any]) -> list[str]:
        """The envelope: what the request names, or the headers where it names nothing."""
        lists = [destination.get(name) or [] for name in ("ToAddresses", "CcAddresses", "BccAddresses")]
        if not any(lists):
            lists = [headers.get(name, []) for name in ("to", "cc", "bcc")]
        recipients = []
        for entry in (entry for entries in lists for entry in entries):
            found = mail.addresses(entry)
            if len(found) != 1 or not found[0].isascii():
                raise Refused("BadRequestException", "Invalid recipient address.")
            recipients.append(found[0])
        if not 1 <= len(recipients) <= MAX_RECIPIENTS:
            raise Refused("BadRequestException", f"Recipient count must be 1 to {MAX_RECIPIENTS}.")
        return recipients

    # --- identities ------------------------------------------------------------------------------

    def _verified(self, domain: str) -> bool:
        """The installation's own domain is; any other once the records of its keys are in the local DNS, at once."""
        if domain == self.settings.mail_domain:
            return True
        return domain in self.settings.identities() and all(
            any(_plain(str(record.rdata)) == f"{token}.dkim.amazonses.com" for record in self.zones.find(name, "CNAME"))
            for token, name in ((token, f"{token}._domainkey.{domain}") for token in _tokens(domain))
        )

    async def _identities(self, request: web.BaseRequest, call: Call) -> web.StreamResponse:
        body = await request.content.read()
        content = json.loads(body) if body else {}
        _, _, _, _, *rest = request.path.split("/")
        name = (unquote(rest[0]) if rest else content.get("EmailIdentity", "")).lower()
        if request.method == "POST":
            call.operation = "CreateEmailIdentity"
        elif request.method == "PUT" and rest[1:] == ["mail-from"]:
            call.operation = "PutEmailIdentityMailFromAttributes"
        else:
            call.operation = "DeleteEmailIdentity" if request.method == "DELETE" else "GetEmailIdentity"
        identities = self.settings.identities()
        tags = identities.get(name, {}).get("tags", content.get("Tags") or [])
        self.rights.book(call, request, json.dumps({**content, "EmailIdentity": name, "Tags": tags}).encode())
        rule = self.faults.take("ses", call.operation, call.function)
        if rule:
            call.fault = rule.kind
            refusal = await self._before(request, call, rule)
            if refusal is not None:
                return refusal
        answer = self._identity(call.operation, name, content, identities)
        if rule:
            failure = await self._after(request, call, rule)
            if failure is not None:
                return failure
        return answer

    def _identity(
        self, operation: str, name: str, content: dict[str, Any], identities: dict[str, dict[str, Any]]
    ) -> web.Response:
        known = name in identities or name == self.settings.mail_domain
        if operation == "CreateEmailIdentity":
            if known:
                return errors.failure("ses", 400, "AlreadyExistsException", "The identity exists already.")
            identities[name] = {"tags": content.get("Tags") or []}
        elif not known:
            return errors.failure("ses", 404, "NotFoundException", "The identity does not exist.")
        elif operation == "PutEmailIdentityMailFromAttributes":
            identities[name]["mail_from"] = content.get("MailFromDomain", "")
        elif operation == "DeleteEmailIdentity":
            del identities[name]
        if operation != "GetEmailIdentity":
            self.settings.identities_file.write_text(json.dumps(identities, indent=2) + "\n")
        if operation in ("PutEmailIdentityMailFromAttributes", "DeleteEmailIdentity"):
            return web.json_response({})
        return web.json_response(_described(name, identities.get(name, {}), self._verified(name)))


class Listener:
    """The SES port itself, which can be taken away for a while so that connections are refused."""

    def __init__(self, server: web.Server, port: int) -> None:
        self.server = server
        self.port = port
        self._runner = web.ServerRunner(server, shutdown_timeout=1)
        self._site: web.TCPSite | None = None
        self._reopen: asyncio.Task[None] | None = None

    async def open(self) -> None:
        if self._site is None:
            if self._runner.server is None:
                await self._runner.setup()
            self._site = web.TCPSite(self._runner, HOST, self.port, reuse_address=True)
            await self._site.start()

    async def refuse(self, seconds: float) -> None:
        if self._site is not None:
            await self._site.stop()
            self._site = None
            # A kept-alive connection would still be answered.
            for connection in list(self.server.connections):
                if connection.transport is not None:
                    connection.transport.abort()
        if self._reopen is not None:
            self._reopen.cancel()
        self._reopen = asyncio.get_running_loop().create_task(self._open_later(seconds))

    async def _open_later(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.open()

    async def close(self) -> None:
        await self._runner.cleanup()


def _tokens(name: str) -> list[str]:
    return [hashlib.sha256(f"{name}{i}".encode()).hexdigest()[:32] for i in range(3)]


def _plain(name: str) -> str:
    return name.rstrip(".").lower()


def _described(name: str, identity: dict[str, Any], verified: bool) -> dict[str, Any]:
    status = "SUCCESS" if verified else "PENDING"
    mail_from = identity.get("mail_from", "")
    return {
        "IdentityType": "EMAIL_ADDRESS" if "@" in name else "DOMAIN",
        "VerifiedForSendingStatus": verified,
        "VerificationStatus": status,
        "DkimAttributes": {
            "SigningEnabled": True,
            "Status": status,
            "Tokens": _tokens(name),
            "SigningAttributesOrigin": "AWS_SES",
            "NextSigningKeyLength": "RSA_2048_BIT",
        },
        "MailFromAttributes": {
            "MailFromDomain": mail_from,
            "MailFromDomainStatus": "PENDING",
            "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
        },
        "FeedbackForwardingStatus": True,
        "Policies": {},
        "Tags": identity.get("tags", []),
    }


def _out_of_office(mailbox: str, sender: str, accepted: Accepted, region: str) -> bytes:
    """The automatic answer of the simulator's out-of-the-office mailbox, marked as RFC 3834 asks."""
    answered = f"<{accepted.message_id}@{region}.amazonses.com>"
    return (
        f"From: {mailbox}\r\nTo: {sender}\r\nSubject: Out of office\r\nAuto-Submitted: auto-replied\r\n"
        f"Message-ID: <{secrets.token_hex(12)}@{SIMULATOR}>\r\nDate: {mail.header_date(mail.now())}\r\n"
        f"In-Reply-To: {answered}\r\nReferences: {answered}\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\nI am out of the office.\r\n"
    ).encode()


def _read_outbox(outbox: Path) -> list[dict[str, Any]]:
    entries = [json.loads(path.read_text()) for path in outbox.glob("*.json")]
    return sorted(entries, key=lambda entry: entry["accepted_at"])
