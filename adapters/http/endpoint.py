"""GraphQL over HTTP and websockets, after authentication and rate limits (`Gate`).

Each operation has its own caller and context.
"""

from __future__ import annotations

import asyncio
import copy
import json
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Protocol, cast

import msgspec
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from graphql import GraphQLError, OperationType
from starlette.requests import ClientDisconnect, Request
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
from strawberry.types import ExecutionResult
from strawberry.types.unset import UNSET, UnsetType

from adapters.codes import Code, code_of
from adapters.http.access import READ
from adapters.http.arrival import ARRIVED
from adapters.http.gate import Gate, TooManyWrong, TooOften, authorization_of
from adapters.http.operation import check_operation, check_text, read_json, syntax_fault
from adapters.http.query_loop import QueryLoop
from adapters.http.refusal import refusal
from adapters.metrics.api import ApiMetrics
from commands.caller import Caller
from commands.roles import Role
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
_SHORT_BODY = 4_000
"""The most bytes of a body that is read in the server's loop."""
_JSON = msgspec.json.Encoder()
_JSON_TYPE = "application/json"
_SEALS = b"~"
"""In every sealed text."""
_WITH_AN_ID = frozenset({"subscribe", "complete"})


@dataclass
class _Typed(GraphQLRequestData):
    """A request with the type of its operation; None where the document cannot be parsed."""

    kind: OperationType | None = None


class BusyCaller(Exception):
    """Too many queries of the caller wait; `seconds` is the time to wait before the next one."""

    def __init__(self, reason: str, seconds: int) -> None:
        super().__init__(reason)
        self.seconds = seconds


class CallerContext(Protocol):
    """A GraphQL context; `caller` and `arrived` are set before any resolver runs."""

    caller: Caller
    arrived: float | None


ContextOf = Callable[[Caller], CallerContext]


class Pages(Protocol):
    """Answers some queries without an execution of their document."""

    def knows(self, query: str) -> bool:
        """Whether queries with this document may be answered."""
        ...

    async def answer(self, query: str, variables: Mapping[str, Any], context: Any, /) -> bytes | None:
        """The response as JSON; None where the document has to be executed."""
        ...


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
        own.context.arrived = self.context.socket.scope["state"].get(ARRIVED)
        if _kind(operation) is OperationType.QUERY:
            own.schema = cast(BaseSchema, _Queries(endpoint))
        await BaseGraphQLTransportWSHandler.run_operation(own, operation)


class _Queries:
    """Stands for the schema where a websocket runs a query: the query runs in the loop of queries."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def stream(self, query: str, **more: Any) -> AsyncGenerator[ExecutionResult]:
        """The one result of the query."""
        schema = self._endpoint.schema
        found = await self._endpoint.queries.run(partial(schema.execute, query, **more))

        async def one() -> AsyncGenerator[ExecutionResult]:
            yield found

        return one()


def _kind(operation: Operation[Any, None]) -> OperationType | None:
    return check_operation({"query": operation.query, "operationName": operation.operation_name})


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


def _simple(body: bytes, knows: Callable[[str], bool]) -> tuple[str, Mapping[str, Any]] | None:
    """The document and the variables of a short and valid request for a query that is known; None for any other."""
    if len(body) > _SHORT_BODY:
        return None
    try:
        request = cast("dict[str, Any]", read_json(body))
        query = request.get("query") if isinstance(cast("object", request), dict) else None
        if not isinstance(query, str) or not knows(query):
            return None
        kind = check_operation(request)
    except (ValueError, InvalidInput):
        return None
    return (query, request.get("variables") or {}) if kind is OperationType.QUERY else None


def _busy(result: ExecutionResult) -> BusyCaller | None:
    """The error of a query that got no place; None where it has run."""
    for error in result.errors or ():
        seconds = (error.extensions or {}).get("retryAfter")
        if isinstance(seconds, int):
            return BusyCaller(error.message, seconds)
    return None


class _Socket(ASGIWebSocketAdapter):
    async def close(self, code: int, reason: str) -> None:
        """Closes the websocket; a reason that is too long for a close frame is cut."""
        fitting = reason.encode("utf-8", "replace")[:_REASON_BYTES].decode("utf-8", "ignore")
        await super().close(code, fitting)


class Endpoint(GraphQL[Any, None]):
    """The ASGI application at `/graphql`. For HTTP requests, `Guarded` has set the caller before."""

    graphql_transport_ws_handler_class = _Handler
    websocket_adapter_class = _Socket

    def __init__(
        self,
        schema: BaseSchema,
        context_of: ContextOf,
        gate: Gate,
        metrics: ApiMetrics,
        pages: Pages | None = None,
        opened: Callable[[str], str] = str,
    ) -> None:
        """`opened` opens the sealed personal texts of a JSON response or message."""
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
        self.queries = QueryLoop()
        self._gate = gate
        self._pages, self._opened = pages, opened

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

    def encode_json(self, data: object) -> str:
        """The JSON of a response or a message, with its personal texts opened."""
        try:
            return self._opened(_JSON.encode(data).decode())
        except (TypeError, UnicodeEncodeError):  # half of a surrogate pair, which JSON can only escape
            return self._opened(json.dumps(data, separators=(",", ":")))

    def parse_query_params(self, params: Any) -> dict[str, Any]:
        """The parameters of a GET request. Raises HTTPException where they cannot be read."""
        try:
            return super().parse_query_params(params)
        except (ValueError, RecursionError):
            raise HTTPException(400, "the parameters of the address cannot be read") from None

    async def parse_http_body(
        self, request: AsyncHTTPRequestAdapter
    ) -> GraphQLRequestData | list[GraphQLRequestData]:
        """The operation of an HTTP request. Raises HTTPException for an invalid one.

        A long body is read in the loop of queries, because it takes milliseconds.
        """
        _check_content_type(request.content_type)
        body = await request.get_body()
        if len(body) <= _SHORT_BODY:
            return await self._parsed(request)
        return await self.queries.run(partial(self._parsed, request))

    async def execute_operation(
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        request_data: GraphQLRequestData | list[GraphQLRequestData],
        context: Any,
        root_value: None,
        sub_response: Response,
    ) -> ExecutionResult:
        """The result of the operation; a query runs in the loop of queries.

        Raises BusyCaller where too many queries of the caller wait already.
        """
        assert isinstance(request_data, _Typed)
        work = partial(
            self.execute_single, request, request_adapter, sub_response, context, root_value, request_data
        )
        is_mutation = request_data.kind is OperationType.MUTATION
        context.arrived = request.scope["state"].get(ARRIVED)
        result = await (work() if is_mutation else self.queries.run(work))
        if (busy := _busy(result)) is not None:
            raise busy
        request.scope["state"][READ] = not is_mutation and not result.errors
        return result

    async def _parsed(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
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
        return _Typed(**vars(found), kind=kind)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Runs the request. A request without a valid operation receives an error in the shape of GraphQL's errors."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        try:
            request = Request(scope, receive)
            response = await self._page(request) or await self.run(request)
        except HTTPException as fault:
            response = refusal(fault.status_code, Code.BAD_INPUT, fault.reason)
        except BusyCaller as fault:
            response = refusal(503, Code.UNAVAILABLE, str(fault), {"Retry-After": str(fault.seconds)})
        except ClientDisconnect:
            return  # the client has closed the connection before the end of its body
        await response(scope, receive, send)

    async def _page(self, request: Request) -> Response | None:
        """The response to a query that `pages` answers; None for any other request, which `run` reads again.

        It stays in the server's loop: its work there is small, because its body is, and the page itself is read and
        written by a thread. Another loop in between takes as long as the page.
        """
        pages = self._pages
        if pages is None or request.method != "POST" or request.headers.get("content-type") != _JSON_TYPE:
            return None
        found = _simple(await request.body(), pages.knows)
        if found is None:
            return None
        context = self.context_of(request.scope["state"]["caller"])
        body = await pages.answer(*found, context)
        if body is not None and _SEALS in body:
            body = self._opened(body.decode()).encode()
        if body is None:
            return None
        request.scope["state"][READ] = True
        return Response(body, media_type=_JSON_TYPE)

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
            (await self.admitted(connected)).check(Role.VIEWER)
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
            except (Unauthenticated, TooManyWrong) as fault:
                return await connected.socket.close(_FORBIDDEN, str(fault))
            except (TooOften, StoreError) as fault:
                _log.warning("the token of a websocket could not be checked: %s", fault)
