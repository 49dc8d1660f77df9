"""Middleware for every request: refuses tokens in addresses and pages of foreign origins, limits a request's duration,
and adds security headers to responses.
"""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.codes import Code
from adapters.http.refusal import refusal
from adapters.tokens.token import IN_A_TEXT

_SECRET_PARAMETERS = frozenset(
    {"token", "access_token", "authorization", "api_key", "apikey", "key", "password"}
)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_TLS_HEADERS = {"Strict-Transport-Security": "max-age=31536000"}


class NoTokenInAddress:
    """Refuses addresses that contain a secret, because browser histories, proxies and logs store addresses."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app if scope["type"] == "lifespan" or not _has_secret(scope) else _IN_ADDRESS
        await app(scope, receive, send)


class OwnPages:
    """Refuses requests from pages of other origins, unless the origin is configured.

    A browser sends the header `Origin` with every POST and every websocket; requests without it are accepted.
    """

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app if scope["type"] == "lifespan" or self._may(scope) else _FOREIGN_ORIGIN
        await app(scope, receive, send)

    def _may(self, scope: Scope) -> bool:
        if scope["type"] == "http" and scope["method"] in _SAFE_METHODS:
            return True
        connection = HTTPConnection(scope)
        origin = connection.headers.get("origin")
        return origin is None or origin in self._origins or _is_own(origin, connection)


class SafeHeaders:
    """Adds security headers to every response, so that browsers do not guess its type, embed it or cache it."""

    def __init__(self, app: ASGIApp, tls: bool) -> None:  # noqa: FBT001  # Starlette passes options by name
        self._app = app
        named = _HEADERS | (_TLS_HEADERS if tls else {})
        self._headers = [(name.lower().encode(), value.encode()) for name, value in named.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                more = (header for header in self._headers if header[0] not in given)
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


class OneShape:
    """Gives the plain refusals of Starlette's own middleware (a wrong host, a body that is too long) the shape of all
    others, so that a program reads one kind of error.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        held: Message | None = None

        async def shaped(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and message["status"] in _PLAIN_STATUSES:
                held = message
                return
            if held is not None:
                start, held = held, None
                other = _IN_ONE_SHAPE.get((start["status"], message.get("body", b"")))
                if other is not None:
                    await other(scope, receive, send)
                    return
                await send(start)
            await send(message)

        return await self._app(scope, receive, shaped)


class Patience:
    """Ends an HTTP request after `seconds`; websockets have no time limit."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            async with asyncio.timeout(self._seconds):
                return await self._app(scope, receive, noting)
        except TimeoutError:
            if begun:
                raise
        return await _TOO_LONG(scope, receive, send)


_IN_ADDRESS = refusal(
    400,
    Code.BAD_INPUT,
    "never put a token into an address: histories and logs keep addresses. Send it as `Authorization: Bearer …` "
    "(a websocket: as `authorization` in connection_init). If the token is real, revoke it.",
)
_FOREIGN_ORIGIN = refusal(
    403, Code.FORBIDDEN, "the origin of this page is not configured (`whence api --cors-origin`)"
)
_TOO_LONG = refusal(503, Code.UNAVAILABLE, "the request took too long and was ended", {"Retry-After": "5"})


def _has_secret(scope: Scope) -> bool:
    query = scope["query_string"].decode("latin-1")
    if not query:
        return False
    pairs = parse_qsl(query, keep_blank_values=True)
    return any(name.lower() in _SECRET_PARAMETERS or IN_A_TEXT.search(value) for name, value in pairs)


def _is_own(origin: str, connection: HTTPConnection) -> bool:
    """Whether the origin has the request's host, and either its scheme or https: a proxy may have terminated TLS."""
    parts = urlsplit(origin)
    own = "https" if connection.url.scheme in ("https", "wss") else "http"
    return parts.netloc.lower() == connection.headers.get("host", "").lower() and parts.scheme in (
        own,
        "https",
    )


_IN_ONE_SHAPE = {
    (400, b"Invalid host header"): refusal(
        400, Code.BAD_INPUT, "the request's host is none of this API's names (`whence api --allow-host`)"
    ),
    (413, b"Content Too Large"): refusal(413, Code.BAD_INPUT, "the body is longer than this API accepts"),
}
"""By status and body: what Starlette's middleware would send, and what is sent in its place."""
_PLAIN_STATUSES = frozenset(status for status, _ in _IN_ONE_SHAPE)
