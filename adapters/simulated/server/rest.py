"""Answers REST requests: parses, checks signature and limits, calls the handler, wraps the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from urllib.parse import parse_qsl

import msgspec
from aiohttp import ClientPayloadError, web
from aiohttp.http import HttpProcessingError
from aiohttp.web import RequestPayloadError
from msgspec import Struct

from adapters.simulated.server.call import Answer, Row
from adapters.simulated.server.clock import Clock
from adapters.simulated.server.endpoints import ENDPOINTS
from adapters.simulated.server.faults import Fault, Faults, Kind
from adapters.simulated.server.handling import Handling
from adapters.simulated.server.hub import ENCODE, Hub, Push
from adapters.simulated.server.json_values import EMPTY, UNREADABLE, object_of
from adapters.simulated.server.limits import AddressLimit
from adapters.simulated.server.signatures import KEY, signer
from adapters.simulated.venue.codes import NO_ROUTE, OK, PARAMETER, TEXTS, TOO_OFTEN, Code, Declined
from adapters.simulated.venue.venue import Venue

_JSON = "application/json; charset=utf-8"
_HTML = "text/html; charset=utf-8"
_PAGE = b"<html><head><title>Just a moment...</title></head><body>maintenance</body></html>"
_REFUSED = b"access too frequent"
_FORBIDDEN = 403
_NOT_FOUND = 404
_KEPT_ANSWERS = 256
_UNREAD = (ConnectionError, ClientPayloadError, HttpProcessingError, RequestPayloadError, TimeoutError)
"""What reading a body raises where the client leaves or stops in the middle of it, or has not encoded it as it says."""


class Reply(Struct, frozen=True, gc=False):
    """An HTTP answer."""

    body: bytes
    headers: Mapping[str, str]
    status: int = 200
    content_type: str = _JSON


class Rest:
    """One handler for every path. A client has `patience` seconds to send the body of its request."""

    def __init__(
        self,
        venue: Venue,
        clock: Clock,
        faults: Faults,
        hub: Hub,
        handling: Handling,
        addresses: AddressLimit,
    ) -> None:
        self._venue, self._clock, self._faults, self._hub = venue, clock, faults, hub
        self._handling, self._addresses = handling, addresses
        self._answers: dict[bytes, Reply] = {}
        self.requests = 0
        self.patience = 10.0

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Answers a request. Its pushes are sent after the answer, unless a fault sends them before."""
        self.requests += 1
        if self._addresses.refuses(request.remote or "", self._clock.wall()):
            return _response(Reply(_REFUSED, {}, _FORBIDDEN))
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return web.Response(status=_NOT_FOUND)
        try:
            async with asyncio.timeout(self.patience):
                payload = await _payload(request)
        except _UNREAD:
            return _cut(request)
        params = _params(request, payload)
        fault = self._faults.of_request(request.path, params)
        if fault is not None and not fault.commit:
            spoiled = await self._spoiled(fault, request, payload, None)
            if spoiled is not None or fault.kind is Kind.DROP:
                return await self._reply(request, spoiled, [])
        reply: Reply | None = self._handled(request, payload, params)
        pushes = self._hub.collect()
        if fault is not None and fault.commit:
            self._hub.deliver(pushes)
            pushes = []
            spoiled = await self._spoiled(fault, request, payload, reply)
            reply = spoiled if spoiled is not None or fault.kind is Kind.DROP else reply
        return await self._reply(request, reply, pushes)

    async def _reply(
        self, request: web.Request, reply: Reply | None, pushes: list[Push]
    ) -> web.StreamResponse:
        try:
            if reply is None:
                return _cut(request)
            response = _response(reply)
            with suppress(ConnectionResetError):  # the client has ended; what it requested was carried out
                await response.prepare(request)
                await response.write_eof()
            return response
        finally:
            self._hub.deliver(pushes)

    async def _spoiled(
        self, fault: Fault, request: web.Request, payload: bytes, reply: Reply | None
    ) -> Reply | None:
        """What is answered instead; None where the fault leaves the answer alone, or cuts the connection."""
        if fault.kind is Kind.DELAY:
            await asyncio.sleep(fault.value / 1000)
            return reply
        if fault.kind is Kind.STALE:
            return self._answers.get(_query_key(request, payload))
        if fault.kind is Kind.EMPTY:
            return self._empty(request)
        spoil = _SPOILED.get(fault.kind)
        return None if spoil is None else spoil(fault, reply, self._clock.wall())

    def _empty(self, request: web.Request) -> Reply:
        """A page without rows, after which none follows."""
        page: Row = {"category": request.query.get("category", ""), "list": [], "nextPageCursor": ""}
        return self._envelope(OK, Answer(page, {}), {})

    def _handled(self, request: web.Request, payload: bytes, params: Mapping[str, object]) -> Reply:
        headers: dict[str, str] = {}
        try:
            answer = self._answer(request, payload, params, headers)
        except Declined as refusal:
            code = Code(refusal.number, refusal.text)
            self._hub.notices.refused(f"{request.method} {request.path}", code)
            return self._envelope(code, Answer({}, {}), headers)
        reply = self._envelope(OK, answer, headers)
        if request.method == "GET":
            self._remember(_query_key(request, payload), reply)
        return reply

    def _answer(
        self, request: web.Request, payload: bytes, params: Mapping[str, object], headers: dict[str, str]
    ) -> Answer:
        endpoint = ENDPOINTS.get((request.method, request.path))
        if endpoint is None:
            raise Declined(NO_ROUTE)
        wall = self._clock.wall()
        account = signer(self._venue.accounts, request.headers, payload, wall) if endpoint.signed else None
        return self._handling.handled(endpoint, account, _checked(params), wall, headers)

    def _envelope(self, code: Code, answer: Answer, headers: Mapping[str, str]) -> Reply:
        body = {
            "retCode": code.number,
            "retMsg": code.text,
            "result": answer.result,
            "retExtInfo": answer.ext,
            "time": self._clock.wall(),
        }
        return Reply(ENCODE(body), headers)

    def _remember(self, key: bytes, reply: Reply) -> None:
        self._answers.pop(key, None)
        self._answers[key] = reply
        if len(self._answers) > _KEPT_ANSWERS:
            del self._answers[next(iter(self._answers))]


async def _payload(request: web.Request) -> bytes:
    return await request.read() if request.method == "POST" else request.url.raw_query_string.encode()


def _params(request: web.Request, payload: bytes) -> Mapping[str, object]:
    """The parameters; a body that is no JSON object has the parameter "" only, which `_checked` refuses."""
    if request.method != "POST":
        return dict(parse_qsl(payload.decode(), keep_blank_values=True))
    try:
        body = msgspec.json.decode(payload or b"{}")
    except UNREADABLE:
        return _NO_OBJECT
    return object_of(body) or (_NO_OBJECT if body != {} else EMPTY)


def _checked(params: Mapping[str, object]) -> Mapping[str, object]:
    if params is _NO_OBJECT:
        raise Declined(PARAMETER, "the body must be a JSON object")
    return params


def _query_key(request: web.Request, payload: bytes) -> bytes:
    return f"{request.headers.get(KEY)} {request.path}?".encode() + payload


def _response(reply: Reply) -> web.Response:
    return web.Response(
        body=reply.body,
        status=reply.status,
        headers={"Content-Type": reply.content_type, **reply.headers},
    )


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _with_code(fault: Fault, reply: Reply | None, wall: int) -> Reply:
    headers = {} if reply is None else dict(reply.headers)
    if fault.value == TOO_OFTEN.number:
        headers |= {
            "X-Bapi-Limit": "10",
            "X-Bapi-Limit-Status": "0",
            "X-Bapi-Limit-Reset-Timestamp": str(wall + 500),
        }
    body: Row = {
        "retCode": fault.value,
        "retMsg": TEXTS.get(fault.value, "Server error."),
        "result": {},
        "retExtInfo": {},
        "time": wall,
    }
    return Reply(ENCODE(body), headers)


def _with_status(fault: Fault, _reply: Reply | None, _wall: int) -> Reply:
    body = _REFUSED if fault.value == _FORBIDDEN else b"{}" if fault.value == 429 else _PAGE
    return Reply(body, {}, fault.value, _HTML if body is _PAGE else _JSON)


def _with_page(_fault: Fault, _reply: Reply | None, _wall: int) -> Reply:
    return Reply(_PAGE, {}, content_type=_HTML)


def _truncated(_fault: Fault, reply: Reply | None, _wall: int) -> Reply:
    body = b'{"retCode":0,"retMsg":"OK","result":{' if reply is None else reply.body[: len(reply.body) // 2]
    return Reply(body, {})


_Spoil = Callable[[Fault, Reply | None, int], Reply]
_SPOILED: Mapping[Kind, _Spoil] = {
    Kind.CODE: _with_code,
    Kind.STATUS: _with_status,
    Kind.HTML: _with_page,
    Kind.TRUNCATED: _truncated,
}
_NO_OBJECT: Mapping[str, object] = {"": None}
