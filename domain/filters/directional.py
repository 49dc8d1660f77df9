"""The figures of the filter `adx`: how strong the trend of the instance's candles is, and where it points."""

from __future__ import annotations

from collections.abc import Mapping

from domain.candle import Candle
from domain.indicators import Adx


class DirectionalFigures:
    """ADX, +DI and -DI, each 0..100, of an instance's closed candles."""

    __slots__ = ("_adx",)

    def __init__(self, period: int) -> None:
        self._adx = Adx(period)

    def take(self, candle: Candle) -> None:
        """Takes the next closed candle."""
        self._adx.update(float(candle.high), float(candle.low), float(candle.close))

    def figures(self, candle: Candle) -> Mapping[str, float]:
        """The figures at the close of this candle, the last one taken; none before the ADX has its first value."""
        adx = self._adx
        if adx.value is None or adx.plus_di is None or adx.minus_di is None:
            return {}
        return {"filter.adx": adx.value, "filter.plus_di": adx.plus_di, "filter.minus_di": adx.minus_di}
