"""The figures of the filter `timeframe`: where the average of coarser candles moves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from domain.candle import Candle
from domain.coarser import CoarserCandles
from domain.indicators import Ema


class TimeframeFigures:
    """The EMA of the closes of coarser candles, and its value one coarser candle before, in quote currency.

    Only a coarser candle that has closed is read: at the close of a finer candle in its middle, the figures are those
    of the coarser candle before. After a gap the coarser candle closes with the next finer one that is seen.
    """

    __slots__ = ("_before", "_coarser", "_ema")

    def __init__(self, interval: timedelta, period: int) -> None:
        self._coarser = CoarserCandles(interval)
        self._ema = Ema(period)
        self._before: float | None = None

    def take(self, candle: Candle) -> None:
        """Takes the next closed candle of the instance."""
        for coarser in self._coarser.take(candle):
            self._before = self._ema.value
            self._ema.update(float(coarser.close))

    def figures(self, candle: Candle) -> Mapping[str, float]:
        """The figures at the close of this candle, the last one taken; none before the average has two values."""
        if self._before is None or self._ema.value is None:
            return {}
        return {"filter.timeframe_ema": self._ema.value, "filter.timeframe_ema_before": self._before}
