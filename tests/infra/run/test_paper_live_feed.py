"""A demo run on the market data of our Bybit venue over loopback."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial

import pytest

from adapters.simulated.server import VenueServer
from commands.door import Completed
from commands.request import Requested
from domain.catalogue import known
from domain.direction import Side
from domain.log import Envelope
from domain.order import OrderFilled
from infra.run.clock import utc_now
from infra.run.live import LiveRun
from infra.run.live_feed import book_feed_of
from infra.run.paper_live import demo_run
from infra.run.place import Place
from tests.adapters.bybit.bench import SYMBOL
from tests.adapters.simulated.server.delisting import delisted
from tests.adapters.simulated.server.serving import RunningVenue, running_venue
from tests.commands.list_log import ListLog
from tests.infra.run.demo_desk import DEMO
from tests.infra.run.live_desk import BTC, FIVE, LIMIT, PLAN, D
from tests.replacing import replace

ETH = "ETHUSDT-LINEAR.BYBIT"


@pytest.fixture(scope="module")
def venue() -> Iterator[RunningVenue]:
    with running_venue(start=time.time_ns() // 1_000_000, band=D("0.3")) as running:
        running.do(partial(show, bid="99.5", ask="99.7"))
        yield running


def show(server: VenueServer, bid: str, ask: str) -> None:
    """The venue's market shows these prices, and no other one."""
    market, now = server.venue.markets[SYMBOL], server.clock.market()
    for side in Side:
        for level in list(market.book.sides[side]):
            market.book.set_foreign(side, level.price, D(0))
    for side, price in ((Side.BUY, bid), (Side.SELL, ask)):
        server.venue.show(SYMBOL, side, D(price), D(50), now)
    server.venue.follow_book(SYMBOL, now)


@pytest.mark.parametrize("exchange", ["bybit", "ccxt:bybit"])
def test_an_order_fills_at_what_the_venues_book_shows_and_no_order_reaches_the_venue(
    venue: RunningVenue, exchange: str
) -> None:
    venue.do(partial(show, bid="99.5", ask="99.7"))
    log = ListLog()
    feed_of = partial(book_feed_of, Place(exchange, address=venue.url), PLAN.interval)
    with closing(demo_run(log, PLAN, DEMO, feed_of, list[Envelope]().append)) as run:
        run.start()
        run.connect()
        until(run, lambda: run.is_trading)
        asked = Requested(id="1", account="main", actor="eve", valid_until=utc_now() + FIVE, request=LIMIT)
        until(run, lambda: isinstance(run.answer(asked), Completed))
        until(run, lambda: has(log, "OrderAccepted"))
        venue.do(partial(show, bid="98.5", ask="98.7"))
        until(run, lambda: has(log, "PositionOpened"))
    (filled,) = [one.event for one in log.envelopes if isinstance(one.event, OrderFilled)]
    assert (filled.price, filled.quantity) == (D(99), D("0.1"))
    assert venue.do(lambda server: [one.orders for one in server.venue.accounts.values()]) == [{}]


@pytest.mark.parametrize("exchange", ["bybit", "ccxt:bybit"])
def test_a_delisted_instrument_is_left_out_at_the_start_and_the_others_are_traded(
    venue: RunningVenue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, exchange: str
) -> None:
    delisted(monkeypatch, "ETHUSDT", venue.server)
    both = replace(DEMO, listed=[one.instrument for one in known() if one.instrument.id in (BTC, ETH)])
    feed_of = partial(book_feed_of, Place(exchange, address=venue.url), PLAN.interval)
    plan = replace(PLAN, instruments=(BTC, ETH))
    with closing(demo_run(ListLog(), plan, both, feed_of, list[Envelope]().append)) as run:
        run.start()
        run.connect()
        market = run.driver.engine.market
        until(run, lambda: run.is_trading and market.last(BTC) is not None)
        assert market.last(ETH) is None
    named = [
        one.getMessage() for one in caplog.records if one.getMessage().startswith(f"{ETH} is left out, ")
    ]
    assert len(named) == 1


def test_missing_market_data_is_stated_once_with_its_reason_and_so_is_its_return(
    venue: RunningVenue, caplog: pytest.LogCaptureFixture
) -> None:
    feed_of = partial(book_feed_of, Place("bybit", address=venue.url), PLAN.interval)

    def lines(begin: str) -> list[str]:
        return [line for one in caplog.records if (line := one.getMessage()).startswith(begin)]

    with closing(demo_run(ListLog(), PLAN, DEMO, feed_of, list[Envelope]().append)) as run:
        run.start()
        run.connect()
        until(run, lambda: run.is_trading and run.driver.engine.market.last(BTC) is not None)
        venue.act("refuse", ms=60_000)
        until(run, lambda: bool(lines(f"no market data of {BTC} since ")))
        venue.act("refuse", ms=1)
        until(run, lambda: bool(lines(f"market data of {BTC} arrives again, after ")))
    (lost,) = lines("no market data of ")
    assert "; next try " in lost


def until(run: LiveRun, reached: Callable[[], bool]) -> None:
    """Attends the run until the state is reached; fails after a minute."""
    deadline = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < deadline
        run.attend(1)


def has(log: ListLog, name: str) -> bool:
    return name in [type(one.event).__name__ for one in log.envelopes]
