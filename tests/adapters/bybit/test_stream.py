"""The stream of reports: its ends are noticed, it is rebuilt, and each new connection says what may be missing."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from socket import create_server
from threading import Event
from typing import Any

import pytest

from adapters.bybit import BybitExchange, Credentials, Site, Timing
from adapters.simulated.server import VenueServer
from commands.exchange import Gap
from domain.direction import Side
from domain.venue import VenueStatus
from tests.adapters.bybit.bench import QUICK, BybitBench
from tests.adapters.simulated.server.serving import SECRET, RunningVenue
from tests.commands.exchange_contract import Session, about
from tests.replacing import replace
from tests.threads import begun_since, left_of

BRIEF: Timing = replace(QUICK, ping=0.8, pong=0.6)


def next_gap(bench: BybitBench) -> Gap:
    """The gap of the next connection, once it is live."""
    found: list[Gap] = []

    def is_found() -> bool:
        found.extend(bench.exchange.gaps())
        return bool(found) and bench.exchange.stream_state.is_live

    bench.until(is_found)
    (gap,) = found
    return gap


def test_the_first_connection_says_that_everything_before_it_may_be_missing(bench: BybitBench) -> None:
    gap = next_gap(bench)
    assert (gap.since, gap.reason) == (None, "")
    assert timedelta(0) <= datetime.now(UTC) - gap.until < timedelta(minutes=1)
    assert bench.exchange.gaps() == []


@pytest.mark.parametrize(
    ("action", "more"),
    [("cut", {}), ("restart", {}), ("refuse", {"ms": 300})],
    ids=["cut", "restart", "refuse"],
)
def test_an_ended_connection_is_rebuilt_and_says_since_when_reports_may_be_missing(
    bench: BybitBench, action: str, more: dict[str, Any]
) -> None:
    first, began = next_gap(bench), datetime.now(UTC)
    bench.venue.act(action, **more)
    gap = next_gap(bench)
    assert gap.since is not None
    assert first.since is None
    assert gap.since <= gap.until
    assert gap.until > began
    assert gap.reason
    assert bench.exchange.stream_state.connects >= 2


def test_what_happened_in_a_gap_is_found_by_queries_and_later_reports_arrive(bench: BybitBench) -> None:
    session = Session(bench)
    session.exchange.submit([session.order("l", Side.BUY, limit="99")])
    bench.venue.fails("order", "missing", times=0)
    bench.venue.fails("execution", "missing", times=0)
    bench.trades_at("98")
    bench.venue.do(lambda one: one.faults.clear())
    next_gap(bench)
    bench.venue.act("cut")
    next_gap(bench)
    reported = bench.exchange.reports()
    assert "Filled" not in about(reported, "l")
    assert session.status("l") is VenueStatus.FILLED
    assert len(session.exchange.executions(bench.now() - timedelta(hours=1))) == 1
    session.exchange.submit([session.order("m", Side.BUY)])
    bench.until(lambda: bench.exchange.pushes > 0 and "Filled" in about(bench.exchange.reports(), "m"))


def test_a_silent_connection_is_rebuilt(venue: RunningVenue) -> None:
    """No frame comes and no ping is answered, although the connection stands."""
    arrived = Event()
    exchange = stream_of(venue, "silent", SECRET, arrived, BRIEF)
    await_state(exchange, arrived, live=True)
    venue.act("silence")
    while exchange.stream_state.connects < 2 or not exchange.stream_state.is_live:
        assert arrived.wait(30)
        arrived.clear()
    assert "pong" in exchange.gaps()[-1].reason
    exchange.close()


def test_a_handshake_without_an_answer_is_given_up_and_repeated_and_can_be_closed(
    venue: RunningVenue,
) -> None:
    """The server accepts the connection and stays silent, as a load balancer whose exchange is gone."""
    arrived = Event()
    with create_server(("127.0.0.1", 0)) as silent:
        site = Site(http=venue.url, socket=f"ws://127.0.0.1:{silent.getsockname()[1]}")
        brief = replace(QUICK, answer=0.2)
        exchange = BybitExchange(Credentials("mute", SECRET), site, timing=brief, on_arrival=arrived.set)
        exchange.start()
        while exchange.stream_state.connects < 3:
            assert arrived.wait(30)
            arrived.clear()
        assert exchange.stream_state.fault
        exchange.close()


def test_refused_authentication_is_shown_and_tried_again_with_pauses(venue: RunningVenue) -> None:
    arrived = Event()
    exchange = stream_of(venue, "stranger", "wrong", arrived, QUICK)
    while exchange.stream_state.connects < 4 or not exchange.stream_state.fault:
        assert arrived.wait(30)
        arrived.clear()
    state = exchange.stream_state
    assert (state.is_live, state.fault) == (False, "auth refused: Params Error")
    assert exchange.gaps() == []
    assert exchange.reports() == []
    exchange.close()


def test_an_exchange_that_cannot_be_reached_is_tried_again() -> None:
    arrived = Event()
    nowhere = Site(http="http://127.0.0.1:9", socket="ws://127.0.0.1:9")
    exchange = BybitExchange(
        Credentials("key", "secret"), nowhere, timing=QUICK, limits={}, on_arrival=arrived.set
    )
    exchange.start()
    while exchange.stream_state.connects < 3:
        assert arrived.wait(30)
        arrived.clear()
    assert not exchange.stream_state.is_live
    exchange.close()


def test_closing_logs_no_error_of_the_socket(venue: RunningVenue, caplog: pytest.LogCaptureFixture) -> None:
    arrived = Event()
    exchange = stream_of(venue, "closing-quietly", SECRET, arrived, QUICK)
    await_state(exchange, arrived, live=True)
    exchange.close()
    assert [one.getMessage() for one in caplog.records if one.levelname == "ERROR"] == []


def test_closing_ends_every_thread(venue: RunningVenue) -> None:
    before = set(threading.enumerate())
    arrived = Event()
    exchange = stream_of(venue, "closing", SECRET, arrived, QUICK)
    await_state(exchange, arrived, live=True)
    assert begun_since(before)
    exchange.close()
    assert left_of(before) == set()


def test_pushes_that_cannot_be_read_are_kept_and_the_stream_lives_on(bench: BybitBench) -> None:
    sent = (
        b"{",
        b"[]",
        b'{"topic":"order"}',
        b'{"topic":"order","data":[{}]}',
        b'{"topic":"order","data":7}',
    )
    for text in sent:
        bench.venue.do(partial(pushed_raw, text))
    session = Session(bench)
    session.exchange.submit([session.order("after", Side.BUY)])
    found: list[str] = []

    def is_filled() -> bool:
        found.extend(about(bench.exchange.reports(), "after"))
        return "Filled" in found

    bench.until(is_filled)
    assert len(bench.exchange.unread()) == len(sent)
    assert bench.exchange.unread() == []
    assert bench.exchange.stream_state.connects == 1


def pushed_raw(text: bytes, server: VenueServer) -> None:
    for session in server.sockets.sessions:
        session.send(text)


def stream_of(venue: RunningVenue, key: str, secret: str, arrived: Event, timing: Timing) -> BybitExchange:
    """An adapter whose account has `SECRET`, and whose stream has been started."""
    venue.do(lambda one: one.venue.open_account(key, SECRET, Decimal(1)))
    site = Site(http=venue.url, socket=venue.socket_url)
    exchange = BybitExchange(Credentials(key, secret), site, timing=timing, on_arrival=arrived.set)
    exchange.start()
    return exchange


def await_state(exchange: BybitExchange, arrived: Event, *, live: bool) -> None:
    while exchange.stream_state.is_live is not live:
        assert arrived.wait(30)
        arrived.clear()
