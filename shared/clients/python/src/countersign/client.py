"""The client."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any, Callable, Literal, Mapping

from . import types
from ._resources import Resources
from ._transport import Transport
from .errors import WaitTimeout

#: Between two looks at what is waited for, in seconds: from the first to the last, each half as long again.
FIRST_LOOK, LAST_LOOK = 1.0, 15.0
#: The gateway ends a request after 30 seconds, so one waits 25 at most.
LONGEST_WAIT = 25


@dataclass(frozen=True)
class Outcome:
    """What became of a mail that a person was asked about."""

    #: Approved mails may wait for their `send_at`, or be on their way: `message["status"]` says it.
    outcome: Literal["approved", "rejected", "expired", "cancelled"]
    #: Why it was rejected or cancelled, in the person's words, if they gave any.
    reason: str | None
    #: The mail, where it was waited for by what `send` gave.
    message: types.MessageDetail | None = None
    #: The approval, where it was waited for by its id.
    approval: types.ApprovalDetail | None = None


class Countersign(Resources):
    """A client of one installation with one credential.

    `base_url` and `token` are taken from `COUNTERSIGN_URL` and `COUNTERSIGN_TOKEN` where they are left out. `timeout` is that
    of one request, in seconds. What may be repeated is repeated at most `max_retries` times."""

    def __init__(
        self, base_url: str | None = None, token: str | None = None, *, timeout: float = 35.0, max_retries: int = 3
    ) -> None:
        base_url = base_url or os.environ.get("COUNTERSIGN_URL")
        if not base_url:
            raise ValueError("give base_url, or set COUNTERSIGN_URL")
        super().__init__(Transport(base_url, token or os.environ.get("COUNTERSIGN_TOKEN"), timeout, max_retries))

    def wait_for_approval(
        self,
        sent: Mapping[str, Any] | str,
        *,
        timeout: float = 300.0,
        _sleep: Callable[[float], None] = time.sleep,
        _clock: Callable[[], float] = time.monotonic,
    ) -> Outcome:
        """Waits until a mail is decided about: `sent` is what `send`, `reply` and the like gave, or the id of an approval.

        By what `send` gave it takes the scope `messages.read`, by an id `approvals.read`. An edit by a person makes another
        approval of the same mail: it is followed. `WaitTimeout` after `timeout` seconds."""
        deadline, pause = _clock() + timeout, FIRST_LOOK
        while True:
            if isinstance(sent, str):
                found = self._decided(sent)
                if isinstance(found, str):
                    sent = found
                    continue
            else:
                found = self._left(sent)
            if found is not None:
                return found
            left = deadline - _clock()
            if left <= 0:
                raise WaitTimeout(f"nobody decided within {timeout:g} s: the mail still waits")
            _sleep(min(pause, left))
            pause = min(pause * 1.5, LAST_LOOK)

    def _decided(self, approval_id: str) -> Outcome | str | None:
        approval = self.approvals.get(approval_id)
        status = approval["status"]
        if status == "pending":
            return None
        if status == "superseded":
            return approval["superseded_by"]
        reason = approval.get("decision_reason")
        return Outcome(_outcome(status), reason, approval=approval)

    def _left(self, sent: Mapping[str, Any]) -> Outcome | None:
        message = sent["message"]
        found = self.messages.get(message["inbox_id"], message["id"])
        if found["status"] == "pending_approval":
            return None
        reason = found.get("rejection_reason") or found.get("cancel_reason")
        return Outcome(_outcome(found["status"]), reason, message=found)

    def wait_for_message(
        self,
        inbox_id: str,
        *,
        after: str | None = None,
        from_: str | None = None,
        subject: str | None = None,
        timeout: float = 60.0,
    ) -> types.Message:
        """The first mail that comes in from now on, or after `after` (a time, or the id of the mail that was seen last), whose
        author and subject have these parts. `WaitTimeout` after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        if after is None:
            # What is there now was seen: no clock of ours has to agree with theirs.
            newest = self.messages.list(inbox_id, limit=1)["data"]
            after = newest[0]["id"] if newest else "1970-01-01T00:00:00Z"
        while True:
            left = max(deadline - time.monotonic(), 0.0)
            wait = min(int(left), LONGEST_WAIT)
            found = self.messages.wait(inbox_id, after=after, from_=from_, subject=subject, timeout=wait)["data"]
            if found:
                return found[0]
            if time.monotonic() >= deadline - 0.5:
                raise WaitTimeout(f"no such mail came within {timeout:g} s")
            if wait == 0:
                time.sleep(min(left, 0.5))


def _outcome(status: str) -> Literal["approved", "rejected", "expired", "cancelled"]:
    return status if status in ("rejected", "expired", "cancelled") else "approved"  # type: ignore[return-value]
