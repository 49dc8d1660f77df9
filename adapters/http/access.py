"""One log line for each request and websocket: caller, path, status and duration, but never a query string.

A read that succeeded is logged at DEBUG, because programs repeat reads every second; metrics count all requests. Reads
are queries without an error, and GET and HEAD.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from commands.caller import Caller

_log = logging.getLogger(__name__)
_ID_HEADER = b"x-request-id"
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_FAILED = 500
"""The logged status of a request that ended with an exception."""
READ = "read"
"""The name in the state of a request that is true once it is known as a query without an error."""
_READING = frozenset({"GET", "HEAD"})
_ERRORS = 400
"""The least status that states an error."""
_ACCEPTED = 101
"""The logged status of an accepted websocket."""


@dataclass
class _Visit:
    """What is logged about a request, collected until its response ends."""

    scope: Scope
    send: Send
    request_id: str
    status: int = _FAILED

    async def noting(self, message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (_ID_HEADER, self.request_id.encode())]
        elif message["type"] == "websocket.accept":
            self.status = _ACCEPTED
        await self.send(message)


class Access:
    """Logs each response; the response's header `X-Request-Id` has the request id of its log line."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        scope.setdefault("state", {})
        visit, began = _Visit(scope, send, _request_id(scope)), time.perf_counter()
        with bound_contextvars(request_id=visit.request_id):
            try:
                await self._app(scope, receive, visit.noting)
            finally:
                _note(visit, time.perf_counter() - began)


def _note(visit: _Visit, seconds: float) -> None:
    scope = visit.scope
    caller = scope["state"].get("caller")
    _log.log(
        logging.DEBUG if _is_read(visit) else logging.INFO,
        "%s %s %d",
        scope.get("method", "WEBSOCKET"),
        _path(scope),
        visit.status,
        extra={
            "caller": caller.name if isinstance(caller, Caller) else None,
            "peer": scope["client"][0] if scope.get("client") else None,
            "milliseconds": round(seconds * 1000, 1),
        },
    )


def _is_read(visit: _Visit) -> bool:
    scope = visit.scope
    is_reading = scope.get("method") in _READING or bool(scope["state"].get(READ))
    return is_reading and visit.status < _ERRORS


def _path(scope: Scope) -> str:
    """The path, percent-encoded, because a decoded path could contain control characters for a terminal."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode("unicode_escape")
    return raw.decode("ascii", "backslashreplace")


def _request_id(scope: Scope) -> str:
    """The id in the header `X-Request-Id` if it is valid (a proxy may set it), else a new id."""
    given = next((value for name, value in scope["headers"] if name == _ID_HEADER), b"").decode("latin-1")
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
