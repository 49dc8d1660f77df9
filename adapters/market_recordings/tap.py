"""What a feed passes to a recording: each message as a row, with the time at which it arrived."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from adapters.market_recordings.row import (
    BookRow,
    CandleRow,
    MarketRow,
    Notice,
    NoticeRow,
    QuoteRow,
    TradeRow,
)
from domain.book.frame import BookFrame, Row


class CandleTexts(NamedTuple):
    """The figures of a candle in the texts of the exchange; `volume` in base currency."""

    open: str
    high: str
    low: str
    close: str
    volume: str


class MarketTap:
    """`take` gets each row. `now_ns` returns the time of this machine's clock in nanoseconds since 1970."""

    def __init__(self, take: Callable[[MarketRow], None], now_ns: Callable[[], int] = time.time_ns) -> None:
        self._take, self._now_ns = take, now_ns

    def book(self, instrument: str, depth: int, frame: BookFrame) -> None:
        """A message of the book, also one that the book refuses."""
        self._take(BookRow(arrived_ns=self._now_ns(), instrument=instrument, depth=depth, frame=frame))

    def trade(
        self, instrument: str, number: str, price: str, size: str, *, is_buy: bool, matched_ms: int
    ) -> None:
        """A trade of the market; `number` is the id that the exchange gave it."""
        self._take(
            TradeRow(
                arrived_ns=self._now_ns(),
                instrument=instrument,
                id=number,
                price=price,
                size=size,
                is_buy=is_buy,
                matched_ms=matched_ms,
            )
        )

    def quote(self, instrument: str, update: int, matched_ms: int, bid: Row, ask: Row) -> None:
        """The best prices, with their sizes."""
        self._take(
            QuoteRow(
                arrived_ns=self._now_ns(),
                instrument=instrument,
                update=update,
                matched_ms=matched_ms,
                bid=bid[0],
                bid_size=bid[1],
                ask=ask[0],
                ask_size=ask[1],
            )
        )

    def candle(
        self, instrument: str, seconds: int, opened_ms: int, texts: CandleTexts, *, is_closed: bool
    ) -> None:
        """A candle as it stands."""
        self._take(
            CandleRow(
                arrived_ns=self._now_ns(),
                instrument=instrument,
                seconds=seconds,
                opened_ms=opened_ms,
                **texts._asdict(),
                is_closed=is_closed,
            )
        )

    def notice(self, instrument: str, notice: Notice, detail: str = "") -> None:
        """What interrupts the messages of the instrument."""
        self._take(NoticeRow(arrived_ns=self._now_ns(), instrument=instrument, notice=notice, detail=detail))
