"""The port to live market data for the linear perpetuals of an exchange of ccxt.

Candles are fetched: ccxt's streams drop the field by which an exchange states that a candle is closed. Quotes come
from ccxt.pro where it has them, else by queries, as trades and books do.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from threading import Event, Thread

from adapters.back_off import pause
from adapters.candle_line import CandleLine, Hole
from adapters.ccxt.bounds import Bounds
from adapters.ccxt.market_instrument import InstrumentMarket
from adapters.ccxt.market_query import MarketQuery
from adapters.ccxt.site import Site, Timing
from adapters.ccxt.unreadable import Unreadable
from adapters.ccxt.wanted import Wanted
from adapters.drained import drained
from adapters.milliseconds import at_ms
from commands.exchange import Unread
from commands.feed import FeedState
from domain.candle import Candle
from domain.errors import ExchangeError
from domain.market import KnownPrice, MarketEvent, Quote


def _now() -> datetime:
    return datetime.now(UTC)


def _nothing() -> None:
    """Does nothing with an arrival."""


class CcxtFeed:
    """See `commands.feed.MarketFeed`. `name` is the exchange's in ccxt.

    `clock` returns this machine's time (UTC). The first candle that is returned is the one that is open at `start`.
    `on_arrival` must return at once and raise nothing. Raises InvalidInput for an interval that the exchange does not
    have, and InvalidSettings for an exchange or a testnet that ccxt does not know.
    """

    def __init__(
        self,
        name: str,
        site: Site,
        wanted: Wanted,
        *,
        on_arrival: Callable[[], None] = _nothing,
        timing: Timing | None = None,
        bounds: Bounds | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        timing, self._bounds = timing or Timing(), bounds or Bounds()
        self._wanted, self._clock, self._on_arrival, self._timing = wanted, clock, on_arrival, timing
        self._stopping = Event()
        self._unread: SimpleQueue[Unread] = SimpleQueue()
        self._query = MarketQuery(name, site, timing, self._stopping)
        self._polled = MarketQuery(name, site, timing, self._stopping, Unreadable(self._refuse))
        for interval in wanted.candles:
            self._query.interval(interval)
        self._markets: Sequence[InstrumentMarket] = ()
        self._resting: dict[CandleLine, float] = {}
        self._failures: dict[CandleLine, int] = {}
        self._due, self._poll_failures, self._books = 0.0, 0, 0
        self._thread = Thread(target=self._run, name="ccxt-market", daemon=True)

    def start(self) -> None:
        """See `MarketFeed.start`."""
        began = self._clock()
        self._markets = [
            InstrumentMarket(one, self._wanted, self._bounds, began)
            for one in sorted(self._wanted.instruments)
        ]
        self._thread.start()

    def close(self) -> None:
        """See `MarketFeed.close`; it waits for the response to a query that is under way."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._query.close()
        self._polled.close()

    def events(self) -> Sequence[MarketEvent]:
        """See `MarketFeed.events`."""
        return [event for market in self._markets for event in market.events()]

    def candles(
        self, instrument: str, interval: timedelta, since: datetime, until: datetime
    ) -> Sequence[Candle]:
        """See `MarketFeed.candles`. Raises InvalidInput for an interval that the exchange does not have."""
        begin = since + (at_ms(0) - since) % interval
        return self._query.candles(instrument, interval, begin, until, self._clock()).candles

    def unread(self) -> Sequence[Unread]:
        """See `MarketFeed.unread`."""
        notes = (note for market in self._markets for note in market.notes())
        return [*drained(self._unread), *notes]

    def states(self) -> Sequence[FeedState]:
        """See `MarketFeed.states`."""
        return [market.state() for market in self._markets]

    def _refuse(self, content: object, reason: str) -> None:
        self._unread.put(Unread(str(content), reason))

    # -- the thread of the polls

    def _run(self) -> None:
        while not self._stopping.is_set():
            if self._polls_are_due():
                self._poll()
            for market, line, hole in self._missing():
                self._fill(market, line, hole)
            self._stopping.wait(self._bounds.look)

    def _missing(self) -> Iterator[tuple[InstrumentMarket, CandleLine, Hole]]:
        for market in self._markets:
            for line in market.lines:
                if time.monotonic() < self._resting.get(line, 0.0) or self._stopping.is_set():
                    continue
                hole = market.hole(line, self._clock() - timedelta(seconds=self._bounds.late))
                if hole is not None:
                    yield market, line, hole

    def _fill(self, market: InstrumentMarket, line: CandleLine, hole: Hole) -> None:
        now = self._clock()
        try:
            found = self._polled.candles(market.instrument, line.interval, hole.since, hole.until, now)
        except ExchangeError as error:
            market.candles_failed(str(error))
            self._failures[line] = self._failures.get(line, 0) + 1
            self._resting[line] = time.monotonic() + self._pause(self._failures[line])
            return
        is_due = market.fetched(line, hole, found.candles, now, later=found.later)
        self._failures[line] = 0
        self._resting[line] = 0.0 if is_due else time.monotonic() + self._bounds.again
        if is_due:
            self._on_arrival()

    def _pause(self, failures: int) -> float:
        timing = self._timing
        return pause(failures, timing.first_pause, timing.longest_pause, random.random())  # noqa: S311 - jitter

    def _polls_are_due(self) -> bool:
        return time.monotonic() >= self._due

    def _poll(self) -> None:
        """Fetches what no stream brings of every instrument."""
        now = self._clock()
        try:
            prices = self._prices(now)
            for market in self._markets:
                self._hear(market, now, prices)
        except ExchangeError as error:
            self._poll_failures += 1
            for market in self._markets:
                market.failed(str(error))
        else:
            self._poll_failures = 0
        self._due = time.monotonic() + (self._pause(self._poll_failures) or self._bounds.poll)
        self._on_arrival()

    def _prices(self, now: datetime) -> Mapping[str, Quote | KnownPrice]:
        """Prices are fetched where only candles are wanted, too: they show that the exchange answers."""
        return self._polled.quotes([market.instrument for market in self._markets], now)

    def _hear(
        self, market: InstrumentMarket, now: datetime, prices: Mapping[str, Quote | KnownPrice]
    ) -> None:
        name, wanted, query = market.instrument, self._wanted, self._polled
        trades = query.trades(name) if wanted.trades else ()
        book = None
        if wanted.book:
            self._books += 1
            book = query.book(name, wanted.book, now, self._books)
        quote = prices.get(name) if wanted.quotes else None
        market.heard(now, quote=quote, trades=trades, book=book)
