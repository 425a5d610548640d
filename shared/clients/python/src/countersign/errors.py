"""What goes wrong, as exceptions."""

from __future__ import annotations

from typing import Any


class CountersignError(Exception):
    """An answer that is an error. `code` is stable: `infra/docs/ERRORS.md` has all of them with what to do."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int,
        request_id: str = "",
        details: dict[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}" + (f" (request {request_id})" if request_id else ""))
        self.code = code
        self.message = message
        self.status = status
        self.request_id = request_id
        self.details: dict[str, Any] = details or {}
        self.retry_after = retry_after


class ConnectionFailed(CountersignError):
    """No answer came: whether the request was done is not known, unless it could be repeated safely. Its status is 0."""

    def __init__(self, message: str) -> None:
        super().__init__("connection_failed", message, status=0)


class WaitTimeout(TimeoutError):
    """What was waited for did not happen in time. It may still."""


class InvalidSignature(ValueError):
    """A webhook's call that was not signed with this secret, or too long ago."""
