"""API Gateway's public side: one address for the HTTP API, as a caller outside AWS sees it."""

import logging

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from . import proxy
from .settings import Settings

log = logging.getLogger("front")

# What an HTTP API passes on: 10,240 bytes of request line and headers, and within 30 seconds what Lambda takes and gives, which is 6 MB
# (API Gateway developer guide, "Quotas for HTTP APIs"; Lambda developer guide, "Quotas").
MAX_HEAD = 10_240
MAX_BODY = 6 * 1024 * 1024
INTEGRATION_TIMEOUT = ClientTimeout(total=30, sock_connect=10)


class Front:
    def __init__(self, settings: Settings, session: ClientSession) -> None:
        self.settings = settings
        self.session = session

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        api_id = self.settings.outputs.get("ApiId")
        if api_id is None:
            return _message(503, "The stack is not deployed yet")
        head = len(request.raw_path) + sum(len(name) + len(value) for name, value in request.raw_headers)
        if head > MAX_HEAD:
            return _message(431, "Request Header Fields Too Large")
        if (request.content_length or 0) > MAX_BODY:
            return _message(413, "Request Entity Too Large")
        headers = proxy.end_to_end(request.raw_headers)
        peer = request.remote or "127.0.0.1"
        before = headers.popall("X-Forwarded-For", [])
        headers["X-Forwarded-For"] = ", ".join([*before, peer])
        headers["X-Forwarded-Proto"] = "http"
        headers["X-Forwarded-Port"] = str(self.settings.api_port)
        # Addressing the API by path keeps the caller's own Host header, so that a function sees the
        # host the browser sees: on AWS, too, Host and Origin agree.
        path = f"/_aws/execute-api/{api_id}/$default{request.raw_path}"
        try:
            answer = await proxy.send(
                self.session, request, self.settings.aws_url, headers, path=path, timeout=INTEGRATION_TIMEOUT
            )
            async with answer:
                if (answer.content_length or 0) > MAX_BODY:
                    return _message(500, "Internal Server Error")
                return await proxy.relay(request, answer)
        except TimeoutError:
            return _message(503, "Service Unavailable")
        except ClientError as error:
            log.warning("the AWS endpoint did not answer: %s", type(error).__name__)
            return _message(503, "Service Unavailable")


def _message(status: int, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status)
