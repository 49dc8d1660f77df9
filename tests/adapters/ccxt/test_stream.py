"""Streams and polls: their ends are noticed, they begin again, and the one finds what the other missed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal
from functools import partial

import pytest

from adapters.ccxt import CcxtExchange, Credentials, Site, Timing
from adapters.simulated.server import VenueServer
from commands.exchange import Filled, Funded, Gap, Liquidated
from domain.direction import Side
from domain.venue import VenueStatus
from tests.adapters.bybit.bench import trade_at
from tests.adapters.ccxt.bench import QUICK, CcxtBench
from tests.adapters.simulated.server.serving import SECRET, RunningVenue
from tests.commands.exchange_contract import Session, about
from tests.replacing import replace
from tests.threads import begun_since, left_of

D = Decimal
BRIEF: Timing = replace(QUICK, ping=0.3)


@pytest.fixture
def streaming(venue: RunningVenue) -> Iterator[CcxtBench]:
    bench = CcxtBench(venue, streams=True)
    yield bench
    bench.venue.do(lambda one: one.faults.clear())
    bench.close()


@pytest.fixture
def polling(venue: RunningVenue) -> Iterator[CcxtBench]:
    bench = CcxtBench(venue, streams=False)
    yield bench
    bench.venue.do(lambda one: one.faults.clear())
    bench.close()


def connects(bench: CcxtBench) -> int:
    state = bench.exchange.stream_state
    assert state is not None
    return state.connects


def gaps_until(bench: CcxtBench, reason: bool) -> Gap:
    """The first gap with or without a reason."""
    found: list[Gap] = []

    def is_found() -> bool:
        found.extend(one for one in bench.exchange.gaps() if bool(one.reason) is reason)
        return bool(found)

    bench.until(is_found)
    return found[0]


@pytest.mark.parametrize("action", ["cut", "restart"])
def test_an_ended_connection_is_rebuilt_and_says_since_when_reports_may_be_missing(
    streaming: CcxtBench, action: str
) -> None:
    assert gaps_until(streaming, reason=False).since is None
    streaming.venue.act(action)
    gap = gaps_until(streaming, reason=True)
    assert gap.since is not None
    assert gap.since <= gap.until
    assert connects(streaming) >= 2


def test_what_no_stream_brought_is_found_by_a_poll(streaming: CcxtBench) -> None:
    session = Session(streaming)
    session.exchange.submit([session.order("l", Side.BUY, limit="99")])
    for topic in ("order", "execution"):
        streaming.venue.fails(topic, "missing", times=0)
    streaming.venue.do(partial(_traded, price="98"))
    streaming.poll()
    assert about(streaming.exchange.reports(), "l") == ["Accepted", "Filled"]
    assert session.status("l") is VenueStatus.FILLED


def test_a_silent_connection_is_rebuilt(venue: RunningVenue) -> None:
    bench = CcxtBench(venue, streams=True, timing=BRIEF)
    bench.venue.act("silence")
    bench.until(lambda: connects(bench) >= 2)
    assert gaps_until(bench, reason=True).since is not None
    bench.close()


def test_messages_that_cannot_be_read_are_kept_and_the_stream_lives_on(streaming: CcxtBench) -> None:
    sent = (b'{"topic', b'{"topic":"order","data":[{"symbol":"BTCUSDT","tpslMode":""}]}')
    for text in sent:
        streaming.venue.do(partial(_pushed, text))
    session = Session(streaming)
    session.exchange.submit([session.order("after", Side.BUY)])
    found: list[str] = []

    def is_filled() -> bool:
        found.extend(about(streaming.exchange.reports(), "after"))
        return "Filled" in found

    streaming.until(is_filled)
    assert len(streaming.exchange.unread()) == len(sent)
    assert streaming.exchange.unread() == []
    assert connects(streaming) == 1


def test_polls_that_fail_are_repeated_and_the_next_one_is_a_gap(polling: CcxtBench) -> None:
    assert gaps_until(polling, reason=False).since is None
    polling.venue.fails("*", "html", times=3)
    polling.exchange.poll_soon()
    gap = gaps_until(polling, reason=True)
    assert gap.since is not None
    assert polling.exchange.poll_state.is_live


@pytest.mark.parametrize("streams", [True, False], ids=["streams", "polls"])
def test_refused_credentials_are_shown_and_tried_again(venue: RunningVenue, streams: bool) -> None:
    key = f"wrong-{streams}"
    venue.do(lambda one: one.venue.open_account(key, SECRET, Decimal(1)))
    arrived = threading.Event()
    site = Site(http=venue.url, socket=venue.socket_url, is_paced=False)
    exchange = CcxtExchange(
        "bybit",
        Credentials(key, "wrong"),
        site,
        streams=streams,
        timing=QUICK,
        on_arrival=arrived.set,
    )
    exchange.start()
    while "10004" not in exchange.poll_state.fault:
        assert arrived.wait(30)
        arrived.clear()
    assert not exchange.poll_state.is_live
    assert exchange.reports() == []
    exchange.close()


def test_closing_ends_every_thread(venue: RunningVenue) -> None:
    before = set(threading.enumerate())
    bench = CcxtBench(venue, streams=True)
    assert {one.name for one in begun_since(before)} >= {"ccxt-poll", "ccxt-stream"}
    bench.close()
    assert left_of(before) == set()


def test_funding_is_no_fill_and_its_sign_is_what_the_account_got(polling: CcxtBench) -> None:
    session = Session(polling)
    session.send(session.order("m", Side.BUY))
    session.trades_at("100")
    paid = session.exchange.balances()[0].balance
    polling.venue.act("fund", symbol="BTCUSDT", rate="0.001")
    polling.poll()
    reports = polling.exchange.reports()
    (funded,) = [one for one in reports if isinstance(one, Funded)]
    assert not any(isinstance(one, Filled | Liquidated) for one in reports)
    assert funded.amount < 0
    assert session.exchange.balances()[0].balance - paid == funded.amount


def test_an_early_close_withdraws_the_stop_and_the_target(polling: CcxtBench) -> None:
    session = Session(polling)
    session.send(*session.bracket(session.order("e", Side.BUY), "95", "105"))
    session.trades_at("100")
    session.send(session.order("x", Side.SELL, reduce_only=True))
    session.trades_at("100")
    assert session.held() == []
    assert [session.status(one) for one in ("e-s", "e-t")] == [VenueStatus.CANCELLED] * 2


def test_a_stop_whose_target_filled_before_a_restart_is_withdrawn_after_it(venue: RunningVenue) -> None:
    first = CcxtBench(venue, streams=False, key="restarted")
    session = Session(first)
    tickets = session.bracket(session.order("e", Side.BUY), "95", "105")
    session.send(*tickets)
    session.trades_at("100")
    first.exchange.close()
    first.venue.do(partial(_traded, price="106"))
    placed = {one.order_id: one.terms for one in tickets}
    second = CcxtBench(venue, streams=False, key="restarted", placed=placed)
    second.exchange.reports()
    after = Session(second)
    assert [after.status(one) for one in ("e-s", "e-t")] == [VenueStatus.CANCELLED, VenueStatus.FILLED]
    second.close()


def _traded(server: VenueServer, price: str) -> None:
    trade_at(server, D(price), D(1000))


def _pushed(text: bytes, server: VenueServer) -> None:
    for session in server.sockets.sessions:
        session.send(text)
