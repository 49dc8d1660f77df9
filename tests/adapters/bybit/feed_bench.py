"""The feed on our Bybit venue over loopback, as the bench of the port's contract."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from threading import Event
from typing import Any

from adapters.bybit import Bounds, BybitFeed, Site, Timing, Wanted
from adapters.bybit.fields import at_ms, in_ms
from adapters.simulated.server import VenueServer, VirtualClock
from adapters.simulated.venue.candles import Bar
from domain.candle import Candle
from domain.direction import Side
from domain.instrument import instrument_id
from tests.adapters.bybit.bench import QUICK
from tests.adapters.simulated.server.serving import PRICE, RunningVenue
from tests.commands.feed_contract import MINUTE, Levels
from tests.replacing import replace

SYMBOL, DEPTH, TICK = "BTCUSDT", 50, Decimal("0.1")
INSTRUMENT = instrument_id(SYMBOL)
BRIEF: Timing = replace(QUICK, ping=0.8, pong=0.6)
KEEN = Bounds(look=0.02, renewal=0.05)
EVERYTHING = Wanted(instruments=(INSTRUMENT,), candles=(MINUTE,), trades=True, quotes=True, book=DEPTH)
TOPICS = ("kline.1", "publicTrade", "orderbook.1", f"orderbook.{DEPTH}")
_LATE, _PATIENCE = 5, 60
_ACTIONS: Mapping[str, Mapping[str, Any]] = {"refuse": {"ms": 300}}


class VenueMarket:
    """The market of the venue, as a bench moves it and looks at it; it stands still a second into a minute."""

    def __init__(self, venue: RunningVenue) -> None:
        self.venue = venue
        self._close_minute()

    def now(self) -> datetime:
        return at_ms(self.venue.server.clock.market())

    def trade(self, quantity: str) -> None:
        self.venue.trade(Side.BUY, str(PRICE), quantity)

    def show(self, side: Side, ticks: int, size: str) -> None:
        away = TICK * ticks
        self.venue.show(side, str(PRICE - away if side is Side.BUY else PRICE + away), size)

    def close_candles(self, count: int) -> None:
        for number in range(1, count + 1):
            self.trade(f"0.00{number}")
            self._close_minute()

    def pause(self) -> None:
        self.venue.act("advance", ms=12_000)

    def _close_minute(self) -> None:
        self.venue.do(_to_the_next_minute)

    def book(self) -> tuple[Levels, Levels]:
        return self.venue.do(_book)

    def candles(self, since: datetime) -> Sequence[Candle]:
        bars = self.venue.do(partial(_closed_bars, since=in_ms(since)))
        return [_candle(bar) for bar in bars]

    def trades(self) -> Sequence[str]:
        return self.venue.do(lambda one: [trade.id for trade in one.venue.markets[SYMBOL].trades])

    def interrupt(self, how: str) -> None:
        if how == "close":
            self.venue.wait(_closed_cleanly(self.venue.server))
        else:
            self.venue.act(how, **_ACTIONS.get(how, {}))

    def spoil(self, how: str) -> None:
        for topic in TOPICS:
            self.venue.fails(topic, how, symbol=SYMBOL)

    @contextmanager
    def cut(self) -> Generator[None]:
        self.venue.fails("/v5/market/kline", "drop", times=0)
        yield
        self.venue.do(lambda one: one.faults.clear())


class BybitFeedBench(VenueMarket):
    """A feed of one instrument; the venue's market stands still. `began` is when it did, at the start of the feed."""

    instrument = INSTRUMENT

    def __init__(
        self,
        venue: RunningVenue,
        wanted: Wanted = EVERYTHING,
        timing: Timing = QUICK,
        bounds: Bounds = KEEN,
    ) -> None:
        super().__init__(venue)
        self._arrival = Event()
        self._feed = BybitFeed(
            Site(http=venue.url, socket=venue.socket_url),
            wanted,
            on_arrival=self._arrival.set,
            timing=timing,
            bounds=bounds,
            clock=self.now,
        )
        self._feed.start()
        self.until(lambda: all(state.is_live for state in self._feed.states()))

    @property
    def feed(self) -> BybitFeed:
        return self._feed

    def close(self) -> None:
        self._feed.close()
        self.venue.do(lambda one: one.faults.clear())

    def arrived(self) -> None:
        self._arrival.wait(_LATE)
        self._arrival.clear()

    def until(self, reached: Callable[[], bool], ms: int = 0) -> None:
        """Returns when the feed has reached a state; the market's time passes by `ms` before each look.

        Fails after a minute.
        """
        patience = time.monotonic() + _PATIENCE
        self.venue.act("advance", ms=ms)
        while not reached():
            assert time.monotonic() < patience, self._feed.states()
            self.arrived()
            self.venue.act("advance", ms=ms)


def _to_the_next_minute(server: VenueServer) -> None:
    """A second into the next minute."""
    assert isinstance(server.clock, VirtualClock)
    server.clock.advance(61_000 - server.clock.market() % 60_000)


def _book(server: VenueServer) -> tuple[Levels, Levels]:
    book = server.venue.markets[SYMBOL].book
    return dict(book.depth(Side.BUY, DEPTH)), dict(book.depth(Side.SELL, DEPTH))


def _closed_bars(server: VenueServer, since: int) -> Sequence[Bar]:
    """Without the bar of the current minute."""
    now, candles = server.clock.market(), server.venue.markets[SYMBOL].candles
    candles.move(now)
    return [bar.copy() for bar in candles.minutes() if since <= bar.start <= now - 60_000]


def _candle(bar: Bar) -> Candle:
    return Candle(
        instrument=INSTRUMENT,
        interval=timedelta(minutes=1),
        open_time=at_ms(bar.start),
        open=bar.open,
        high=bar.high,
        low=bar.low,
        close=bar.close,
        volume=bar.volume,
        turnover=bar.turnover,
    )


async def _closed_cleanly(server: VenueServer) -> None:
    """Closes every connection with a handshake, as before maintenance."""
    for session in list(server.sockets.sessions):
        await session.socket.close(code=1001)
