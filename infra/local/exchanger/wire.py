"""The AWS endpoint of every function: passes calls to the local AWS, books them, and lets them go wrong on demand."""

import asyncio
import logging
import time

from aiohttp import ClientError, ClientResponse, ClientSession, web

from . import capacity, errors, processes, proxy
from .faults import Faults, Rule
from .ledger import Call, Ledger
from .rights import Rights
from .settings import Settings

log = logging.getLogger("wire")

DEFAULT_HANG = 3600.0


class Wire:
    def __init__(
        self, settings: Settings, session: ClientSession, ledger: Ledger, rights: Rights, faults: Faults
    ) -> None:
        self.settings = settings
        self.session = session
        self.ledger = ledger
        self.rights = rights
        self.faults = faults

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        call = self.ledger.open(request)
        started = time.perf_counter()
        rule = self.faults.take(call.service, call.operation, call.function)
        # What is small is read: what it asks for stands in it. Objects stream through.
        streams = call.service == "s3" and not call.operation.endswith("Tagging")
        body = b"" if streams else await request.content.read()
        try:
            if rule is None:
                return await self._forward(request, call, body)
            call.fault = rule.kind
            log.info("fault %s on %s %s of %s", rule.kind, call.service, call.operation, call.function or "-")
            return await self._misbehave(request, call, rule, body)
        except ClientError as error:
            log.warning("%s %s failed: %s", call.service, call.operation, type(error).__name__)
            call.status = 502
            return errors.broken(call.service, 503)
        finally:
            call.latency_ms = round((time.perf_counter() - started) * 1000, 2)
            self.rights.book(call, request, body)

    async def _forward(self, request: web.BaseRequest, call: Call, body: bytes) -> web.StreamResponse:
        """The usual way. DynamoDB's answers are read to weigh them; all others stream through."""
        if call.service != "dynamodb":
            headers = proxy.end_to_end(request.raw_headers)
            sent = body or None
            answer = await proxy.send(self.session, request, self.settings.aws_url, headers, body=sent)
            async with answer:
                call.status = answer.status
                call.answered = answer.content_length or 0
                return await proxy.relay(request, answer)
        answer, content = await self._deliver(request, call, body)
        return await proxy.relay(request, answer, content)

    async def _deliver(self, request: web.BaseRequest, call: Call, body: bytes) -> tuple[ClientResponse, bytes]:
        """Forwards a body that is in memory; gives the whole answer back and books its capacity."""
        headers = proxy.end_to_end(request.raw_headers)
        if call.service == "dynamodb":
            body = capacity.asking(call.operation, body)
            headers["Content-Length"] = str(len(body))
        answer = await proxy.send(self.session, request, self.settings.aws_url, headers, body=body)
        async with answer:
            content = await answer.read()
        call.status = answer.status
        call.answered = len(content)
        if call.service == "dynamodb":
            spent = capacity.consumed(call.operation, body, answer.status, content)
            if spent and call.capacity:
                spent = {kind: units + call.capacity[kind] for kind, units in spent.items()}
            call.capacity = spent
        return answer, content

    async def _misbehave(self, request: web.BaseRequest, call: Call, rule: Rule, body: bytes) -> web.StreamResponse:
        if rule.kind == "drop_before":
            return proxy.drop(request)
        if rule.kind == "kill_before":
            self._kill(request, call)
            return proxy.drop(request)
        if call.service == "s3":
            body = body or await request.content.read()
        if rule.kind in {"error_500", "error_503"}:
            call.status = int(rule.kind[-3:])
            return errors.broken(call.service, call.status)
        if rule.kind == "throttle":
            response = errors.throttled(call.service)
            call.status = response.status
            return response
        if rule.kind == "contend":
            response = errors.contended(call.service)
            call.status = response.status
            return response
        if rule.kind == "slow":
            await asyncio.sleep(rule.seconds)
        if rule.kind == "duplicate":
            await self._deliver(request, call, body)
        answer, content = await self._deliver(request, call, body)
        if rule.kind == "hang":
            await hang(request, rule.seconds)
            return proxy.drop(request)
        if rule.kind == "kill_after":
            self._kill(request, call)
        if rule.kind in {"drop_after", "kill_after"}:
            return proxy.drop(request)
        return await proxy.relay(request, answer, content)

    def _kill(self, request: web.BaseRequest, call: Call) -> None:
        kill(request, call.function, self.settings.wire_url)


def kill(request: web.BaseRequest, function: str, endpoint: str) -> None:
    """Kills the process that made this request."""
    ends = [request.transport.get_extra_info(end) if request.transport else None for end in ("peername", "sockname")]
    caller, ours = (end[1] if end else 0 for end in ends)
    try:
        pid = processes.kill_caller(function, endpoint, (caller, ours))
        log.info("killed %s (pid %d)", function, pid)
    except processes.NotFound:
        log.warning("which process of %r made the call can't be told: none was killed", function)


async def hang(request: web.BaseRequest, seconds: float) -> None:
    """Holds the connection without an answer until the time is over or the caller gives up."""
    deadline = time.monotonic() + (seconds or DEFAULT_HANG)
    while time.monotonic() < deadline and request.transport is not None and not request.transport.is_closing():
        await asyncio.sleep(0.1)
