"""The candles of a run on live prices, from the exchange to the chart: kept, queried, sent, rebuilt from the tape."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import aclosing, closing, contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest

from adapters.bybit import BybitFeed, Wanted
from adapters.candle_store.book import CandleBook
from adapters.candle_store.following import FollowedCandles
from adapters.graphql import candle
from adapters.graphql.context import Context, Served
from adapters.graphql.limits import Limits, limiting
from adapters.graphql.readers import Readers
from adapters.graphql.schema import schema
from adapters.milliseconds import at_ms
from adapters.simulated.server import VenueServer, VirtualClock
from commands.caller import ANONYMOUS
from commands.feed import MarketFeed
from domain.direction import Side
from domain.log import Envelope
from infra.config import WhenceSettings
from infra.inputs import input_tape
from infra.run.candle_keeping import candles_kept
from infra.run.live import LiveRun
from infra.run.live_plan import LivePlan, Wake
from infra.run.paper_live import demo_run
from infra.run.place import Place
from infra.run.snapshots import owned_log
from infra.store import migrate, open_store
from projections.catalogue import PROJECTIONS
from projections.source import ReadModels
from tests.adapters.simulated.server.serving import RunningVenue, running_venue
from tests.commands.list_log import ListLog
from tests.event_loop import running_loop
from tests.infra.run.demo_desk import DEMO
from tests.infra.run.live_desk import BTC, PLAN
from tests.journeys.program import whence
from tests.replacing import replace

MINUTE = 60_000
PRICES = {Side.BUY: Decimal(50_100), Side.SELL: Decimal(49_900)}
QUANTITY = Decimal("0.01")
MINUTES: LivePlan = replace(PLAN, interval=timedelta(minutes=1))
SCHEMA = schema(limiting(Limits()))
QUERY = """query($of: String!) { candles(instrument: $of, interval: "1m", first: 100) {
  candles { openTime open high low close volume isClosed } hasEarlier } }"""
FOLLOWED = 'subscription($of: String!) { candles(instrument: $of, interval: "1m") { openTime isClosed } }'


class Market:
    """The venue's market, whose time passes only where a test has it; the engine has the same clock."""

    def __init__(self, venue: RunningVenue) -> None:
        self.venue, self._sides = venue, cycle((Side.BUY, Side.SELL))

    def now(self) -> datetime:
        return at_ms(self.venue.server.clock.market())

    def passes(self, minutes: int) -> None:
        """These minutes end at once, each followed by a trade: the venue pushes the last closed candle of them."""
        self.venue.do(lambda server: self._pass(server, minutes))

    def _pass(self, server: VenueServer, minutes: int) -> None:
        for _ in range(minutes):
            now = cast(VirtualClock, server.clock).advance(MINUTE)
            side = next(self._sides)
            server.venue.trade("BTCUSDT", side, PRICES[side], QUANTITY, now)

    def closed(self) -> list[tuple[str, ...]]:
        """Open time in ms, open, high, low, close and volume of the latest 100 closed candles, the latest first."""
        answer = httpx2.get(
            f"{self.venue.url}/v5/market/kline",
            params={"category": "linear", "symbol": "BTCUSDT", "interval": "1", "limit": "101"},
        )
        rows: list[list[str]] = answer.json()["result"]["list"]
        now = self.venue.server.clock.market()
        return [tuple(row[:6]) for row in rows if int(row[0]) + MINUTE <= now]


@pytest.fixture
def market() -> Iterator[Market]:
    """A market with some past minutes."""
    with running_venue(start=time.time_ns() // 1_000_000 // MINUTE * MINUTE) as venue:
        market = Market(venue)
        market.passes(4)
        yield market


@pytest.fixture
def settings(tmp_path: Path) -> WhenceSettings:
    return WhenceSettings(log=f"sqlite:///{tmp_path / 'demo.db'}")


@contextmanager
def trading(settings: WhenceSettings, market: Market) -> Generator[LiveRun]:
    """A demo run on the market's prices that trades, with the log, the tape and the candle store of the program."""
    before = market.venue.sessions()
    with owned_log(settings) as owned, input_tape(settings, owned.log, market.now) as tape:
        run = demo_run(
            owned.log,
            MINUTES,
            DEMO,
            partial(feed, market),
            list[Envelope]().append,
            clock=market.now,
            tape=tape,
        )
        with closing(run), candles_kept(settings, run.driver):
            run.start()
            run.connect()
            attended(run, lambda: run.is_trading)
            market.venue.await_other_session("kline.1.BTCUSDT", before)
            yield run


def feed(market: Market, instruments: Sequence[str], wake: Wake) -> MarketFeed:
    wanted = Wanted(
        instruments=tuple(instruments), candles=(MINUTES.interval,), quotes=True, trades=True, book=50
    )
    return BybitFeed(Place("bybit", address=market.venue.url).site, wanted, on_arrival=wake, clock=market.now)


def attended(run: LiveRun, reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < deadline
        run.attend(0.2)


@contextmanager
def served(settings: WhenceSettings) -> Generator[Served]:
    store, readers = open_store(settings), Readers()
    migrate(store)
    models = ReadModels(store, PROJECTIONS, 0, ListLog())
    yield Served(models, _no_decoding, readers, candles=CandleBook(store))
    readers.close()
    store.dispose()


def _no_decoding(_: bytes) -> Any:
    raise AssertionError


class Chart:
    """A page that shows the minutes: what it queries, and what its subscription has sent so far."""

    def __init__(self, served: Served, loop: asyncio.AbstractEventLoop, begun: threading.Event) -> None:
        self._context, self._loop, self._begun = Context(ANONYMOUS, served), loop, begun
        self.sent: list[str] = []

    def is_filled(self) -> bool:
        """Whether the store has candles, without which there is nothing to follow."""
        book = self._context.served.candles
        return book is not None and bool(book.series())

    def follow(self) -> None:
        """Subscribes; returns when the subscription has begun."""
        self._begun.clear()
        asyncio.run_coroutine_threadsafe(self._follow(), self._loop)
        assert self._begun.wait(30)

    async def _follow(self) -> None:
        stream: Any = await SCHEMA.subscribe(FOLLOWED, {"of": BTC}, context_value=self._context)
        async with aclosing(stream):
            async for result in stream:
                assert result.errors is None, result.errors
                assert result.data["candles"]["isClosed"]
                self.sent.append(_ms(result.data["candles"]["openTime"]))

    def candles(self) -> list[tuple[str, ...]]:
        """As `Market.closed`."""
        query = SCHEMA.execute(QUERY, {"of": BTC}, context_value=self._context)
        result: Any = asyncio.run_coroutine_threadsafe(cast(Any, query), self._loop).result(30)
        assert result.errors is None, result.errors
        assert all(one["isClosed"] for one in result.data["candles"]["candles"])
        figures = ("open", "high", "low", "close", "volume")
        return [
            (_ms(one["openTime"]), *(one[name] for name in figures))
            for one in result.data["candles"]["candles"]
        ]


def _ms(spelled: str) -> str:
    return str(int(datetime.fromisoformat(spelled).timestamp() * 1_000))


@pytest.fixture
def chart(settings: WhenceSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chart]:
    begun = threading.Event()

    class Signalling(FollowedCandles):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            begun.set()

    monkeypatch.setattr(candle, "FollowedCandles", Signalling)
    with served(settings) as one, running_loop() as loop:
        yield Chart(one, loop, begun)


def stored(folder: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "demo.read.db")) as store:
        return store.execute("SELECT * FROM candles ORDER BY opens_at").fetchall()


def test_candles_reach_the_chart_over_a_restart_and_equal_those_rebuilt_from_the_tape(
    tmp_path: Path, settings: WhenceSettings, market: Market, chart: Chart
) -> None:
    with trading(settings, market) as run:
        attended(run, chart.is_filled)
        chart.follow()
        market.passes(1)
        attended(run, lambda: chart.sent == [one[0] for one in market.closed()[:1]])
        assert chart.candles() == market.closed()
    market.passes(2)  # while no engine takes candles
    with trading(settings, market) as run:
        market.passes(1)
        attended(run, lambda: chart.sent[-1] == market.closed()[0][0])
        assert chart.candles() == market.closed()
        assert chart.sent == [one[0] for one in reversed(market.closed()[:4])]
    kept = stored(tmp_path)
    rebuilt = whence(tmp_path, "candles", "rebuild", "--log", settings.log)
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert stored(tmp_path) == kept


def test_candles_that_close_between_two_pushes_are_fetched_and_sent_in_order(
    settings: WhenceSettings, market: Market, chart: Chart
) -> None:
    with trading(settings, market) as run:
        attended(run, chart.is_filled)
        chart.follow()
        market.passes(5)
        attended(run, lambda: len(chart.sent) >= 5)
        assert chart.sent == [one[0] for one in reversed(market.closed()[:5])]
        assert chart.candles() == market.closed()
