"""What Python's `email` makes of mails: the second opinion of tests/tests/all/stack/mailbox/corpus.rs.

Reads paths from standard input, one a line; answers each with a line of JSON: {"from", "subject", "attachments"}, each
null where Python itself finds the mail or the field defective and so has no opinion to compare with.
"""

import email
import email.policy
import json
import sys
import warnings
from email.message import EmailMessage
from typing import Any

# SES puts fields on top of every mail, with CRLF: a mail without header fields of its own has those.
ON_TOP = b"Return-Path: <x@corpus.example>\r\n"
TEXT = ("text/plain", "text/html")


def main() -> None:
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        with open(line.rstrip("\n"), "rb") as file:
            data = file.read()
        print(json.dumps(opinion(ON_TOP + data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))))


def opinion(data: bytes) -> dict[str, Any]:
    try:
        mail = email.message_from_bytes(data, policy=email.policy.default)
        sound = not any(part.defects for part in mail.walk())
    except Exception:  # Python's own parser gives up on some: no opinion.
        return {"from": None, "subject": None, "attachments": None}
    return {
        "from": attempt(lambda: author(mail)) if sound else None,
        "subject": attempt(lambda: subject(mail)) if sound else None,
        "attachments": attempt(lambda: attachments(mail)) if sound else None,
    }


def attempt(ask: Any) -> Any:
    try:
        return ask()
    except Exception:  # The header registry raises whatever its regular expressions run into.
        return None


def author(mail: EmailMessage) -> str | None:
    """The first address; the empty text where there is no such field."""
    field = mail["from"]
    if field is None:
        return ""
    return field.addresses[0].addr_spec if not field.defects and field.addresses else None


def subject(mail: EmailMessage) -> str | None:
    field = mail["subject"]
    if field is None:
        return ""
    return " ".join(str(field).split()) if not field.defects else None


def attachments(mail: EmailMessage) -> int:
    """How many parts are no body, by the algorithm of RFC 8621 section 4.1.4."""
    leaves: list[EmailMessage] = []
    bodies: list[EmailMessage] = []
    sort([mail], "mixed", False, leaves, {"text": bodies, "html": bodies})
    return sum(1 for leaf in leaves if not any(leaf is body for body in bodies))


def sort(
    parts: list[Any], kind: str, alternative: bool, leaves: list[Any], bodies: dict[str, list[Any] | None]
) -> None:
    """Sorts leaves into bodies and the rest. `bodies` has no list for a kind that is not wanted here."""
    for place, part in enumerate(parts):
        mime = part.get_content_type()
        # What an attached mail holds is its own affair.
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            below = part.get_content_subtype()
            sort(list(part.iter_parts()), below, alternative or below == "alternative", leaves, bodies)
            continue
        leaves.append(part)
        in_line = mime in TEXT and part.get_content_disposition() != "attachment"
        if not in_line or (place > 0 and (kind == "related" or part.get_filename())):
            continue
        if kind != "alternative" and alternative:
            # Below an alternative the first kind of text decides which alternative this is.
            bodies = {**bodies, "html" if mime == "text/plain" else "text": None}
        wanted = bodies["text"] if mime == "text/plain" else bodies["html"]
        if wanted is not None:
            wanted.append(part)


if __name__ == "__main__":
    main()
