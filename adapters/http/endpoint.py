"""GraphQL over HTTP and websockets, after authentication and rate limits (`Gate`).

Each operation has its own caller and context.
"""

from __future__ import annotations

import asyncio
import copy
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol, cast

from cross_web import HTTPException
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message
from strawberry.types.unset import UNSET, UnsetType

from adapters.codes import Code, code_of
from adapters.http.gate import Gate, TooOften, authorization_of
from adapters.http.refusal import refusal
from adapters.metrics.api import ApiMetrics
from commands.caller import Caller
from domain.errors import StoreError, Unauthenticated, WhenceError

_log = logging.getLogger(__name__)
_INIT_WAIT = timedelta(seconds=10)
_OPERATIONS = 50
"""The largest number of operations that may run on one websocket at the same time."""
_WATCH_SECONDS = 2.0
"""The interval, in seconds, at which a websocket's token is checked again."""
_FORBIDDEN = 4403


class CallerContext(Protocol):
    """A GraphQL context; `caller` is set before any resolver runs."""

    caller: Caller


ContextOf = Callable[[Caller], CallerContext]


@dataclass
class Connected:
    """The context of a websocket; the message `connection_init` sets `caller`. Each operation has another context."""

    socket: WebSocket
    caller: Caller | None = None
    authorization: str | None = None
    connection_params: dict[str, object] | None = None


class _Handler(BaseGraphQLTransportWSHandler[Any, None]):
    async def handle(self) -> None:
        """Handles the connection and checks its token at intervals."""
        endpoint = cast(Endpoint, self.view)
        watching = asyncio.create_task(endpoint.watch(self.context))
        try:
            with endpoint.metrics.connected():
                await super().handle()
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    async def handle_message(self, message: Any) -> None:
        """Refuses messages that are not objects, which the library does not check."""
        if isinstance(message, dict):
            await super().handle_message(cast(Message, message))
        else:
            await self.handle_invalid_message("a message must be a JSON object")

    async def run_operation(self, operation: Operation[Any, None]) -> None:
        """Counts the operation and checks its caller again, because the token may have been revoked."""
        endpoint = cast(Endpoint, self.view)
        try:
            caller = await endpoint.admitted(self.context)
        except (TooOften, WhenceError) as fault:
            code = Code.RATE_LIMITED if isinstance(fault, TooOften) else code_of(fault)
            await operation.send_initial_errors([GraphQLError(str(fault), extensions={"code": code})])
            return
        own = copy.copy(self)
        own.context = endpoint.context_of(caller)
        await BaseGraphQLTransportWSHandler.run_operation(own, operation)


class Endpoint(GraphQL[Any, None]):
    """The ASGI application at `/graphql`. For HTTP requests, `Guarded` has set the caller before."""

    graphql_transport_ws_handler_class = _Handler

    def __init__(self, schema: BaseSchema, context_of: ContextOf, gate: Gate, metrics: ApiMetrics) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            allow_queries_via_get=False,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=_INIT_WAIT,
            max_subscriptions_per_connection=_OPERATIONS,
        )
        self.context_of = context_of
        self.metrics = metrics
        self._gate = gate

    def decode_json(self, data: str | bytes) -> object:
        """The decoded body.

        Raises JSONDecodeError where the body is invalid: bytes that are not text, objects nested too deeply, numbers
        with too many digits, or null.
        """
        try:
            decoded = super().decode_json(data)
        except (ValueError, RecursionError) as fault:
            raise json.JSONDecodeError("it cannot be read", "", 0) from fault
        if decoded is None:
            raise json.JSONDecodeError("it holds no request", "", 0)
        return decoded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Runs the request. A request without a valid operation receives an error in the shape of GraphQL's errors."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        try:
            response = await self.run(Request(scope, receive))
        except HTTPException as fault:
            response = refusal(fault.status_code, Code.BAD_INPUT, fault.reason)
        await response(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Any:
        """The operation's context for an HTTP request; the connection's context for a websocket."""
        if isinstance(request, WebSocket):
            return Connected(request)
        return self.context_of(request.scope["state"]["caller"])

    async def on_ws_connect(self, context: Any) -> UnsetType | dict[str, object] | None:
        """Reads the caller from `connection_init` or from the handshake's `Authorization` header."""
        connected = cast(Connected, context)
        try:
            connected.authorization = authorization_of(connected.connection_params or {}) or authorization_of(
                connected.socket.headers
            )
            await self.admitted(connected)
        except (TooOften, WhenceError) as fault:
            raise ConnectionRejectionError from fault
        return cast(UnsetType, UNSET)

    async def admitted(self, connected: Connected) -> Caller:
        """Counts one operation against the rate and returns its caller.

        Raises Unauthenticated, TooOften, StoreError.
        """
        caller = await self.named(connected)
        self._gate.count(connected.socket, caller)
        return caller

    async def named(self, connected: Connected) -> Caller:
        """The current caller of the websocket. Raises Unauthenticated, TooOften, StoreError."""
        caller = await self._gate.caller(connected.socket, connected.authorization)
        connected.caller = connected.socket.scope["state"]["caller"] = caller
        return caller

    async def watch(self, connected: Connected) -> None:
        """Closes the websocket after its token was revoked. If the store does not answer, the websocket stays open."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            try:
                if connected.caller is not None:
                    await self.named(connected)
            except Unauthenticated as fault:
                return await connected.socket.close(_FORBIDDEN, str(fault))
            except (TooOften, StoreError) as fault:
                _log.warning("the token of a websocket could not be checked: %s", fault)
