"""Everything that a feed receives of one instrument."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial

from adapters.bybit.bounds import Bounds
from adapters.bybit.market_book import Message, Taken
from adapters.bybit.market_book_topic import BookTopic
from adapters.bybit.market_frame import Frame, closed_candles, trades
from adapters.bybit.wanted import QUOTE_DEPTH, Wanted, kline_topic, symbol_at_bybit, trade_topic
from adapters.candle_line import CandleLine, Hole, opening
from adapters.candle_notes import candle_notes
from adapters.market_lanes import Candles, Prices, Quotes, Trades, Updates, merged
from adapters.time_bound import check_time
from commands.exchange import Unread
from domain.candle import Candle
from domain.market import KnownPrice, MarketEvent, PriceSource

Take = Callable[[Frame, datetime, float], None]
"""Takes a push, the time (UTC), and the seconds of a clock that never goes back. Raises what `frame` raises, and
InvalidInput."""


class InstrumentMarket:
    """`heard_at` is when the last push came; the faults are why candles or prices cannot be fetched. `left_out` is why
    Bybit has refused topics of the instrument for the present connection; empty where it has not.
    """

    def __init__(self, instrument: str, wanted: Wanted, bounds: Bounds) -> None:
        self.instrument, self.symbol = instrument, symbol_at_bybit(instrument)
        self.lines: tuple[CandleLine, ...] = ()
        self.heard_at: datetime | None = None
        self._opened_at: datetime | None = None
        self.fetch_fault, self.price_fault, self.left_out = "", "", ""
        self.topics: frozenset[str] = frozenset()
        self._wanted = wanted
        self._candles, self._prices = Candles(), Prices()
        self._quotes, self._trades = Quotes(), Trades(bounds.trades)
        self._top = BookTopic(instrument, QUOTE_DEPTH, bounds.renewal, self._show_quote)
        self._deep = BookTopic(instrument, wanted.book, bounds.renewal, self._show_update)
        self._updates = Updates(bounds.updates, self._deep.whole)
        wanted_books = ((self._top, wanted.quotes), (self._deep, wanted.book))
        self._all_books = [book for book, is_wanted in wanted_books if is_wanted]
        self._books = self._all_books

    def open(self, now: datetime) -> Mapping[str, Take]:
        """Begins the candles with those that are open at `now`; returns what takes each topic."""
        self._opened_at = now
        self.lines = tuple(CandleLine(one, opening(now, one)) for one in self._wanted.candles)
        takes: Mapping[str, Take] = {
            **{
                kline_topic(self.instrument, line.interval): partial(self._kline, line) for line in self.lines
            },
            **({trade_topic(self.instrument): self._trade} if self._wanted.trades else {}),
            **{book.topic: partial(self._book, book) for book in self._all_books},
        }
        self.topics = frozenset(takes)
        return takes

    def begin(self) -> None:
        """A connection is about to be made."""
        for book in self._all_books:
            book.begin()

    def leave_out(self, reasons: Mapping[str, str]) -> None:
        """Takes the reasons by topic for which Bybit has refused it; no book is waited for that will not come."""
        self.left_out = next(iter(reasons.values()), "")
        self._books = [book for book in self._all_books if book.topic not in reasons]

    def renewals(self, now: float) -> list[str]:
        """The topics that are to be subscribed anew."""
        return [book.topic for book in self._books if book.is_due(now)]

    def is_overdue(self, now: float, patience: float) -> bool:
        """Whether a book was not pushed within `patience` seconds."""
        overdue = [book for book in self._books if book.is_overdue(now, patience)]
        return bool(overdue)

    def is_silent(self, since: datetime) -> bool:
        """Whether no push came since then."""
        latest = self.heard_at or self._opened_at
        return latest is not None and latest < since

    def fetched(self, line: CandleLine, hole: Hole, candles: Sequence[Candle], *, later: bool) -> bool:
        """Takes candles that were fetched; returns whether candles are due."""
        due = line.fetched(hole, candles, later=later)
        self._candles.put(due)
        return bool(due)

    def priced(self, at: datetime, price: Decimal | None, fault: str) -> None:
        """Takes a price that was fetched at or after `at`, or why there is none."""
        self.price_fault = fault
        if price is not None:
            known = KnownPrice(instrument=self.instrument, at=at, price=price, source=PriceSource.REST)
            self._prices.put(known)

    def events(self) -> list[MarketEvent]:
        """The events since the last call, by time."""
        lanes = (self._candles, self._trades, self._quotes, self._updates, self._prices)
        return merged([lane.take() for lane in lanes])

    def notes(self) -> list[Unread]:
        """The candles since the last call that are not used, and those that the venue does not have."""
        return candle_notes(self.lines, self.instrument, "Bybit")

    @property
    def dropped(self) -> int:
        return self._quotes.dropped + self._trades.dropped + self._updates.dropped

    @property
    def gaps(self) -> int:
        return sum(book.gaps for book in self._all_books)

    @property
    def refused(self) -> int:
        return sum(book.refused for book in self._all_books)

    @property
    def fault(self) -> str:
        """Why topics are refused, a book is not known, or something cannot be fetched; empty where all is well, and
        where the books of a new connection are awaited.
        """
        return self.left_out or self._book_loss or self.fetch_fault or self.price_fault

    @property
    def book_fault(self) -> str:
        """Why a book is not known; empty where all are."""
        return next((book.book.why for book in self._books if not book.book.is_known), "")

    @property
    def _book_loss(self) -> str:
        return next((one.book.why for one in self._books if not one.book.is_known and not one.is_awaited), "")

    def _kline(self, line: CandleLine, push: Frame, now: datetime, _: float) -> None:
        closed = closed_candles(push, self.instrument, line.interval)
        for candle in closed:
            check_time("its time", candle.close_time, now)
        for candle in closed:
            self._candles.put(line.push(candle))

    def _trade(self, push: Frame, now: datetime, _: float) -> None:
        found = trades(push, self.instrument, self.symbol)
        for trade in found:
            check_time("its time", trade.at, now)
        self._trades.put(found)

    def _book(self, book: BookTopic, push: Frame, _: datetime, seconds: float) -> None:
        book.take(push, seconds)

    def _show_quote(self, _message: Message, _taken: Taken) -> None:
        quote = self._top.quote()
        if quote is not None:
            self._quotes.put(quote)

    def _show_update(self, message: Message, taken: Taken) -> None:
        whole = self._deep.whole() if taken is Taken.REPLACED else None
        self._updates.put(whole or self._deep.update(message))
