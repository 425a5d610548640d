"""The SMTP listener: mail for our domain goes in as through SES, anything else is not ours to carry."""

import asyncio
import logging

from aiohttp import ClientError
from aiosmtpd.smtp import SMTP, Envelope, Session

from .aws import AwsError
from .inbound import Inbound, NotReady
from .settings import HOST, Settings

log = logging.getLogger("smtp")

# What SES takes at most, in bytes.
MAX_MAIL = 40 * 1024 * 1024


class _Server(SMTP):
    # Real senders break the 998 byte rule; what a function makes of such a mail is what we want to see.
    line_length_limit = MAX_MAIL


class _Handler:
    def __init__(self, settings: Settings, inbound: Inbound) -> None:
        self.settings = settings
        self.inbound = inbound

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self.settings.is_local(address):
            return "550 5.7.1 Relaying denied"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """250 only when the mail is stored and the function is told, so that nothing accepted is lost."""
        raw = envelope.original_content or b""
        helo = session.host_name or "localhost"
        try:
            message_id = await self.inbound.receive(envelope.mail_from or "", list(envelope.rcpt_tos), raw, helo=helo)
        except (TimeoutError, NotReady, AwsError, ClientError) as error:
            log.warning("mail not taken: %s", type(error).__name__)
            return "451 4.3.0 Temporary failure, try again"
        return f"250 OK {message_id}"


async def serve(settings: Settings, inbound: Inbound) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    # aiosmtpd logs addresses of its own accord.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    return await loop.create_server(
        lambda: _Server(
            _Handler(settings, inbound),
            data_size_limit=MAX_MAIL,
            enable_SMTPUTF8=True,
            hostname=f"inbound-smtp.{settings.region}.amazonaws.com",
            ident="Countersign local SES",
            loop=loop,
        ),
        HOST,
        settings.smtp_port,
    )
