"""The client of another engine's API: what it sends, and what each response means."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from graphql import build_schema, parse, validate
from msgspec.structs import replace

from adapters.routing import peer
from adapters.routing.faults import PeerDeclined, PeerFault, PeerUnanswered, PeerWrong
from adapters.routing.peer import BECAME, DECIDED, STATE, Peer, body_of
from adapters.signals.body import read_signal
from domain.direction import Direction
from domain.routed import OpenRoute, RouteOutcome, SignalRouted
from domain.strategies import Intent
from tests.certificates import certificate
from tests.domain.history import BTC, NOW, D

DECISION = {"idempotency_key": "c1", "signal_id": "s9", "verdict": "ENTER", "reasons": ["WHY"]}
SCHEMA = Path("adapters/graphql/schema.graphql")
AWAY = "BTCUSDT-LINEAR.BINANCE"
ROUTE = OpenRoute(
    chain="c1",
    owner="trend",
    proposed=BTC,
    routed=SignalRouted(
        instrument=AWAY,
        direction=Direction.LONG,
        intent=Intent.ENTER,
        price=D("101.5"),
        stop=D(99),
        target=D("1E+2"),
    ),
    routed_at=NOW,
    closed_at=NOW - timedelta(seconds=1),
    interval_seconds=900,
    confidence=0.7,
    trend=-0.25,
)
EXIT = replace(ROUTE, routed=replace(ROUTE.routed, intent=Intent.EXIT, direction=Direction.SHORT))


@dataclass
class Scripted:
    """An API that returns one response, and keeps what it was sent."""

    status: int = 202
    content: Any = None
    sent: list[tuple[str, str | None, Any]] = field(default_factory=list[tuple[str, "str | None", Any]])
    url: str = ""


@pytest.fixture
def api() -> Iterator[Scripted]:
    scripted = Scripted()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            scripted.sent.append((self.path, self.headers["authorization"], json.loads(body)))
            content = scripted.content
            raw = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(scripted.status)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002  # the base class names it

    server = HTTPServer(("127.0.0.1", 0), Handler)
    scripted.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield scripted
    server.shutdown()
    server.server_close()
    thread.join(10)


def a_peer(api: Scripted) -> Peer:
    return Peer(api.url, "here", "a-token", "b-token")


@pytest.mark.parametrize("status", [200, 202])
@pytest.mark.parametrize(
    ("route", "verdict", "outcome"),
    [
        (ROUTE, "ENTER", RouteOutcome.TAKEN),
        (ROUTE, "REVERSE", RouteOutcome.TAKEN),
        (ROUTE, "SKIP", RouteOutcome.REFUSED),
        (ROUTE, "CLOSE", RouteOutcome.REFUSED),
        (EXIT, "CLOSE", RouteOutcome.TAKEN),
        (EXIT, "SKIP", RouteOutcome.REFUSED),
    ],
)
def test_the_decision_of_the_other_engine_is_the_outcome(
    api: Scripted, status: int, route: OpenRoute, verdict: str, outcome: RouteOutcome
) -> None:
    api.status, api.content = status, {**DECISION, "verdict": verdict, "note": ""}
    report = a_peer(api).raise_signal(route)
    assert (report.outcome, report.signal, report.reasons) == (outcome, "s9", ("WHY",))
    ((path, token, body),) = api.sent
    assert (path, token, body["idempotency_key"]) == ("/signals", "Bearer a-token", "c1")


def test_the_body_is_one_that_the_api_takes() -> None:
    read = read_signal(body_of(ROUTE))
    assert (read.instrument, read.direction, read.intent) == (AWAY, Direction.LONG, Intent.ENTER)
    assert (read.price, read.stop, read.target) == (D("101.5"), D(99), D(100))
    assert (read.candle_closed_at, read.interval, read.trend) == (ROUTE.closed_at, "15m", -0.25)


def test_an_interval_that_cannot_be_sent_is_declined() -> None:
    with pytest.raises(PeerDeclined, match="an interval of 30 s"):
        body_of(replace(ROUTE, interval_seconds=30))


@pytest.mark.parametrize("status", [400, 401, 403, 422])
def test_a_request_that_recorded_nothing_is_declined_with_its_reason(api: Scripted, status: int) -> None:
    api.status, api.content = status, {"errors": [{"code": "REFUSED", "message": "stop: beyond the price"}]}
    with pytest.raises(PeerDeclined, match=f"status {status}: stop: beyond the price"):
        a_peer(api).raise_signal(ROUTE)


@pytest.mark.parametrize(
    ("status", "content", "wrong"),
    [
        (401, {}, PeerWrong.CREDENTIAL),
        (403, {}, PeerWrong.FORBIDDEN),
        (404, b"not found", PeerWrong.FOREIGN),
        (405, {}, PeerWrong.FOREIGN),
        (302, b"", PeerWrong.FOREIGN),
        (200, b"<html>", PeerWrong.FOREIGN),
        (202, {**DECISION, "idempotency_key": "c2"}, PeerWrong.FOREIGN),
        (422, {"errors": [{"message": "stop: beyond the price"}]}, None),
        (429, {}, None),
        (503, {}, None),
    ],
)
def test_a_response_of_what_is_not_the_engine_or_refuses_this_one_is_one_of_a_wrong_peer(
    api: Scripted, status: int, content: object, wrong: PeerWrong | None
) -> None:
    api.status, api.content = status, content
    with pytest.raises(PeerFault) as raised:
        a_peer(api).raise_signal(ROUTE)
    assert raised.value.wrong is wrong


@pytest.mark.parametrize(
    ("status", "content", "wrong"),
    [
        (401, {}, PeerWrong.CREDENTIAL),
        (200, {"errors": [{"message": "no", "extensions": {"code": "FORBIDDEN"}}]}, PeerWrong.FORBIDDEN),
        (
            200,
            {"errors": [{"message": "no", "extensions": {"code": "UNAUTHENTICATED"}}]},
            PeerWrong.CREDENTIAL,
        ),
        (200, {"errors": [{"message": "busy"}]}, None),
        (200, b"hello", PeerWrong.FOREIGN),
        (502, b"hello", None),
    ],
)
def test_a_query_that_a_wrong_peer_has_refused_is_one_of_it(
    api: Scripted, status: int, content: object, wrong: PeerWrong | None
) -> None:
    api.status, api.content = status, content
    with pytest.raises(PeerFault) as raised:
        a_peer(api).why_closed()
    assert raised.value.wrong is wrong


def test_a_certificate_of_an_authority_that_is_not_known_is_one_of_a_wrong_peer(tmp_path: Path) -> None:
    made = certificate(tmp_path / "tls", "127.0.0.1")
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(made.chain, made.key)
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = server_side.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    other = Peer(f"https://127.0.0.1:{server.server_port}", "here", "t")
    with pytest.raises(PeerUnanswered, match="no TLS connection") as raised:
        other.raise_signal(ROUTE)
    assert (raised.value.wrong, raised.value.is_unsent) == (PeerWrong.CERTIFICATE, True)
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.mark.parametrize(("status", "content"), [(429, {}), (503, {}), (500, b"\x00"), (202, b"<html>")])
def test_any_other_response_leaves_the_outcome_unknown(api: Scripted, status: int, content: object) -> None:
    api.status, api.content = status, content
    with pytest.raises(PeerUnanswered) as raised:
        a_peer(api).raise_signal(ROUTE)
    assert not raised.value.is_unsent
    assert "token" not in str(raised.value)


@pytest.mark.parametrize("status", [200, 202])
@pytest.mark.parametrize(
    "content",
    [
        {},
        {"status": "ok"},
        *({name: value for name, value in DECISION.items() if name != left_out} for left_out in DECISION),
        {**DECISION, "signal_id": ""},
        {**DECISION, "signal_id": None, "verdict": None},
        {**DECISION, "verdict": "UP"},
        {**DECISION, "idempotency_key": "c2"},
    ],
)
def test_a_response_without_the_decision_on_this_signal_leaves_the_outcome_unknown(
    api: Scripted, status: int, content: object
) -> None:
    api.status, api.content = status, content
    with pytest.raises(PeerUnanswered):
        a_peer(api).raise_signal(ROUTE)


def test_a_response_that_is_too_long_leaves_the_outcome_unknown_and_the_next_one_is_read(
    api: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peer, "_MOST_BYTES", 1_000)
    api.content, other = {**DECISION, "note": "a" * 1_000}, a_peer(api)
    with pytest.raises(PeerUnanswered, match="a response of more than 1000 bytes"):
        other.raise_signal(ROUTE)
    api.content = DECISION
    assert other.raise_signal(ROUTE).signal == "s9"


def test_a_refused_connection_has_sent_nothing_and_silence_may_have() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(PeerUnanswered) as raised:
            Peer(url, "here", "t", seconds=0.2).raise_signal(ROUTE)
        assert not raised.value.is_unsent
    with pytest.raises(PeerUnanswered) as raised:
        Peer(url, "here", "t").raise_signal(ROUTE)
    assert raised.value.is_unsent


@pytest.mark.parametrize(
    ("states", "why"),
    [
        ('[{"isHalted": false, "reasons": []}]', ""),
        ('[{"isHalted": true, "reasons": ["KILL_SWITCH", "RECONCILING"]}]', "KILL_SWITCH, RECONCILING"),
        ("[]", "the other engine has no account yet"),
    ],
)
def test_the_other_engine_is_closed_while_it_takes_no_entries(api: Scripted, states: str, why: str) -> None:
    api.status, api.content = 200, {"data": {"tradingStates": json.loads(states)}}
    assert a_peer(api).why_closed() == why
    assert api.sent[0][:2] == ("/graphql", "Bearer b-token")


def test_a_refused_query_leaves_the_state_unknown(api: Scripted) -> None:
    api.status, api.content = 200, {"data": None, "errors": [{"message": "needs the role viewer"}]}
    with pytest.raises(PeerUnanswered, match="needs the role viewer"):
        a_peer(api).why_closed()
    with pytest.raises(PeerUnanswered, match="needs the role viewer"):
        a_peer(api).is_over(ROUTE)
    with pytest.raises(PeerUnanswered, match="needs the role viewer"):
        a_peer(api).decision_on(ROUTE)


def an_event(kind: str, chain: str, cause: str, **fields: object) -> dict[str, Any]:
    return {"event": {"type": kind, "chainId": chain, "causeId": cause, "json": fields}}


RAISED = an_event("SignalDetected", "s9", "command:c1/0123456789abcdef", price="101")
ENTERED = an_event("DecisionMade", "s9", "e1", verdict="ENTER", reasons=["ALPHA"], votes=[])
SKIPPED = an_event("DecisionMade", "s9", "e1", verdict="SKIP", reasons=["STALE_DATA"], votes=[])


@pytest.mark.parametrize(
    ("nodes", "outcome"),
    [
        (None, None),
        ([RAISED], None),
        ([RAISED, ENTERED], RouteOutcome.TAKEN),
        ([RAISED, SKIPPED], RouteOutcome.REFUSED),
        ([an_event("SignalDetected", "s9", "command:c10/0"), ENTERED], None),
        ([RAISED, an_event("DecisionMade", "s8", "e1", verdict="ENTER", reasons=[])], None),
    ],
)
def test_the_decision_on_a_signal_is_found_by_its_key_without_sending_it(
    api: Scripted, nodes: list[dict[str, Any]] | None, outcome: RouteOutcome | None
) -> None:
    api.status, api.content = 200, {"data": {"chain": None if nodes is None else {"nodes": nodes}}}
    found = a_peer(api).decision_on(ROUTE)
    assert (None if found is None else (found.outcome, found.signal)) == (outcome and (outcome, "s9"))
    ((path, token, body),) = api.sent
    assert (path, token, body["variables"]) == ("/graphql", "Bearer b-token", {"cause": "command:c1"})


def an_order(status: str, filled: str = "0", held: str | None = None) -> dict[str, Any]:
    return {"status": status, "filled": filled, "held": None if held is None else {"status": held}}


CLOSED = an_order("FILLED", "1", "CLOSED")


@pytest.mark.parametrize(
    ("orders", "opened", "owned", "legs", "is_over"),
    [
        ([CLOSED], 0, 0, [], True),
        ([CLOSED], 0, 0, ["ENTER"], True),
        ([an_order("CANCELLED"), an_order("REJECTED")], 0, 0, [], True),
        ([an_order("CANCELLED", "0.5", "CLOSED")], 0, 0, [], True),
        ([], 0, 0, ["SKIP"], True),
        ([CLOSED], 0, 1, [], False),
        ([CLOSED], 1, 0, [], False),
        ([an_order("FILLED", "1", "OPEN")], 0, 0, [], False),
        ([an_order("FILLED", "1")], 0, 0, [], False),
        ([an_order("CANCELLED", "0.5")], 0, 0, [], False),
        ([an_order("PARTIALLY_FILLED", "0.5", "CLOSED")], 0, 0, [], False),
        ([an_order("OUTCOME_UNKNOWN")], 0, 0, [], False),
        ([], 0, 0, [], False),
        ([], 0, 0, ["ENTER"], False),
        ([], 1, 0, ["SKIP"], False),
        ([], 0, 1, ["SKIP"], False),
    ],
)
def test_a_taken_entry_is_over_once_nothing_is_held_by_anybody_and_no_entry_order_works_or_will_follow(
    api: Scripted, orders: list[dict[str, Any]], opened: int, owned: int, legs: list[str], is_over: bool
) -> None:
    api.status, api.content = (
        200,
        {
            "data": {
                "orders": {"edges": [{"node": one} for one in orders]},
                "opened": {"edges": [{"node": {"id": "p"}}] * opened},
                "owned": {"edges": [{"node": {"id": "p"}}] * owned},
                "secondLegs": {"edges": [{"node": {"json": {"verdict": one}}} for one in legs]},
            }
        },
    )
    assert a_peer(api).is_over(replace(ROUTE, taken_as="s9")) is is_over
    assert api.sent[0][2]["variables"] == {"chain": "s9", "instrument": AWAY, "owner": "here"}


@pytest.mark.parametrize("document", [STATE, BECAME, DECIDED])
def test_the_queries_are_valid_by_the_schema_of_the_api(document: str) -> None:
    assert validate(build_schema(SCHEMA.read_text(encoding="utf-8")), parse(document)) == []
