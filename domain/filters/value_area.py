"""The figures of the filter `value_area`: the prices at which most was traded in the last candles."""

from __future__ import annotations

from collections.abc import Mapping

from domain.candle import Candle
from domain.indicators import VolumeProfile

_ROWS = 1024
_SHARE = 0.7


class ValueAreaFigures:
    """The point of control and the bounds of the value area of the last `candles` closed candles, in quote currency.

    The area has 70 % of the volume, as in Steidlmayer's Market Profile; a row is between 0.05 % and 0.1 % of the price.
    """

    __slots__ = ("_profile",)

    def __init__(self, candles: int) -> None:
        self._profile = VolumeProfile(candles, _ROWS, _SHARE)

    def take(self, candle: Candle) -> None:
        """Takes the next closed candle."""
        self._profile.update(float(candle.high), float(candle.low), float(candle.volume))

    def figures(self, candle: Candle) -> Mapping[str, float]:
        """The figures at the close of this candle, the last one taken; none before there are so many candles."""
        area = self._profile.value_area()
        if area is None:
            return {}
        return {"filter.poc": area.poc, "filter.value_low": area.low, "filter.value_high": area.high}
