"""Everything that a feed receives of one instrument."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from threading import Lock

from adapters.candle_line import CandleLine, Hole, opening
from adapters.candle_notes import candle_notes
from adapters.ccxt.bounds import Bounds
from adapters.market_lanes import Candles, Prices, Quotes, Trades, Updates, merged
from adapters.wanted import Wanted
from commands.exchange import Unread
from commands.feed import FeedState
from domain.candle import Candle
from domain.market import BookUpdate, KnownPrice, MarketEvent, Quote, Trade


class InstrumentMarket:
    """The candles begin with those that are open at `began`, trades at that time. Any thread may call it."""

    def __init__(self, instrument: str, wanted: Wanted, bounds: Bounds, began: datetime) -> None:
        self.instrument = instrument
        self.lines = tuple(CandleLine(one, opening(began, one)) for one in wanted.candles)
        self.streamed_at: datetime | None = None
        self._began, self._lock = began, Lock()
        self._heard_at: datetime | None = None
        self._candle_fault, self._fault = "", "no response yet"
        self._candles, self._prices, self._quotes = Candles(), Prices(), Quotes()
        self._trades, self._updates = Trades(bounds.trades), Updates(1, _no_book)

    def hole(self, line: CandleLine, late: datetime) -> Hole | None:
        """The candles that are missing of those that closed by `late`."""
        with self._lock:
            return line.hole(late)

    def fetched(
        self, line: CandleLine, hole: Hole, candles: Sequence[Candle], now: datetime, *, later: bool
    ) -> bool:
        """Takes candles that were fetched; returns whether candles are due."""
        with self._lock:
            due = line.fetched(hole, candles, later=later)
            self._candles.put(due)
            self._heard_at, self._candle_fault = now, ""
            return bool(due)

    def candles_failed(self, fault: str) -> None:
        """Records why candles cannot be fetched."""
        with self._lock:
            self._candle_fault = f"candles cannot be fetched: {fault}"

    def heard(
        self,
        now: datetime,
        *,
        quote: Quote | KnownPrice | None = None,
        trades: Sequence[Trade] = (),
        book: BookUpdate | None = None,
    ) -> None:
        """Takes what was received at `now`."""
        with self._lock:
            self._heard_at, self._fault = now, ""
            if isinstance(quote, Quote):
                self._quotes.put(quote)
            elif quote is not None:
                self._prices.put(quote)
            self._trades.put([one for one in trades if one.at >= self._began])
            if book is not None:
                self._updates.put(book)

    def streamed(self, now: datetime, quote: Quote | KnownPrice) -> None:
        """Takes a quote that a stream brought at `now`."""
        self.heard(now, quote=quote)
        with self._lock:
            self.streamed_at = now

    def lost_quotes(self, fault: str) -> None:
        """Records that the stream of quotes has ended."""
        with self._lock:
            self.streamed_at, self._fault = None, fault

    def failed(self, fault: str) -> None:
        """Records why quotes, trades or books cannot be fetched."""
        with self._lock:
            self._fault = fault

    def events(self) -> list[MarketEvent]:
        """The events since the last call, by time."""
        with self._lock:
            lanes = (self._candles, self._trades, self._quotes, self._updates, self._prices)
            return merged([lane.take() for lane in lanes])

    def notes(self) -> list[Unread]:
        """The candles since the last call that are not used, and those that the exchange does not have."""
        with self._lock:
            return candle_notes(self.lines, self.instrument, "the exchange")

    def state(self) -> FeedState:
        """See `MarketFeed.states`."""
        with self._lock:
            return FeedState(
                instrument=self.instrument,
                is_live=not self._fault,
                heard_at=self._heard_at,
                dropped=self._quotes.dropped + self._trades.dropped + self._updates.dropped,
                fault=self._fault or self._candle_fault,
            )


def _no_book() -> None:
    """Every update is a whole book, so none has to be made from changes."""
