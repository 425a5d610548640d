"""Calls of webhooks: whether Countersign made them (Standard Webhooks 1.0)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from typing import Any, Mapping, TypedDict

from .errors import InvalidSignature

#: A call is refused that was signed longer ago, or further ahead, in seconds.
TOLERANCE = 300


class Event(TypedDict):
    """What happened. `id` is the same for every attempt to tell of it."""

    id: str
    type: str
    created_at: str
    data: dict[str, Any]


def verify_webhook(
    body: bytes | str, headers: Mapping[str, str], secret: str, *, tolerance: float = TOLERANCE, now: float | None = None
) -> Event:
    """The event of a call, if it was signed with `secret` (`whsec_…`); `InvalidSignature` otherwise.

    `body` is what came, byte for byte: not JSON that was read and written again."""
    key = _key(secret)
    known = {name.lower(): value for name, value in headers.items()}
    try:
        identifier, stamp, signatures = (known[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError as error:
        raise InvalidSignature(f"the call has no {error.args[0]}") from None
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 15):
        raise InvalidSignature("webhook-timestamp is no number of seconds")
    if abs((time.time() if now is None else now) - int(stamp)) > tolerance:
        raise InvalidSignature("the call was signed too long ago, or ahead of time: look at this machine's clock")
    data = body.encode() if isinstance(body, str) else bytes(body)
    expected = hmac.new(key, f"{identifier}.{stamp}.".encode() + data, hashlib.sha256).digest()
    good = False
    for signature in signatures.split(" "):
        version, _, text = signature.partition(",")
        if version == "v1":
            # All of them are compared, each in the same time.
            good |= hmac.compare_digest(base64.b64encode(expected), text.encode())
    if not good:
        raise InvalidSignature("no signature is of this secret")
    try:
        event: Event = json.loads(data)
    except ValueError:
        raise InvalidSignature("the body is not JSON") from None
    return event


def _key(secret: str) -> bytes:
    if not secret.startswith("whsec_"):
        raise ValueError("secret must be the whsec_… that the webhook's creation showed")
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("secret must be the whsec_… that the webhook's creation showed") from None
