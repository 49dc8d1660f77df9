"""Identifies the caller of a connection and limits the rate of requests (`Gate`)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.codes import Code
from adapters.http.options import is_loopback, rate_of
from adapters.http.rate import Rate
from adapters.http.refusal import refusal, refusal_of
from adapters.metrics.api import ApiMetrics, Operation, Status
from commands.caller import ANONYMOUS, Caller
from commands.roles import Role
from domain.errors import Unauthenticated, WhenceError

_SCHEME = "bearer "
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_WRONG_TOKENS = "30/minute"
"""The largest rate of invalid tokens from one peer; it is limited because each invalid token costs a read of the
store."""
_WHO = (
    "a token is required: send it as `Authorization: Bearer …`; only this machine itself may read without one"
)


class Bearing(Protocol):
    """Finds callers by their tokens."""

    def caller(self, text: str) -> Caller:
        """The caller that the token belongs to, read from the store where necessary.
        Raises Unauthenticated, StoreError.
        """
        ...

    def remembered(self, text: str) -> Caller | None:
        """Like `caller`, but without reading the store; None where it must be read. Raises Unauthenticated."""
        ...


class TooOften(Exception):
    """The caller sent too many requests; `seconds` is the time to wait before the next request."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many requests; try again in {seconds} s")
        self.seconds = seconds


class Gate:
    """Identifies callers and counts their requests."""

    def __init__(self, bearers: Bearing, rate: str, metrics: ApiMetrics) -> None:
        self._bearers = bearers
        self._metrics = metrics
        self._rate = Rate(rate_of(rate))
        self._wrong = Rate(rate_of(_WRONG_TOKENS))

    async def caller(self, connection: HTTPConnection, authorization: str | None) -> Caller:
        """The caller that the token belongs to, or without a token the anonymous caller on this machine.

        Raises Unauthenticated where the token is invalid or a required token is missing, TooOften, StoreError.
        """
        if authorization is None:
            return _anonymous(connection)
        token = _token(authorization)
        try:
            return self._bearers.remembered(token) or await self._found(token, connection)
        except Unauthenticated:
            self._wrong.count(_peer(connection))
            raise

    def count(self, connection: HTTPConnection, caller: Caller) -> None:
        """Counts one request of the caller. Raises TooOften."""
        self._check(self._rate.count(caller.token_id or _peer(connection)))

    async def _found(self, token: str, connection: HTTPConnection) -> Caller:
        self._check(self._wrong.left(_peer(connection)))
        return await asyncio.to_thread(self._bearers.caller, token)

    def _check(self, seconds: int) -> None:
        if seconds:
            self._metrics.answered(Operation.UNKNOWN, Status.REFUSED, 0)
            raise TooOften(seconds)


class Guarded:
    """An HTTP application that only receives requests which `gate` admits and whose callers have the role `least`.
    `scope["state"]["caller"]` holds the caller.
    """

    def __init__(self, app: ASGIApp, gate: Gate, least: Role = Role.VIEWER) -> None:
        self._app = app
        self._gate = gate
        self._least = least

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        return await (await self._refused(HTTPConnection(scope)) or self._app)(scope, receive, send)

    async def _refused(self, connection: HTTPConnection) -> Response | None:
        try:
            caller = await self._gate.caller(connection, authorization_of(connection.headers))
            connection.scope["state"]["caller"] = caller
            self._gate.count(connection, caller)
            caller.check(self._least)
        except TooOften as fault:
            return refusal(429, Code.RATE_LIMITED, str(fault), {"Retry-After": str(fault.seconds)})
        except WhenceError as error:
            return refusal_of(error)
        return None


def authorization_of(headers: Mapping[str, object]) -> str | None:
    """The value of `authorization`, in any capitalisation, in headers or a websocket's connection parameters.

    Raises Unauthenticated where the value is not a text.
    """
    found = next((value for name, value in headers.items() if name.lower() == "authorization"), None)
    if found is None or isinstance(found, str):
        return found
    raise Unauthenticated("`authorization` must be a text: Bearer and a token")


def _token(authorization: str) -> str:
    if not authorization.lower().startswith(_SCHEME):
        raise Unauthenticated("`authorization` must be Bearer and a token; no other scheme is supported")
    return authorization[len(_SCHEME) :].strip()


def _anonymous(connection: HTTPConnection) -> Caller:
    """The anonymous caller, for a connection from this machine to one of this machine's names.

    Raises Unauthenticated for any other connection, and for one that a proxy on this machine forwards, because its
    caller may be elsewhere.
    """
    here = is_loopback(_peer(connection)) and is_loopback(connection.url.hostname or "")
    if here and not any(name in connection.headers for name in _FORWARDED):
        return ANONYMOUS
    raise Unauthenticated(_WHO)


def _peer(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else "unknown"
