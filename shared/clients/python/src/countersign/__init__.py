"""Countersign: mailboxes where nothing leaves until a person has countersigned the exact bytes."""

from . import types
from ._version import VERSION as __version__
from .client import Countersign, Outcome
from .errors import ConnectionFailed, CountersignError, InvalidSignature, WaitTimeout
from .webhooks import Event, verify_webhook

__all__ = [
    "ConnectionFailed",
    "Countersign",
    "CountersignError",
    "Event",
    "InvalidSignature",
    "Outcome",
    "WaitTimeout",
    "__version__",
    "types",
    "verify_webhook",
]
