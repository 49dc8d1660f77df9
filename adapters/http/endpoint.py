"""GraphQL behind the gate: each operation with a caller and a context of its own, over HTTP and websockets."""

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
"""How many a websocket may have at once."""
_WATCH_SECONDS = 2.0
"""How often it is asked whether a websocket's token is still in force."""
_FORBIDDEN = 4403


class CallerContext(Protocol):
    """What a GraphQL context must have: the caller, set before any resolver runs."""

    caller: Caller


ContextOf = Callable[[Caller], CallerContext]


@dataclass
class Connected:
    """A websocket's own context: who has it, once that was said. Operations get contexts of theirs."""

    socket: WebSocket
    caller: Caller | None = None
    authorization: str | None = None
    connection_params: dict[str, object] | None = None


class _Handler(BaseGraphQLTransportWSHandler[Any, None]):
    async def handle(self) -> None:
        """Beside the conversation it is watched whether its token is still in force."""
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
        """The library takes every message to be an object."""
        if isinstance(message, dict):
            await super().handle_message(cast(Message, message))
        else:
            await self.handle_invalid_message("a message is a JSON object")

    async def run_operation(self, operation: Operation[Any, None]) -> None:
        """Each operation is counted, and its caller asked for anew: the token may have been revoked meanwhile."""
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
    """The ASGI application at `/graphql`. Over HTTP the caller was set by the gate before."""

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
        """What is no JSON for any reason is told as such: bytes that are no text, nesting or digits without end."""
        try:
            decoded = super().decode_json(data)
        except (ValueError, RecursionError) as fault:
            raise json.JSONDecodeError("it cannot be read", "", 0) from fault
        if decoded is None:
            raise json.JSONDecodeError("it holds no request", "", 0)
        return decoded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What no operation could be made of is answered as GraphQL's own errors are: whoever shows those shows it."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        try:
            response = await self.run(Request(scope, receive))
        except HTTPException as fault:
            response = refusal(fault.status_code, Code.BAD_INPUT, fault.reason)
        await response(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Any:
        """Over HTTP the operation's context, over a websocket the connection's."""
        if isinstance(request, WebSocket):
            return Connected(request)
        return self.context_of(request.scope["state"]["caller"])

    async def on_ws_connect(self, context: Any) -> UnsetType | dict[str, object] | None:
        """Who connects says so in `connection_init`, or in the handshake's own header."""
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
        """The caller of one more operation. Raises Unauthenticated, TooOften, StoreError."""
        caller = await self.named(connected)
        self._gate.count(connected.socket, caller)
        return caller

    async def named(self, connected: Connected) -> Caller:
        """Who has the websocket, as of now. Raises Unauthenticated, TooOften, StoreError."""
        caller = await self._gate.caller(connected.socket, connected.authorization)
        connected.caller = connected.socket.scope["state"]["caller"] = caller
        return caller

    async def watch(self, connected: Connected) -> None:
        """Ends the websocket whose token was revoked. A store that does not answer for a while ends none."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            try:
                if connected.caller is not None:
                    await self.named(connected)
            except Unauthenticated as fault:
                return await connected.socket.close(_FORBIDDEN, str(fault))
            except (TooOften, StoreError) as fault:
                _log.warning("whether the token of a websocket is in force is not known: %s", fault)
