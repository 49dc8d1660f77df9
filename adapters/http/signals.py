"""`POST /signals`: signals of external sources, recorded with the source as actor (docs/signals.md)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from time import monotonic
from typing import Any

from limits import RateLimitItem
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from adapters.codes import Code, code_of
from adapters.graphql.desk import Desk
from adapters.http.arrival import ARRIVED
from adapters.http.gate import Gate, TooOften, authorization_of
from adapters.http.options import rate_of
from adapters.http.rate import Rate
from adapters.metrics.api import ApiMetrics, Outcome
from adapters.signals.address import is_within, sender
from adapters.signals.body import SECRET, read_object, read_signal, refuse_stray
from adapters.signals.completed import completed, key_of
from adapters.signals.credential import ID, NO_CREDENTIAL, SIGNATURE, Sources
from adapters.signals.fault import Fault, NotTaken
from adapters.signals.settings import SignalSettings, SourceSettings
from commands.caller import Caller
from commands.door import Answer, Completed, Declined, TimedOut
from commands.request import RaiseSignal, Requested
from commands.requests import check
from commands.roles import Role
from domain.errors import InvalidInput, RefusedForNow, Unauthenticated, WhenceError

_log = logging.getLogger(__name__)
BODY_BYTES = 16_384
"""The largest body; a signal with 90 figures has 5,000 bytes."""
_SECONDS = 2.5
"""How long the engine may take; TradingView waits 3 s for an answer."""
_LEAST_SECONDS = 0.1
_RETRY = {"Retry-After": "5"}
_PASSING = frozenset({"Expired", RefusedForNow.__name__})
"""The codes of refusals after which the same request may be accepted."""
_UNKNOWN = "unknown"
_TYPES = frozenset({"", "application/json", "text/plain"})
_BEARER = {"WWW-Authenticate": 'Bearer realm="whence"'}
_OUTCOMES: Mapping[int, Outcome] = {
    200: Outcome.REPEATED,
    202: Outcome.RECORDED,
    401: Outcome.UNAUTHENTICATED,
    403: Outcome.FORBIDDEN,
    422: Outcome.REFUSED,
    429: Outcome.LIMITED,
    503: Outcome.UNAVAILABLE,
}
"""By status; every other status is INVALID."""


class SignalEndpoint:
    """The ASGI application. Each request is answered with JSON: the decision, or `errors`."""

    def __init__(
        self,
        settings: SignalSettings,
        keys: Mapping[str, bytes],
        gate: Gate,
        desk: Callable[[], Desk],
        metrics: ApiMetrics,
        rates: Callable[[RateLimitItem], Rate] = Rate,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`keys` has the key of every source with a secret, by name; `clock` returns the seconds since 1970, by which
        the times of signatures are judged."""
        self._settings, self._sources = settings, Sources(settings, keys)
        self._gate, self._desk, self._metrics, self._clock = gate, desk, metrics, clock
        self._rates = {one.name: rates(rate_of(one.rate)) for one in settings.sources}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request and counts it."""
        request = Request(scope, receive)
        try:
            response = await self._answered(request)
        except NotTaken as fault:
            response = _refusal(fault)
        except ClientDisconnect:
            return  # the client has closed the connection before the end of its body
        source = scope["state"].get("source", _UNKNOWN)
        self._metrics.signalled(source, _OUTCOMES.get(response.status_code, Outcome.INVALID))
        await response(scope, receive, send)

    async def _answered(self, request: Request) -> JSONResponse:
        raw = await _body(request)
        try:
            source, given = await self._identified(request, raw)
        except TooOften as fault:
            raise _limited(fault.seconds) from None
        self._admit(request, source)
        body = read_signal(read_object(raw) if given is None else given)
        signal = completed(body, source)
        headers = {name: request.headers.get(name) for name in (ID, "idempotency-key")}
        key = key_of(signal, body, source, headers)
        desk, waited = self._desk(), _waited(request)
        requested = Requested(
            id=key,
            account=desk.account,
            actor=source.actor,
            valid_until=desk.clock() + timedelta(seconds=_SECONDS - waited),
            request=RaiseSignal(signal),
            role=Role.SOURCE,
        )
        return _response(await _sent(desk, requested, _SECONDS - waited), key)

    async def _identified(
        self, request: Request, raw: bytes
    ) -> tuple[SourceSettings, Mapping[str, Any] | None]:
        """The source, and the body's object without its secret where the secret identified the source.

        Raises NotTaken, TooOften.
        """
        given = None
        try:
            if (authorization := authorization_of(request.headers)) is not None:
                source = await self._of_token(request, authorization)
            elif SIGNATURE in request.headers:
                source = self._counted(
                    request, lambda: self._sources.of_signature(request.headers, raw, self._clock())
                )
            else:
                given = _object(raw)
                secret = given.pop(SECRET, None)
                source = self._counted(request, lambda: self._sources.of_secret(secret))
                refuse_stray(secret, given)
        except Unauthenticated as fault:
            raise NotTaken(401, [_fault_of(fault)], _BEARER) from None
        except InvalidInput as fault:
            raise NotTaken(400, [_fault_of(fault)]) from None
        except WhenceError as fault:  # the store of the tokens does not answer, or the role is another
            status = 403 if code_of(fault) is Code.FORBIDDEN else 503
            raise NotTaken(status, [_fault_of(fault)], _RETRY if status == 503 else None) from None
        request.state.source = source.name
        request.state.caller = Caller(source.actor, Role.SOURCE, None)
        return source, given

    async def _of_token(self, request: Request, authorization: str) -> SourceSettings:
        caller = await self._gate.caller(request, authorization)
        if caller.role is not Role.SOURCE:
            message = f"this needs a token with the role source; yours has the role {caller.role.word}"
            raise NotTaken.of(403, Code.FORBIDDEN, message)
        return self._sources.of_token(caller.name)

    def _counted(self, request: Request, found: Callable[[], SourceSettings]) -> SourceSettings:
        """The source that is found; raises its Unauthenticated, which counts as a wrong credential of the peer."""
        try:
            return found()
        except Unauthenticated:
            self._gate.count_wrong(request)
            raise

    def _admit(self, request: Request, source: SourceSettings) -> None:
        """Raises NotTaken where the source is not allowed at this address, or sends too many requests."""
        if source.addresses:
            peer = request.client.host if request.client else ""
            forwarded = request.headers.getlist("x-forwarded-for")
            address = sender(peer, forwarded, self._settings.proxies)
            if address is None or not is_within(address, source.addresses):
                message = f"the source {source.name} may not send from this address"
                raise NotTaken.of(403, Code.FORBIDDEN, message)
        if seconds := self._rates[source.name].count(source.actor):
            raise _limited(seconds)


async def _body(request: Request) -> bytes:
    """The body. Raises NotTaken for one that is too long, or of another type than JSON and plain text."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _TYPES:
        raise NotTaken.of(
            415, Code.BAD_INPUT, "the content type is application/json or text/plain", "content-type"
        )
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > BODY_BYTES:
            raise NotTaken.of(413, Code.BAD_INPUT, f"the body has more than {BODY_BYTES:,} bytes")
    return bytes(read)


def _object(raw: bytes) -> dict[str, Any]:
    """The body that should hold a secret. Raises Unauthenticated where it cannot be read: then it holds none."""
    try:
        return read_object(raw)
    except NotTaken as fault:
        raise Unauthenticated(f"{NO_CREDENTIAL}; {fault}") from None


async def _sent(desk: Desk, requested: Requested, left: float) -> Answer:
    """The engine's answer. Raises NotTaken where the request is invalid, or no engine takes requests."""
    try:
        check(requested)
    except InvalidInput as fault:
        raise NotTaken(400, [_fault_of(fault)]) from None
    try:
        # After its time a request is always refused, or its earlier answer is returned: either is worth a wait.
        return await desk.ask(requested, left if left > _LEAST_SECONDS else _SECONDS)
    except WhenceError as fault:
        _log.warning("a signal could not be sent to the engine: %s", fault)
        raise NotTaken(503, [_fault_of(fault)], _RETRY) from None


def _response(answer: Answer, key: str) -> JSONResponse:
    match answer:
        case Completed():
            return JSONResponse(_decided(answer, key), 200 if answer.repeated else 202)
        case Declined():
            raise _declined(answer)
        case TimedOut():
            raise NotTaken(503, [Fault(Code.UNAVAILABLE, f"no answer in time: {answer.known}")], _RETRY)
        case _:
            raise TypeError(f"the door answered {type(answer).__name__} to a signal")


def _decided(answer: Completed, key: str) -> Mapping[str, Any]:
    decided = answer.decided
    return {
        "idempotency_key": key,
        "signal_id": None if decided is None else decided.signal_id,
        "verdict": None if decided is None else decided.verdict,
        "reasons": [] if decided is None else list(decided.reasons),
        "repeated": answer.repeated,
        "ordinal": answer.ordinal or None,
        "note": answer.note,
    }


def _declined(answer: Declined) -> NotTaken:
    """Where the request came too late, or is refused for now, it may be sent again with the same key."""
    if answer.code in _PASSING:
        return NotTaken(503, [Fault(Code.UNAVAILABLE, answer.reason)], _RETRY)
    code = Code.BAD_INPUT if answer.code.startswith("Invalid") else Code.REFUSED
    return NotTaken.of(422, code, answer.reason)


def _waited(request: Request) -> float:
    """Seconds since the request arrived at this machine; 0 where that is not known."""
    arrived = request.scope["state"].get(ARRIVED)
    return 0.0 if arrived is None else monotonic() - arrived


def _limited(seconds: int) -> NotTaken:
    message = f"too many requests; try again in {seconds} s"
    return NotTaken(429, [Fault(Code.RATE_LIMITED, message)], {"Retry-After": str(seconds)})


def _fault_of(error: WhenceError) -> Fault:
    return Fault(code_of(error), str(error))


def _refusal(fault: NotTaken) -> JSONResponse:
    errors = [{"code": one.code, "message": one.message, "field": one.field} for one in fault.faults]
    return JSONResponse({"errors": errors}, fault.status, headers=dict(fault.headers))
