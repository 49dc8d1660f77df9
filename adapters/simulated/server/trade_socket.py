"""The WebSocket /v5/trade: order requests as messages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from adapters.simulated.server.call import Answer, Row
from adapters.simulated.server.clock import Clock
from adapters.simulated.server.endpoints import ENDPOINTS
from adapters.simulated.server.faults import Fault, Faults, Kind
from adapters.simulated.server.handling import Handling
from adapters.simulated.server.hub import ENCODE, Hub
from adapters.simulated.server.json_values import EMPTY, list_of, object_of
from adapters.simulated.server.operations import Message
from adapters.simulated.server.session import Session
from adapters.simulated.server.signatures import DEFAULT_WINDOW, TIMESTAMP, WINDOW, check_time, socket_signer
from adapters.simulated.venue.codes import (
    INTERNAL,
    NO_ROUTE,
    OK,
    PARAMETER,
    REPEATED_REQUEST,
    TEXTS,
    WRONG_SIGNATURE,
    Code,
    Declined,
)
from adapters.simulated.venue.venue import Venue

PATHS: Mapping[str, str] = {
    "order.create": "/v5/order/create",
    "order.amend": "/v5/order/amend",
    "order.cancel": "/v5/order/cancel",
    "order.create-batch": "/v5/order/create-batch",
    "order.amend-batch": "/v5/order/amend-batch",
    "order.cancel-batch": "/v5/order/cancel-batch",
}


class TradeSocket:
    """Operations of one kind of connection; each is answered once, then its pushes are sent."""

    def __init__(self, venue: Venue, clock: Clock, faults: Faults, hub: Hub, handling: Handling) -> None:
        self._venue, self._clock, self._faults, self._hub, self._handling = (
            venue,
            clock,
            faults,
            hub,
            handling,
        )

    def operate(self, session: Session, message: Message) -> None:
        """Answers one message."""
        match message.get("op"):
            case "auth":
                self._authenticate(session, message)
            case "ping":
                pong = {"op": "pong", "data": [str(self._clock.wall())], "connId": session.id}
                session.send(ENCODE({"retCode": 0, "retMsg": "OK", **pong}))
            case _:
                self._order(session, message)

    def _authenticate(self, session: Session, message: Message) -> None:
        session.account = socket_signer(self._venue.accounts, message.get("args"), self._clock.wall())
        code = OK if session.account is not None else WRONG_SIGNATURE
        reply = {"retCode": code.number, "retMsg": code.text, "op": "auth", "connId": session.id}
        session.send(ENCODE({**reply, **({"reqId": message["reqId"]} if "reqId" in message else {})}))

    def _order(self, session: Session, message: Message) -> None:
        self._respond(session, message, self._faults.of_request(str(message.get("op")), _first(message)))

    def _respond(self, session: Session, message: Message, fault: Fault | None) -> None:
        headers: dict[str, str] = {}
        answer, code = Answer({}, {}), OK
        if fault is None or fault.commit:
            answer, code = self._executed(session, message, headers)
        pushes = self._hub.collect()
        reply = {
            "reqId": message.get("reqId", ""),
            "retCode": code.number,
            "retMsg": code.text,
            "op": message.get("op", ""),
            "data": answer.result,
            "retExtInfo": answer.ext,
            "header": {**headers, "Timenow": str(self._clock.wall()), "Traceid": session.id},
            "connId": session.id,
        }
        if fault is None:
            session.send(ENCODE(reply))
        else:
            self._spoil(session, fault, reply, message)
        self._hub.deliver(pushes)

    def _executed(self, session: Session, message: Message, headers: dict[str, str]) -> tuple[Answer, Code]:
        try:
            return self._answer(session, message, headers), OK
        except Declined as refusal:
            code = Code(refusal.number, refusal.text)
            self._hub.notices.refused(str(message.get("op")), code)
            return Answer({}, {}), code

    def _spoil(self, session: Session, fault: Fault, reply: Row, message: Message) -> None:
        """A delayed request that was not executed first is executed after its delay; no further fault strikes it."""
        match fault.kind:
            case Kind.CODE:
                text = TEXTS.get(fault.value, INTERNAL.text)
                session.send(ENCODE({**reply, "retCode": fault.value, "retMsg": text, "data": {}}))
            case Kind.DELAY if fault.commit:
                session.send_later(ENCODE(reply), fault.value)
            case Kind.DELAY:
                loop = asyncio.get_running_loop()
                loop.call_later(fault.value / 1000, self._respond, session, message, None)
            case Kind.TRUNCATED:
                frame = ENCODE(reply)
                session.send(frame[: len(frame) // 2])
            case _:
                session.abort()

    def _answer(self, session: Session, message: Message, headers: dict[str, str]) -> Answer:
        path = PATHS.get(str(message.get("op")))
        if path is None:
            raise Declined(NO_ROUTE)
        if session.account is None:
            raise Declined(WRONG_SIGNATURE)
        wall = self._clock.wall()
        _check_header(message, wall)
        _check_repeated(session, message)
        params = _arguments(message)
        return self._handling.handled(ENDPOINTS["POST", path], session.account, params, wall, headers)


def _first(message: Message) -> Mapping[str, object]:
    return object_of(next(iter(list_of(message.get("args")) or ()), None)) or EMPTY


def _check_header(message: Message, wall: int) -> None:
    header = object_of(message.get("header"))
    if header is None:
        raise Declined(PARAMETER, "header is missing")
    check_time(str(header.get(TIMESTAMP, "")), str(header.get(WINDOW, DEFAULT_WINDOW)), wall)


def _check_repeated(session: Session, message: Message) -> None:
    request_id = str(message.get("reqId", ""))
    if request_id and request_id in session.request_ids:
        raise Declined(REPEATED_REQUEST)
    session.request_ids.add(request_id)


def _arguments(message: Message) -> Mapping[str, object]:
    args = list_of(message.get("args")) or ()
    params = object_of(args[0]) if len(args) == 1 else None
    if params is None:
        raise Declined(PARAMETER, "args must hold one object")
    return params
