"""Passing HTTP on without touching it: same bytes, same headers, streamed both ways."""

from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import ClientResponse, ClientSession, ClientTimeout, TCPConnector, web
from multidict import CIMultiDict
from yarl import URL

# Headers that belong to one connection (RFC 9110 §7.6.1); `expect` is answered by each side for itself.
HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
}
# Presigned URLs and tokens are long; AWS takes lines of this order.
MAX_LINE = 65_536
CHUNK = 256 * 1024

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def server(handler: Handler) -> web.Server:
    """A listener that leaves compressed bodies alone, and logs no URLs: they carry signatures."""
    return web.Server(handler, auto_decompress=False, max_line_size=MAX_LINE, max_field_size=MAX_LINE, access_log=None)


def client() -> ClientSession:
    """A client that adds nothing of its own and leaves compressed bodies alone."""
    return ClientSession(
        auto_decompress=False,
        connector=TCPConnector(limit=0, keepalive_timeout=30),
        timeout=ClientTimeout(total=None, sock_connect=10),
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        max_line_size=MAX_LINE,
        max_field_size=MAX_LINE,
    )


def end_to_end(raw_headers: tuple[tuple[bytes, bytes], ...]) -> CIMultiDict[str]:
    """The headers that travel on, repeated ones (`Set-Cookie`) kept apart."""
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in raw_headers:
        key = name.decode("latin-1")
        if key.lower() not in HOP_BY_HOP:
            headers.add(key, value.decode("utf-8", "surrogateescape"))
    return headers


async def send(
    session: ClientSession,
    request: web.BaseRequest,
    base: str,
    headers: CIMultiDict[str],
    body: bytes | None = None,
    path: str | None = None,
    timeout: ClientTimeout | None = None,
) -> ClientResponse:
    """Sends the request on. `body` replaces the request's own, which is streamed otherwise."""
    data: bytes | AsyncIterator[bytes] | None = body
    if body is None and request.can_read_body:
        data = request.content.iter_chunked(CHUNK)
    return await session.request(
        request.method,
        URL(base + (path or request.raw_path), encoded=True),
        headers=headers,
        data=data,
        allow_redirects=False,
        timeout=timeout or session.timeout,
    )


async def relay(request: web.BaseRequest, answer: ClientResponse, body: bytes | None = None) -> web.StreamResponse:
    """Gives the answer back. `body` is the answer's body where it has been read already."""
    response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=end_to_end(answer.raw_headers))
    try:
        await response.prepare(request)
        if request.method != "HEAD":
            if body is not None:
                await response.write(body)
            else:
                async for chunk in answer.content.iter_chunked(CHUNK):
                    await response.write(chunk)
        await response.write_eof()
    except ConnectionResetError:
        # The caller has gone: there is nobody left to tell.
        pass
    return response


def drop(request: web.BaseRequest) -> web.Response:
    """Closes the connection with a reset and no answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
