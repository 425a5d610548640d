"""The public DNS of the local stack: it has what tests and people write into it over the control port, and nothing else."""

import asyncio
import json
import logging

from dnslib import QTYPE, RCODE, RR, DNSError, DNSRecord

from .settings import HOST, Settings

log = logging.getLogger("dns")

# What fits into a datagram that every resolver takes.
MAX_DATAGRAM = 1232


class InvalidZone(ValueError):
    """The text is no zone file."""


class Zones:
    """Zone files by the domain that they are of. They stay in a file of the stack's folder."""

    def __init__(self, settings: Settings) -> None:
        self.file = settings.directory / "dns.json"
        self.texts: dict[str, str] = json.loads(self.file.read_text()) if self.file.exists() else {}
        self.records: dict[str, list[RR]] = {domain: _parse(domain, text) for domain, text in self.texts.items()}

    def write(self, domain: str, text: str) -> int:
        """Replaces all that a domain has; an empty text takes it away. Gives how many records there are."""
        domain = _plain(domain)
        records = _parse(domain, text)
        self.texts[domain], self.records[domain] = text, records
        if not records:
            del self.texts[domain], self.records[domain]
        self.file.write_text(json.dumps(self.texts, indent=2) + "\n")
        return len(records)

    def find(self, name: str, kind: str) -> list[RR]:
        """The records of a name; an alias stands for every type."""
        name = _plain(name)
        own = [record for records in self.records.values() for record in records if _plain(str(record.rname)) == name]
        return [record for record in own if QTYPE[record.rtype] in (kind, "CNAME")]

    def knows(self, name: str) -> bool:
        """Whether there is anything at a name or below it: else it does not exist."""
        name = _plain(name)
        names = [_plain(str(record.rname)) for records in self.records.values() for record in records]
        return any(known == name or known.endswith("." + name) for known in names)

    def answer(self, question: bytes, most: int) -> bytes | None:
        try:
            asked = DNSRecord.parse(question)
            name, kind = str(asked.q.qname), QTYPE[asked.q.qtype]
        except DNSError:
            return None
        reply = asked.reply(ra=1)
        for record in self.find(name, kind):
            reply.add_answer(record)
        if not reply.rr and not self.knows(name):
            reply.header.rcode = RCODE.NXDOMAIN
        packed = reply.pack()
        return packed if len(packed) <= most else reply.truncate().pack()


def _plain(name: str) -> str:
    return name.rstrip(".").lower()


def _parse(domain: str, text: str) -> list[RR]:
    try:
        return list(RR.fromZone(text, origin=domain, ttl=60))
    except Exception as error:  # dnslib raises whatever its tokens run into.
        raise InvalidZone(f"not a zone file: {error}") from None


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, zones: Zones) -> None:
        self.zones = zones

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        answer = self.zones.answer(data, MAX_DATAGRAM)
        if answer is not None:
            self.transport.sendto(answer, address)  # type: ignore[attr-defined]


async def serve(settings: Settings, zones: Zones) -> tuple[asyncio.BaseTransport, asyncio.Server]:
    async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                length = int.from_bytes(await reader.readexactly(2), "big")
                answer = zones.answer(await reader.readexactly(length), 65_535)
                if answer is None:
                    break
                writer.write(len(answer).to_bytes(2, "big") + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    loop = asyncio.get_running_loop()
    datagrams, _ = await loop.create_datagram_endpoint(
        lambda: _Datagrams(zones), local_addr=(HOST, settings.dns_port)
    )
    return datagrams, await asyncio.start_server(stream, HOST, settings.dns_port)
