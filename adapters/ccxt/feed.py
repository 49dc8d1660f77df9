"""The port to live market data for the linear perpetuals of an exchange of ccxt.

Candles are fetched: ccxt's streams drop the field by which an exchange states that a candle is closed. Quotes come
from ccxt.pro where it has them, else by queries, as trades and books do.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from queue import SimpleQueue
from threading import Event, Thread

from adapters.back_off import random_pause
from adapters.candle_line import CandleLine, Hole, first_opening
from adapters.ccxt.bounds import Bounds
from adapters.ccxt.client import opened
from adapters.ccxt.market_instrument import InstrumentMarket
from adapters.ccxt.market_query import MarketQuery
from adapters.ccxt.market_rows import quote
from adapters.ccxt.markets import Market
from adapters.ccxt.quote_stream import QuoteStream, quote_method
from adapters.ccxt.site import Site, Timing
from adapters.ccxt.unreadable import Unreadable
from adapters.drained import drained
from adapters.instruments.document import Table
from adapters.secrecy import NOBODY
from adapters.wanted import Wanted
from commands.exchange import Unread
from commands.feed import FeedState
from domain.candle import Candle
from domain.errors import ExchangeError, ExchangeRefused, InvalidInput
from domain.market import KnownPrice, MarketEvent, Quote

_log = logging.getLogger(__name__)
_NO_PRICES: Mapping[str, Quote | KnownPrice] = {}


def _now() -> datetime:
    return datetime.now(UTC)


def _nothing() -> None:
    """Does nothing with an arrival."""


class CcxtFeed:
    """See `commands.feed.MarketFeed`. `name` is the exchange's in ccxt.

    Quotes are only fetched where `streams` is False. `clock` returns this machine's time (UTC). The first candle that
    is returned is the one that is open at `start`. `on_arrival` must return at once and raise nothing. Raises
    InvalidInput for an interval that the exchange does not have, and InvalidSettings for an exchange or a testnet that
    ccxt does not know.
    """

    def __init__(
        self,
        name: str,
        site: Site,
        wanted: Wanted,
        *,
        streams: bool = True,
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
        self._unreadable = Unreadable(self._refuse)
        self._polled = MarketQuery(name, site, timing, self._stopping, self._unreadable)
        for interval in wanted.candles:
            self._query.interval(interval)
        self._markets: Mapping[str, InstrumentMarket] = {}
        method = quote_method(name) if wanted.quotes and streams else ""
        self._stream = (
            QuoteStream(
                partial(opened, name, NOBODY, site, timing, "ccxt.pro"),
                method,
                wanted.instruments,
                timing,
                self._quoted,
                self._unreadable.refuse,
                self._quotes_ended,
            )
            if method
            else None
        )
        self._resting: dict[CandleLine, float] = {}
        self._failures: dict[CandleLine, int] = {}
        self._due, self._poll_failures, self._books = 0.0, 0, 0
        self._left_out: set[str] = set()
        self._thread = Thread(target=self._run, name="ccxt-market", daemon=True)

    def start(self) -> None:
        """See `MarketFeed.start`."""
        began = self._clock()
        self._markets = {
            one: InstrumentMarket(one, self._wanted, self._bounds, began)
            for one in sorted(self._wanted.instruments)
        }
        if self._stream is not None:
            self._stream.start()
        self._thread.start()

    def close(self) -> None:
        """See `MarketFeed.close`; it waits for the response to a query that is under way."""
        self._stopping.set()
        if self._stream is not None:
            self._stream.close()
        if self._thread.ident is not None:
            self._thread.join()
        self._query.close()
        self._polled.close()

    def events(self) -> Sequence[MarketEvent]:
        """See `MarketFeed.events`."""
        return [event for market in self._markets.values() for event in market.events()]

    def candles(
        self, instrument: str, interval: timedelta, since: datetime, until: datetime
    ) -> Sequence[Candle]:
        """See `MarketFeed.candles`. Raises InvalidInput for an instrument or interval that the exchange lacks."""
        begin = first_opening(since, interval)
        try:
            return self._query.candles(instrument, interval, begin, until, self._clock()).candles
        except ExchangeRefused as refusal:
            self._query.reload()
            if self._query.is_traded(instrument):
                raise
            raise InvalidInput(f"{self._query.ccxt.id} does not trade {instrument} now: {refusal}") from None

    def unread(self) -> Sequence[Unread]:
        """See `MarketFeed.unread`."""
        notes = (note for market in self._markets.values() for note in market.notes())
        return [*drained(self._unread), *notes]

    def states(self) -> Sequence[FeedState]:
        """See `MarketFeed.states`."""
        return [market.state() for market in self._markets.values()]

    def _refuse(self, content: object, reason: str) -> None:
        self._unread.put(Unread(str(content), reason))

    # -- the thread of the stream

    def _quoted(self, row: Table, market: Market) -> None:
        now = self._clock()
        found = self._unreadable.read(row, partial(quote, row, market, now), key=market.symbol)
        if found is not None:
            self._markets[market.instrument].streamed(now, found)
            self._on_arrival()

    def _quotes_ended(self, fault: str) -> None:
        """From now on quotes are fetched, until the stream brings them again."""
        for market in self._markets.values():
            market.lost_quotes(fault)
        self._on_arrival()

    # -- the thread of the polls

    def _run(self) -> None:
        while not self._stopping.is_set():
            if self._polls_are_due():
                self._poll()
            for market, line, hole in self._missing():
                self._fill(market, line, hole)
            self._stopping.wait(self._bounds.look)

    def _missing(self) -> Iterator[tuple[InstrumentMarket, CandleLine, Hole]]:
        for market in self._markets.values():
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
        return random_pause(failures, timing.first_pause, timing.longest_pause)

    def _polls_are_due(self) -> bool:
        return time.monotonic() >= self._due

    def _poll(self) -> None:
        """Fetches what no stream brings of every instrument."""
        now = self._clock()
        silent = [one for one in self._markets.values() if self._is_silent(one, now)]
        polled = list(self._markets.values()) if self._wanted.trades or self._wanted.book else silent
        try:
            traded = [one for one in polled if self._is_traded(one)]
            prices = self._prices([one for one in traded if one in silent], now)
            refused = [one for one in traded if not self._is_heard(one, now, prices)]
        except ExchangeError as error:
            self._poll_failures += 1
            if isinstance(error, ExchangeRefused):
                self._polled.reload()
            for market in polled:
                market.failed(str(error))
        else:
            self._poll_failures = self._poll_failures + 1 if refused else 0
        self._due = time.monotonic() + (self._pause(self._poll_failures) or self._bounds.poll)
        if polled:
            self._on_arrival()

    def _is_traded(self, market: InstrumentMarket) -> bool:
        """Whether the exchange trades the instrument. One that it has delisted is left out and logged, once: a query of
        it would fail those of the other instruments.
        """
        name = market.instrument
        if self._polled.is_traded(name):
            self._left_out.discard(name)
            return True
        reason = f"{self._polled.ccxt.id} does not trade {name} now"
        market.failed(reason)
        if name not in self._left_out:
            self._left_out.add(name)
            _log.error("%s is left out of the live market data: %s", name, reason)
        return False

    def _is_heard(
        self, market: InstrumentMarket, now: datetime, prices: Mapping[str, Quote | KnownPrice]
    ) -> bool:
        """Whether the exchange answered the queries of one instrument. Where it refuses them, the next poll knows
        whether it trades the instrument still.
        """
        try:
            self._hear(market, now, prices)
        except ExchangeRefused as error:
            self._polled.reload()
            market.failed(str(error))
            return False
        return True

    def _prices(self, silent: Sequence[InstrumentMarket], now: datetime) -> Mapping[str, Quote | KnownPrice]:
        return self._polled.quotes([one.instrument for one in silent], now) if silent else _NO_PRICES

    def _is_silent(self, market: InstrumentMarket, now: datetime) -> bool:
        """Whether its price is to be fetched, which shows that the exchange answers where only candles are wanted."""
        heard = market.streamed_at
        return heard is None or now - heard > timedelta(seconds=self._bounds.quiet)

    def _hear(
        self, market: InstrumentMarket, now: datetime, prices: Mapping[str, Quote | KnownPrice]
    ) -> None:
        name, wanted, query = market.instrument, self._wanted, self._polled
        trades = query.trades(name) if wanted.trades else ()
        book = None
        if wanted.book:
            self._books += 1
            book = query.book(name, wanted.book, now, self._books)
        price = prices.get(name) if wanted.quotes else None
        market.heard(now, quote=price, trades=trades, book=book)
        if price is None and wanted.quotes and self._is_silent(market, now):
            market.failed(f"the exchange states no price of {name}")
