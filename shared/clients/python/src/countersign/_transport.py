"""Calls over HTTP: credentials, time limits, repeating what may be repeated. Nothing is logged."""

from __future__ import annotations

import http.client
import ipaddress
import json
import random
import socket
import ssl
import time
import uuid
from typing import Any, Mapping
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

from ._version import VERSION
from .errors import ConnectionFailed, CountersignError

# An answer is at most so large: Lambda gives no more than 6 MB, a mail's own bytes come from the bucket.
MAX_BYTES = 64 * 1024 * 1024
# Between two attempts, in seconds: doubled each time, from the first to the last.
FIRST_PAUSE, LAST_PAUSE = 0.5, 8.0
# Whoever is asked to wait longer than this gets the error instead, with `retry_after`.
LONGEST_PAUSE = 60.0


class Unset:
    """What is left out of a change, where `None` takes something out."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset()


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def check_base_url(url: str) -> str:
    """A token goes over TLS, or stays on this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        raise ValueError("base_url must be such as https://mail.example.com")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError("base_url must begin with https://: a token would travel in the clear")
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Transport:
    """Sends requests with a credential that it shows to nobody else."""

    def __init__(self, base_url: str, token: str | None, timeout: float, max_retries: int) -> None:
        if token is not None and not token.isascii() or token is not None and any(c.isspace() for c in token):
            raise ValueError("token must be one word in ASCII, as the API gave it")
        self.base_url = check_base_url(base_url)
        self.timeout = timeout
        self.max_retries = max_retries
        self.__token = token
        handlers: list[Any] = [_NoRedirects, HTTPSHandler(context=ssl.create_default_context())]
        if self.base_url.startswith("http:"):
            # What stays on this machine goes through no proxy, which would read the token.
            handlers.append(ProxyHandler({}))
        self.__opener: OpenerDirector = build_opener(*handlers)

    def __repr__(self) -> str:
        return f"Transport({self.base_url!r})"

    def __getstate__(self) -> Any:
        raise TypeError("a client has a credential: it is not copied or pickled")

    def request(
        self,
        method: str,
        path: str,
        *,
        names: Mapping[str, str],
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: Any = None,
        once: bool = False,
        idempotency_key: str | None = None,
        timeout: float | None = None,
        raw: bool = False,
    ) -> Any:
        """Calls a route. `once` says that it honours an `Idempotency-Key`: then it has one, and every attempt the same."""
        for name, value in names.items():
            if not value or value in (".", ".."):
                raise ValueError(f"{name} must be an id")
            path = path.replace("{" + name + "}", quote(str(value), safe=""))
        pairs = [(name, _query_text(value)) for name, value in (query or {}).items() if value is not None]
        url = self.base_url + path + ("?" + urlencode(pairs) if pairs else "")
        sent = {"Accept": "*/*" if raw else "application/json", "User-Agent": f"countersign-python/{VERSION}"}
        if self.__token is not None:
            sent["Authorization"] = f"Bearer {self.__token}"
        data = None
        if body is not None:
            sent["Content-Type"] = "application/json"
            data = json.dumps(body, ensure_ascii=False).encode()
        if once:
            sent["Idempotency-Key"] = idempotency_key or str(uuid.uuid4())
        sent.update({name: value for name, value in (headers or {}).items() if value is not None})
        # What changes nothing when it comes twice. With `If-Match` the second is refused for what the first did.
        conditional = any(name.lower() == "if-match" for name in sent)
        repeatable = once or (method in ("GET", "HEAD", "PATCH") and not conditional)
        attempt = 0
        while True:
            try:
                return self._attempt(Request(url, data, sent, method=method), timeout or self.timeout, raw)
            except CountersignError as error:
                pause = _pause(error, attempt, repeatable)
                if pause is None or attempt >= self.max_retries:
                    raise
            time.sleep(pause)
            attempt += 1

    def _attempt(self, request: Request, timeout: float, raw: bool) -> Any:
        try:
            with self.__opener.open(request, timeout=timeout) as answer:
                return _read(answer.status, answer.headers, _all(answer), raw)
        except HTTPError as error:
            with error:
                location = error.headers.get("Location")
                if error.code == 303 and location and raw:
                    return self._fetch(urljoin(request.full_url, location), timeout)
                if error.code == 304:
                    return None
                raise _error(error.code, error.headers, _all(error)) from None
        except (URLError, http.client.HTTPException, OSError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            if isinstance(reason, ssl.SSLCertVerificationError):
                raise CountersignError("untrusted_certificate", str(reason.verify_message), status=0) from None
            if isinstance(reason, (TimeoutError, socket.timeout)):
                raise ConnectionFailed(f"no answer within {timeout:g} s") from None
            raise ConnectionFailed(str(reason) or type(reason).__name__) from None

    def _fetch(self, url: str, timeout: float) -> bytes:
        """Bytes that lie elsewhere. The address holds its own permission, and the credential stays here."""
        if urlsplit(url).scheme not in ("http", "https"):
            raise CountersignError("unknown_redirect", "the answer leads to no web address", status=303)
        try:
            with self.__opener.open(Request(url), timeout=timeout) as answer:
                return _all(answer)
        except HTTPError as error:
            with error:
                raise CountersignError("fetch_failed", f"the bytes answered {error.code}", status=error.code) from None
        except (URLError, http.client.HTTPException, OSError) as error:
            raise ConnectionFailed(str(getattr(error, "reason", error))) from None


def _query_text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _all(answer: Any) -> bytes:
    data: bytes = answer.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise CountersignError("answer_too_large", f"the answer has more than {MAX_BYTES} bytes", status=0)
    # `read` with a bound does not say itself that the connection broke.
    length = answer.headers.get("Content-Length")
    if length is not None and length.isdigit() and len(data) < int(length):
        raise ConnectionFailed("the answer was cut short")
    return data


def _read(status: int, headers: Any, data: bytes, raw: bool) -> Any:
    if raw:
        return data
    if status == 204 or not data:
        return None
    try:
        return json.loads(data)
    except ValueError:
        raise CountersignError("not_json", "the answer is not JSON: is base_url right?", status=status) from None


def _error(status: int, headers: Any, data: bytes) -> CountersignError:
    try:
        told = json.loads(data)
    except ValueError:
        told = None
    inner = told.get("error") if isinstance(told, dict) else None
    if not isinstance(inner, dict):
        # The gateway's own.
        message = told.get("message") if isinstance(told, dict) else None
        inner = {"code": f"http_{status}", "message": str(message or "no more is said")}
    details = inner.get("details")
    return CountersignError(
        str(inner.get("code", f"http_{status}")),
        str(inner.get("message", "")),
        status=status,
        request_id=str(inner.get("request_id") or headers.get("apigw-requestid") or ""),
        details=details if isinstance(details, dict) else {},
        retry_after=_seconds(headers.get("Retry-After")),
    )


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdigit() else None


def _pause(error: CountersignError, attempt: int, repeatable: bool) -> float | None:
    """How long to wait before the next attempt; nothing where there is none."""
    # A 503 that has no code of ours is the gateway's: what it asked may have been done.
    bare = error.code == f"http_{error.status}"
    told = error.status == 429 or (error.status == 503 and not bare)
    unknown = (
        error.code in ("connection_failed", "request_in_flight")
        or error.status in (500, 502, 504)
        or (error.status == 503 and bare)
    )
    if not (told or (repeatable and unknown)):
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= LONGEST_PAUSE else None
    return min(FIRST_PAUSE * 2.0**attempt, LAST_PAUSE) * random.uniform(0.5, 1.0)
