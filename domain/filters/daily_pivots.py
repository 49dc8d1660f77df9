"""The figures of the filter `pivots`: the classic pivots of the last closed UTC day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from domain.candle import Candle
from domain.coarser import CoarserCandles
from domain.indicators import Pivots, classic_pivots

_DAY = timedelta(days=1)


class PivotFigures:
    """The classic pivots of the UTC day before the one that a candle begins in, in quote currency.

    The candle that ends a day belongs to that day. There are no figures without a whole day before: a day that was not
    seen from its beginning, as after a gap over midnight, has no pivots, and those of an older day do not count.
    """

    __slots__ = ("_begun", "_day", "_days", "_pivots")

    def __init__(self) -> None:
        self._days = CoarserCandles(_DAY)
        self._day: Candle | None = None
        self._pivots: Pivots | None = None
        self._begun: datetime | None = None
        """The last candle's opening that was a midnight: that day was seen from its beginning."""

    def take(self, candle: Candle) -> None:
        """Takes the next closed candle of the instance."""
        for day in self._days.take(candle):
            is_whole = day.open_time in (self._begun, candle.open_time)
            self._day = day if is_whole else None
            self._pivots = classic_pivots(float(day.high), float(day.low), float(day.close))
        if candle.open_time == _midnight_of(candle.open_time):
            self._begun = candle.open_time

    def figures(self, candle: Candle) -> Mapping[str, float]:
        """The figures at the close of this candle, the last one taken; none where the day before is not known.

        At the close of the last candle of a day, that day has closed and is the day before.
        """
        day, pivots = self._day, self._pivots
        if day is None or pivots is None or day.close_time != _midnight_of(candle.close_time):
            return {}
        return {
            "filter.pivot": pivots.pivot,
            "filter.resistance_1": pivots.resistance_1,
            "filter.resistance_2": pivots.resistance_2,
            "filter.support_1": pivots.support_1,
            "filter.support_2": pivots.support_2,
        }


def _midnight_of(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
