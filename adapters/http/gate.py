"""The gate: who a connection comes from, and whether they come too often."""

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
"""How many tokens that are none a peer may try: each one is a question to the store."""
_WHO = (
    "a token is needed here: send it as `Authorization: Bearer …`; without one this machine itself may read"
)


class Bearing(Protocol):
    """Tells callers by their tokens."""

    def caller(self, text: str) -> Caller:
        """Who has this token, from the store if need be. Raises Unauthenticated, StoreError."""
        ...

    def remembered(self, text: str) -> Caller | None:
        """The same from memory; None where the store has to be asked. Raises Unauthenticated."""
        ...


class TooOften(Exception):
    """`seconds` to wait before the next request."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many requests; ask again in {seconds} s")
        self.seconds = seconds


class Gate:
    """Names callers and counts their requests."""

    def __init__(self, bearers: Bearing, rate: str, metrics: ApiMetrics) -> None:
        self._bearers = bearers
        self._metrics = metrics
        self._rate = Rate(rate_of(rate))
        self._wrong = Rate(rate_of(_WRONG_TOKENS))

    async def caller(self, connection: HTTPConnection, authorization: str | None) -> Caller:
        """Who asks: the bearer of the token, or nobody from this machine.

        Raises Unauthenticated for a wrong token or where one is needed, TooOften, StoreError.
        """
        if authorization is None:
            return _nobody(connection)
        token = _token(authorization)
        try:
            return self._bearers.remembered(token) or await self._asked(token, connection)
        except Unauthenticated:
            self._wrong.count(_peer(connection))
            raise

    def count(self, connection: HTTPConnection, caller: Caller) -> None:
        """Counts one request of theirs; raises TooOften."""
        self._heed(self._rate.count(caller.token_id or _peer(connection)))

    async def _asked(self, token: str, connection: HTTPConnection) -> Caller:
        self._heed(self._wrong.left(_peer(connection)))
        return await asyncio.to_thread(self._bearers.caller, token)

    def _heed(self, seconds: int) -> None:
        if seconds:
            self._metrics.answered(Operation.UNKNOWN, Status.REFUSED, 0)
            raise TooOften(seconds)


class Guarded:
    """An HTTP application behind the gate: those who come in are in `scope["state"]["caller"]`."""

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


def authorization_of(told: Mapping[str, object]) -> str | None:
    """What headers, or the parameters of a websocket, say about who asks, however it is capitalised.

    Raises Unauthenticated where it is no text.
    """
    found = next((value for name, value in told.items() if name.lower() == "authorization"), None)
    if found is None or isinstance(found, str):
        return found
    raise Unauthenticated("`authorization` is a text: Bearer and a token")


def _token(authorization: str) -> str:
    if not authorization.lower().startswith(_SCHEME):
        raise Unauthenticated("`authorization` is Bearer and a token; no other scheme is known here")
    return authorization[len(_SCHEME) :].strip()


def _nobody(connection: HTTPConnection) -> Caller:
    """A proxy on this machine is a loopback peer too, but whom it speaks for is somewhere else."""
    here = is_loopback(_peer(connection)) and is_loopback(connection.url.hostname or "")
    if here and not any(name in connection.headers for name in _FORWARDED):
        return ANONYMOUS
    raise Unauthenticated(_WHO)


def _peer(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else "unknown"
