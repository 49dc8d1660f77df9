"""Identifies the caller of a connection and limits the rate of requests (`Gate`)."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Protocol

from limits import RateLimitItem
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.codes import Code
from adapters.http.acting import acting
from adapters.http.options import is_loopback, rate_of
from adapters.http.rate import Rate
from adapters.http.refusal import refusal, refusal_of
from adapters.metrics.api import ApiMetrics, Operation, Status
from commands.caller import ANONYMOUS, Caller
from commands.roles import Role
from domain.errors import Unauthenticated, WhenceError

_SCHEME = "bearer "
_SHOWN = 40
_OF_CLIENTS = re.compile(
    r"(accept|access-control-request|content|if|sec|apollographql|x-apollo|x-graphql)(-.+)?"
    r"|authorization|baggage|cache-control|connection|cookie|dnt|expect|host|keep-alive|origin|pragma|priority|range"
    r"|referer|te|traceparent|tracestate|transfer-encoding|upgrade|upgrade-insecure-requests|user-agent"
    r"|x-prometheus-scrape-timeout-seconds|x-request-id|x-requested-with"
)
"""The headers of browsers and programs themselves. Any other may come from a proxy, a tunnel or a content network
on this machine, which forwards a request from elsewhere; there are too many of those headers to list them."""
_WRONG_TOKENS = "30/minute"
"""The largest rate of invalid tokens from one peer that are answered 401; more are answered 429, so that a program with
a revoked token slows down. A token's secret has 256 random bits, so the limit protects no secret, and no valid token is
refused by it: all requests that wait for the store share one reading of it."""
_PAUSE_SECONDS = 0.02
"""The least time between two readings of the tokens."""
_WHO = (
    "a token is required: send it as `Authorization: Bearer …`; only this machine itself may read without one"
)


class Bearing(Protocol):
    """Finds callers by their tokens."""

    def remembered(self, text: str) -> Caller | None:
        """The caller that the token belongs to, without reading the store; None where it must be read.
        Raises Unauthenticated.
        """
        ...

    def refresh(self) -> None:
        """Reads the tokens from the store. Raises StoreError."""
        ...

    def found(self, text: str) -> Caller:
        """The caller that the token belongs to, by the last reading. Raises Unauthenticated."""
        ...


class TooOften(Exception):
    """The caller sent too many requests; `seconds` is the time to wait before the next request."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many requests; try again in {seconds} s")
        self.seconds = seconds


class TooManyWrong(TooOften):
    """The peer sent too many invalid tokens; this one is invalid, too."""


class Gate:
    """Identifies callers and counts their requests."""

    def __init__(
        self, bearers: Bearing, rate: str, metrics: ApiMetrics, rates: Callable[[RateLimitItem], Rate] = Rate
    ) -> None:
        """`rates` makes the counts of a limit, by default in this process alone."""
        self._bearers = bearers
        self._metrics = metrics
        self._rate = rates(rate_of(rate))
        self._wrong = rates(rate_of(_WRONG_TOKENS))
        self._reading: asyncio.Task[None] | None = None
        self._next_reading = 0.0

    async def caller(self, connection: HTTPConnection, authorization: str | None) -> Caller:
        """The caller that the token belongs to, or without a token the anonymous caller on this machine.

        Raises Unauthenticated where the token is invalid or a required token is missing, TooManyWrong instead where
        the peer sent many invalid ones, StoreError.
        """
        if authorization is None:
            return _anonymous(connection)
        token = _token(authorization)
        try:
            return self._bearers.remembered(token) or await self._found(token)
        except Unauthenticated:
            self.count_wrong(connection)
            raise

    def count(self, connection: HTTPConnection, caller: Caller) -> None:
        """Counts one request of the caller. Raises TooOften."""
        self._check(self._rate.count(caller.token_id or _peer(connection)))

    def count_wrong(self, connection: HTTPConnection) -> None:
        """Counts one invalid credential of the peer. Raises TooManyWrong."""
        self._check(self._wrong.count(_peer(connection)), TooManyWrong)

    async def _found(self, token: str) -> Caller:
        await self._read_anew()
        return self._bearers.found(token)

    async def _read_anew(self) -> None:
        """Waits for a reading that begins from now on, because the token may be a minute or a millisecond old."""
        before = self._reading
        if before is not None:
            await asyncio.wait([before])
        if self._reading is before:
            self._reading = asyncio.create_task(self._refresh())
        assert self._reading is not None
        await asyncio.shield(self._reading)

    async def _refresh(self) -> None:
        await asyncio.sleep(max(self._next_reading - time.monotonic(), 0.0))
        await asyncio.to_thread(self._bearers.refresh)
        self._next_reading = time.monotonic() + _PAUSE_SECONDS

    def _check(self, seconds: int, kind: type[TooOften] = TooOften) -> None:
        if seconds:
            self._metrics.answered(Operation.UNKNOWN, Status.REFUSED, 0)
            raise kind(seconds)


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
            bearer = await self._gate.caller(connection, authorization_of(connection.headers))
            caller = acting(bearer, connection.headers)
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
    if not (is_loopback(_peer(connection)) and is_loopback(connection.url.hostname or "")):
        raise Unauthenticated(_WHO)
    other = next((name for name in connection.headers if not _is_of_clients(name)), None)
    if other is not None:
        raise Unauthenticated(f"{_WHO}, and the header {other[:_SHOWN]!r} may come from a proxy")
    return ANONYMOUS


@lru_cache(maxsize=64)
def _is_of_clients(name: str) -> bool:
    return _OF_CLIENTS.fullmatch(name) is not None


def _peer(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else "unknown"
