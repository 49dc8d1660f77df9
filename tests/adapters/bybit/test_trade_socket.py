"""Orders over the socket: written once, answered once or unknown, and by REST only where nothing was written."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from websocket import WebSocket

from adapters.bybit import VERDICTS, BybitExchange, Credentials, Site
from adapters.bybit.client import Client
from adapters.bybit.stream import Stream
from adapters.bybit.trade_socket import TradeSocket, result_of
from adapters.order_way import OrderWay
from domain.direction import Side
from domain.errors import ExchangeRefused, InvalidSettings, OutcomeUnknown
from domain.venue import VenueStatus
from tests.adapters.bybit.bench import QUICK, BybitBench, bybit_venue, closed_port
from tests.adapters.bybit.test_failures import EXPECTED
from tests.adapters.simulated.server.serving import SECRET, RunningVenue
from tests.commands.exchange_contract import Session
from tests.replacing import replace
from tests.threads import left_of

CREATE, AMEND, CANCEL = "order.create", "order.amend", "order.cancel"


@pytest.fixture(scope="module")
def venue() -> Iterator[RunningVenue]:
    """A venue at which messages arrive at once."""
    with bybit_venue(network=0.0) as running:
        yield running


@pytest.fixture
def bench(venue: RunningVenue) -> Iterator[BybitBench]:
    bench = BybitBench(venue, way=OrderWay.WEBSOCKET)
    yield bench
    venue.do(lambda one: one.faults.clear())
    bench.close()


@pytest.fixture
def session(bench: BybitBench) -> Session:
    return Session(bench)


def placed(session: Session, order_id: str = "l") -> None:
    session.exchange.submit([session.order(order_id, Side.BUY, limit="90")])


def test_orders_are_placed_amended_and_cancelled_over_the_socket_alone(
    session: Session, bench: BybitBench
) -> None:
    http = bench.exchange.session
    address, http.endpoint = http.endpoint, f"http://127.0.0.1:{closed_port()}"
    placed(session)
    session.amend("l", limit="91")
    placed(session, "m")
    session.cancel("m")
    http.endpoint = address
    found = session.exchange.order("l")
    assert found is not None
    assert (found.is_open, str(found.limit_price)) == (True, "91.0")
    assert session.status("m") is VenueStatus.CANCELLED


def test_without_a_connection_an_order_goes_by_rest_and_the_change_of_way_is_logged_once(
    venue: RunningVenue, caplog: pytest.LogCaptureFixture
) -> None:
    rest, session = BybitBench(venue), None
    socket = f"ws://127.0.0.1:{closed_port()}"
    site = Site(http=venue.url, socket=socket)
    exchange = BybitExchange(
        rest.credentials, site, timing=QUICK, limits={}, way=OrderWay.WEBSOCKET, on_arrival=rest.arrived.set
    )
    exchange.start()
    session = Session(rest)
    rest.until(lambda: exchange.trade_state is not None and bool(exchange.trade_state.fault))
    for name in ("one", "two"):
        exchange.submit([session.order(name, Side.BUY, limit="90")])
        assert session.status(name) is VenueStatus.ACCEPTED
    exchange.close()
    rest.close()
    (logged,) = ways(caplog)
    assert "orders go by REST" in logged


def test_a_change_of_way_is_logged_when_it_happens_and_orders_go_over_the_socket_again(
    session: Session, bench: BybitBench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    caplog.clear()
    bench.venue.act("cut")
    bench.until(lambda: connects(bench) == 2 and bench.has_way())
    assert [line[:24] for line in ways(caplog)] == ["orders go by REST: the s", "orders go over the socke"]
    bench.venue.fails("/v5/order/create", "code", value=10001, times=0)
    placed(session, "over-the-socket")


def test_the_end_of_the_program_is_no_change_of_way(
    bench: BybitBench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.close()
    assert ways(caplog) == []


def ways(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged of the way of requests."""
    return [one.getMessage() for one in caplog.records if one.name == "adapters.bybit.trade_socket"]


def connects(bench: BybitBench) -> int:
    state = bench.exchange.trade_state
    assert state is not None
    return state.connects


@pytest.mark.parametrize("is_executed", [False, True], ids=["not executed", "executed"])
def test_a_connection_that_ends_before_the_answer_leaves_the_order_unknown_and_unsent_by_rest(
    session: Session, bench: BybitBench, is_executed: bool
) -> None:
    bench.venue.fails(CREATE, "drop", commit=is_executed)
    with pytest.raises(OutcomeUnknown, match="ended before the answer"):
        placed(session)
    assert session.status("l") is (VenueStatus.ACCEPTED if is_executed else None)
    assert len(bench.account.orders) == is_executed
    bench.until(bench.has_way)
    placed(session)
    assert session.status("l") is VenueStatus.ACCEPTED
    assert len(bench.account.orders) == 1


@pytest.mark.parametrize("operation", [AMEND, CANCEL])
def test_a_lost_answer_to_a_change_is_an_unknown_outcome(
    session: Session, bench: BybitBench, operation: str
) -> None:
    placed(session)
    calls: dict[str, Callable[[], None]] = {
        AMEND: lambda: session.amend("l", limit="91"),
        CANCEL: lambda: session.cancel("l"),
    }
    bench.venue.fails(operation, "drop", commit=True)
    with pytest.raises(OutcomeUnknown):
        calls[operation]()
    found = session.exchange.order("l")
    assert found is not None
    assert (found.is_open, str(found.limit_price)) == {CANCEL: (False, "90.0"), AMEND: (True, "91.0")}[
        operation
    ]


def test_an_answer_that_takes_too_long_is_an_unknown_outcome_and_ends_the_connection(
    venue: RunningVenue,
) -> None:
    bench = BybitBench(venue, way=OrderWay.WEBSOCKET, timing=replace(QUICK, response=0.5))
    bench.exchange.session.timeout = (30, 30)
    session = Session(bench)
    venue.fails(CREATE, "delay", value=60_000, commit=True)
    with pytest.raises(OutcomeUnknown, match=r"order\.create was not answered within 0\.5 s"):
        placed(session)
    assert session.status("l") is VenueStatus.ACCEPTED
    bench.until(lambda: connects(bench) == 2 and bench.has_way())
    bench.close()


def test_a_write_that_fails_may_have_arrived_and_is_not_sent_by_rest(
    session: Session, bench: BybitBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_given: object, **_named: object) -> int:
        raise ConnectionResetError("reset by peer")

    monkeypatch.setattr(WebSocket, "send", fails)
    with pytest.raises(OutcomeUnknown, match="reset by peer"):
        placed(session)
    assert session.status("l") is None


def test_half_an_answer_is_an_unknown_outcome_at_once_and_a_dead_letter(
    session: Session, bench: BybitBench
) -> None:
    bench.venue.fails(CREATE, "truncated", commit=True)
    with pytest.raises(OutcomeUnknown, match="cannot be used"):
        placed(session)
    assert session.status("l") is VenueStatus.ACCEPTED
    (kept,) = bench.exchange.unread()
    assert kept.content.startswith('{"reqId"')
    assert "not JSON" in kept.reason
    placed(session, "m")
    assert connects(bench) == 1


def test_an_answer_that_nobody_waits_for_disturbs_no_request_and_is_kept_without_credentials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    socket = TradeSocket(Site(), Credentials("key", SECRET), QUICK, lambda: None)

    def answers(_stream: Stream, text: str) -> None:
        """The answer comes between that of an earlier request and its own repetition."""
        own = {"reqId": json.loads(text)["reqId"], "retCode": 0, "data": {"orderId": "7"}}
        for answer in ({"reqId": "earlier", "retCode": 0, "retMsg": SECRET}, own, own):
            socket.take(json.dumps(answer))

    monkeypatch.setattr(Stream, "write", answers)
    assert socket.ask("place_order", {})[0] == {"retCode": 0, "result": {"orderId": "7"}}
    kept = socket.unread()
    assert [SECRET in one.content for one in kept] == [False, False]
    assert ["no request waits" in one.reason for one in kept] == [True, True]


def test_texts_of_any_shape_are_kept_and_raise_nothing() -> None:
    chance, made = random.Random(7), list[str]()
    socket = TradeSocket(Site(), Credentials("key", "secret"), QUICK, lambda: None)
    answer = json.dumps({"reqId": "a", "retCode": 0, "op": CREATE, "data": {"orderId": "1"}})
    for _ in range(10_000):
        text = list(answer[: chance.randrange(len(answer) + 1)])
        for _ in range(chance.randrange(4)):
            text.insert(chance.randrange(len(text) + 1), chance.choice('{}[]":,\\\x00é0'))
        made.append("".join(text))
        socket.take(made[-1])
    assert [one.content for one in socket.unread()] == made


@pytest.fixture(scope="module")
def steady() -> Iterator[BybitBench]:
    with bybit_venue(network=0.0) as venue:
        bench = BybitBench(venue, way=OrderWay.WEBSOCKET)
        yield bench
        bench.close()


@pytest.mark.parametrize("code", VERDICTS, ids=str)
def test_each_return_code_over_the_socket_is_the_same_error_as_by_rest(steady: BybitBench, code: int) -> None:
    steady.venue.fails(CREATE, "code", value=code, times=0)
    session, expected = Session(steady), EXPECTED[VERDICTS[code]]
    if expected is None:
        placed(session)
    else:
        with pytest.raises(expected, match=str(code)):
            placed(session)
    steady.venue.do(lambda one: one.faults.clear())


def test_an_order_refused_for_its_timestamp_is_written_once_more(steady: BybitBench) -> None:
    steady.venue.fails(CREATE, "code", value=10002)
    placed(Session(steady), "late")
    assert Session(steady).status("late") is VenueStatus.ACCEPTED


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"retCode": "0", "data": {"orderId": "1"}},
        {"retCode": 0},
        {"retCode": 0, "data": []},
        {"retCode": 0, "data": {"orderId": ""}},
        {"retCode": 0, "data": {"orderId": 7}},
        {"retCode": [10001], "retMsg": "list"},
    ],
    ids=str,
)
def test_an_answer_of_another_shape_is_an_unknown_outcome(answer: dict[str, Any]) -> None:
    class Answering(TradeSocket):
        def ask(self, method: str, params: Any) -> Any:
            return result_of(method, answer)

    socket = Answering(Site(), Credentials("key", "secret"), QUICK, lambda: None)
    client = Client(None, Credentials("key", "secret"), {}, lambda: None, trade=socket)
    with pytest.raises(OutcomeUnknown):
        client.send("place_order", {})


@pytest.mark.parametrize("over_the_socket", [13, 8], ids=["all over the socket", "the last five by REST"])
def test_a_burst_is_paced_by_the_limit_that_an_answer_over_the_socket_states(over_the_socket: int) -> None:
    """The venue counts both ways together: the eleventh order of a second would be refused."""
    with bybit_venue(limited=True, network=0.0) as venue:
        bench = BybitBench(venue, way=OrderWay.WEBSOCKET, limits={"place_order": 1_000})
        session, client = Session(bench), bench.exchange.client
        trade = client.trade
        for number in range(13):
            client.trade = trade if number < over_the_socket else None
            placed(session, f"p{number}")
        assert len(bench.account.orders) == 13
        bench.close()


def test_refused_authentication_is_shown_and_leads_to_rest(venue: RunningVenue) -> None:
    arrived = threading.Event()
    site = Site(http=venue.url, socket=venue.socket_url)
    socket = TradeSocket(site, Credentials("stranger", "wrong"), QUICK, arrived.set)
    socket.start()
    while socket.state.connects < 2 or not socket.state.fault:
        assert arrived.wait(30)
        arrived.clear()
    assert socket.state.fault.startswith("auth refused: ")
    assert not socket.state.is_live
    socket.close()


def test_closing_ends_every_thread_of_the_socket(venue: RunningVenue) -> None:
    before = set(threading.enumerate())
    bench = BybitBench(venue, way=OrderWay.WEBSOCKET)
    bench.close()
    assert left_of(before) == set()


def test_demo_trading_has_no_socket_of_orders() -> None:
    with pytest.raises(InvalidSettings, match="set order_entry = REST"):
        BybitExchange(Credentials("key", "secret"), Site(demo=True), way=OrderWay.WEBSOCKET)


def test_a_refused_order_is_refused(session: Session) -> None:
    with pytest.raises(ExchangeRefused):
        session.exchange.submit([session.order("reduces", Side.SELL, reduce_only=True)])
