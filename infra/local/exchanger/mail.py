"""Reading just enough of a mail to describe it as SES does. The bytes themselves are never rebuilt."""

import re
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from email.utils import format_datetime, getaddresses
from typing import Any

# SES describes at most this much of a mail's headers in an event.
MAX_EVENT_HEADERS = 10 * 1024
_COMMON = {
    "from": ("from", True),
    "to": ("to", True),
    "cc": ("cc", True),
    "bcc": ("bcc", True),
    "reply-to": ("replyTo", True),
    "sender": ("sender", False),
    "return-path": ("returnPath", False),
    "date": ("date", False),
    "message-id": ("messageId", False),
    "subject": ("subject", False),
}
_HEADER_END = re.compile(rb"\r?\n\r?\n")


def now() -> datetime:
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def header_date(moment: datetime) -> str:
    return format_datetime(moment)


def split(raw: bytes) -> tuple[bytes, bytes]:
    """The header block with its last line end, and the rest that begins with the empty line."""
    if raw.startswith((b"\r\n", b"\n")):
        return b"", raw
    end = _HEADER_END.search(raw)
    if end is None:
        return raw, b""
    line_end = 2 if raw[end.start() : end.start() + 2] == b"\r\n" else 1
    return raw[: end.start() + line_end], raw[end.start() + line_end :]


def fields(block: bytes) -> list[bytes]:
    """The header fields as they stand, folded lines included."""
    lines = block.splitlines(keepends=True)
    result: list[bytes] = []
    for line in lines:
        if line[:1] in b" \t" and result:
            result[-1] += line
        else:
            result.append(line)
    return result


def field_name(header: bytes) -> str:
    return header.partition(b":")[0].strip().lower().decode("latin-1")


def stamp(raw: bytes, message_id: str, region: str, moment: datetime) -> bytes:
    """The mail as SES passes it on: a Date where there is none, its own Message-ID, no Bcc."""
    block, rest = split(raw)
    kept = [header for header in fields(block) if field_name(header) not in {"message-id", "bcc"}]
    if not any(field_name(header) == "date" for header in kept):
        kept.append(f"Date: {header_date(moment)}\r\n".encode())
    kept.append(f"Message-ID: <{message_id}@{region}.amazonses.com>\r\n".encode())
    return b"".join(kept) + (rest or b"\r\n")


def addresses(value: str) -> list[str]:
    """The bare addresses of a header value or of an API list."""
    return [address for _, address in getaddresses([value]) if "@" in address]


def describe(raw: bytes) -> dict[str, Any]:
    """`headers`, `headersTruncated` and `commonHeaders` of an SES event."""
    block, _ = split(raw)
    parsed = BytesHeaderParser(policy=policy.compat32).parsebytes(block[:1_000_000])
    headers, size, truncated = [], 0, False
    common: dict[str, Any] = {}
    for name, value in parsed.items():
        text = _decoded(value)
        size += len(name) + len(text) + 4
        if size > MAX_EVENT_HEADERS:
            truncated = True
        else:
            headers.append({"name": name, "value": text})
        if name.lower() in _COMMON:
            key, many = _COMMON[name.lower()]
            if key not in common:
                common[key] = _list(text) if many else text.strip("<>") if key == "returnPath" else text
    return {"headersTruncated": truncated, "headers": headers, "commonHeaders": common}


def _decoded(value: Any) -> str:
    unfolded = re.sub(r"\r?\n[ \t]+", " ", str(value))
    try:
        return str(make_header(decode_header(unfolded)))
    except (LookupError, ValueError):
        return unfolded


def _list(value: str) -> list[str]:
    pairs = [(name, address) for name, address in getaddresses([value]) if address]
    return [_address(name, address) for name, address in pairs] or [value]


def _address(name: str, address: str) -> str:
    return f"{name} <{address}>" if name else address
