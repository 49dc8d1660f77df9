"""Follows the stored candles of an instrument as they are added."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from adapters.candle_store.book import CandleBook
from adapters.candle_store.page import source_of
from domain.candle import Candle
from domain.coarser import CoarserCandles, begin_of

_MOST = 1_000


class FollowedCandles:
    """The candles of an interval that close after this was made. Those of an interval that is not stored are built."""

    def __init__(self, book: CandleBook, instrument: str, interval: timedelta) -> None:
        """Raises InvalidInput where the interval is neither stored nor can be built, and the store's errors."""
        self._book, self._instrument = book, instrument
        self._finer = source_of(book, instrument, interval)
        [last] = book.latest(instrument, self._finer, 1)
        self._builder = CoarserCandles(interval, begin_of(last.open_time, interval) - interval)
        begun = book.later(
            instrument, self._finer, begin_of(last.open_time, interval), interval // self._finer
        )
        for candle in begun:
            self._builder.take(candle)
        self._next = last.close_time

    def new(self) -> Iterator[tuple[Candle, bool]]:
        """The candles since the last call, each with whether it is closed: a coarser one also comes while it forms."""
        found = self._book.later(self._instrument, self._finer, self._next, _MOST)
        for candle in found:
            self._next = candle.close_time
            for closed in self._builder.take(candle):
                yield closed, True
        if found and (forming := self._builder.forming) is not None:
            yield forming, False
