"""The figures of the limit on correlated positions: how alike instruments move from hour to hour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from math import log

from domain.candle import Candle
from domain.coarser import CoarserCandles
from domain.filters.returns import Returns
from domain.limits.settings import MOST_HOURS

PREFIX = "hourly_correlation."
"""What stands before an instrument in the name of a figure."""

_HOUR = timedelta(hours=1)


class HourlyReturns:
    """The closes of the last hours of every instrument of the market.

    Candles of a market whose interval is not a part of an hour are not read: its instruments have no figures.
    """

    __slots__ = ("_hours", "_returns")

    def __init__(self) -> None:
        self._returns = Returns(MOST_HOURS, PREFIX, lambda close, before: log(close / before))
        self._hours: dict[str, CoarserCandles] = {}

    def take(self, candle: Candle) -> None:
        """Takes the next closed candle of its instrument."""
        if _HOUR % candle.interval:
            return
        hours = self._hours.get(candle.instrument)
        if hours is None:
            hours = self._hours[candle.instrument] = CoarserCandles(_HOUR)
        for hour in hours.take(candle):
            self._returns.take(hour)

    def figures(self, instrument: str, others: Iterable[str], hours: int) -> Mapping[str, float]:
        """The correlation of the instrument's hourly log returns with those of each other one.

        They are named `hourly_correlation.<instrument>`, and are of the last `hours` closed hours that both instruments
        have. There is no figure where they have fewer in common, and where one of the two prices has not moved.
        """
        return self._returns.figures(instrument, others, hours)
