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

from cross_web import AsyncHTTPRequestAdapter, HTTPException
from graphql import GraphQLError, OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import ASGIWebSocketAdapter, GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLRequestData
from strawberry.http.parse_content_type import parse_content_type
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message, SubscribeMessage
from strawberry.types.unset import UNSET, UnsetType

from adapters.codes import Code, code_of
from adapters.http.gate import Gate, TooOften, authorization_of
from adapters.http.operation import check_operation, check_text, read_json, syntax_fault
from adapters.http.refusal import refusal
from adapters.metrics.api import ApiMetrics
from commands.caller import Caller
from domain.errors import InvalidInput, StoreError, Unauthenticated, WhenceError

_log = logging.getLogger(__name__)
_INIT_WAIT = timedelta(seconds=10)
_OPERATIONS = 50
"""The largest number of operations that may run on one websocket at the same time."""
_WATCH_SECONDS = 2.0
"""The interval, in seconds, at which a websocket's token is checked again."""
_FORBIDDEN = 4403
_ONLY_ON_WEBSOCKETS = (
    "a subscription needs a websocket with the protocol graphql-transport-ws, at the same address"
)
_REASON_BYTES = 123
"""The largest size of a websocket's close reason (RFC 6455, section 5.5)."""
_WITH_AN_ID = frozenset({"subscribe", "complete"})


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
        """Closes the websocket with 4400, as the protocol demands, for a message that it does not define."""
        try:
            checked = _checked(message)
        except InvalidInput as fault:
            await self.handle_invalid_message(str(fault))
        else:
            await super().handle_message(checked)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Answers an invalid operation with an `error` message of this operation; other operations continue."""
        fault = _fault_of(message)
        if fault is None or not self.connection_acknowledged or message["id"] in self.operations:
            await super().handle_subscribe(message)
            return
        try:
            await cast(Endpoint, self.view).admitted(self.context)
        except (TooOften, WhenceError) as refused:
            fault = refused
        await self.send_message(
            {"id": message["id"], "type": "error", "payload": [_error_of(fault).formatted]}
        )

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> str | None:  # noqa: ARG004  # the library's signature
        """None: an error of one operation never closes the websocket, which other operations use, too."""
        return None

    async def run_operation(self, operation: Operation[Any, None]) -> None:
        """Counts the operation and checks its caller again, because the token may have been revoked."""
        endpoint = cast(Endpoint, self.view)
        try:
            caller = await endpoint.admitted(self.context)
        except (TooOften, WhenceError) as fault:
            await operation.send_initial_errors([_error_of(fault)])
            return
        own = copy.copy(self)
        own.context = endpoint.context_of(caller)
        await BaseGraphQLTransportWSHandler.run_operation(own, operation)


def _checked(message: object) -> Message:
    """The message. Raises InvalidInput where it is no message of the protocol, or its operation has no valid id."""
    if not isinstance(message, dict):
        raise InvalidInput("a message must be a JSON object")
    fields = cast("dict[str, Any]", message)
    kind, name = fields.get("type"), fields.get("id")
    if not isinstance(kind, str):
        raise InvalidInput("the `type` of a message must be a text")
    if kind in _WITH_AN_ID:
        if not isinstance(name, str) or not name:
            raise InvalidInput(f"the `id` of a {kind} message must be a text that is not empty")
        check_text(name)
    if kind == "connection_init" and fields.get("payload") is None:
        fields.pop("payload", None)
    return cast(Message, fields)


def _fault_of(message: SubscribeMessage) -> Exception | None:
    payload = cast("object", message.get("payload"))  # the type is what a correct client sends
    if not isinstance(payload, dict):
        return InvalidInput("the `payload` of a subscribe message must be an object")
    request = cast("dict[str, object]", payload)
    try:
        kind = check_operation(request)
    except InvalidInput as fault:
        return fault
    return None if kind is not None else syntax_fault(cast(str, request["query"]))


def _error_of(fault: Exception) -> GraphQLError:
    if isinstance(fault, GraphQLError):
        fault.extensions = {"code": Code.BAD_INPUT}
        return fault
    code = Code.RATE_LIMITED if isinstance(fault, TooOften) else code_of(fault)
    return GraphQLError(str(fault), extensions={"code": code})


def _check_content_type(header: str | None) -> None:
    """Raises HTTPException for parameters that the standard library fails to read, such as `a*=b; a*0*=c`."""
    try:
        parse_content_type(header or "")
    except (TypeError, ValueError, IndexError):
        raise HTTPException(400, "the parameters of the content type cannot be read") from None


class _Socket(ASGIWebSocketAdapter):
    async def close(self, code: int, reason: str) -> None:
        """Closes the websocket; a reason that is too long for a close frame is cut."""
        fitting = reason.encode("utf-8", "replace")[:_REASON_BYTES].decode("utf-8", "ignore")
        await super().close(code, fitting)


class Endpoint(GraphQL[Any, None]):
    """The ASGI application at `/graphql`. For HTTP requests, `Guarded` has set the caller before."""

    graphql_transport_ws_handler_class = _Handler
    websocket_adapter_class = _Socket

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
        """The decoded JSON of a body or a message. Raises JSONDecodeError where it is invalid (`read_json`)."""
        try:
            return read_json(data)
        except ValueError as fault:
            raise json.JSONDecodeError("it cannot be read", "", 0) from fault

    def parse_json(self, data: str | bytes) -> Any:
        """The decoded object of an HTTP request; a list would be a batch of requests, which is not supported.

        Raises HTTPException for any other value.
        """
        decoded = super().parse_json(data)
        if not isinstance(decoded, dict):
            raise HTTPException(400, "a request, its variables and its extensions must be JSON objects")
        return cast("dict[str, Any]", decoded)

    async def parse_http_body(
        self, request: AsyncHTTPRequestAdapter
    ) -> GraphQLRequestData | list[GraphQLRequestData]:
        """The operation of an HTTP request. Raises HTTPException for an invalid one."""
        _check_content_type(request.content_type)
        found = await super().parse_http_body(request)
        assert isinstance(found, GraphQLRequestData)
        try:
            kind = check_operation(
                {
                    "query": found.query,
                    "variables": found.variables,
                    "operationName": found.operation_name,
                    "extensions": found.extensions,
                }
            )
        except InvalidInput as fault:
            raise HTTPException(400, str(fault)) from fault
        if kind is OperationType.SUBSCRIPTION:
            raise HTTPException(400, _ONLY_ON_WEBSOCKETS)
        return found

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
