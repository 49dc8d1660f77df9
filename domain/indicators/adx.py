"""The average directional index: how strong a trend is, up or down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from domain.indicators.directional import DirectionalMovement, directional_movement
from domain.indicators.series import FloatArray, ending
from domain.indicators.wilder import WilderMean, wilder_mean


class Adx:
    """Wilder's ADX, 0..100: the Wilder mean of 100 * |+DI - -DI| / (+DI + -DI), a quotient that is 0 if both are 0.

    `plus_di` and `minus_di` come from bar `period + 1` on, `value` from bar `2 * period` on. Source: Wilder (1978).
    ValueError for a period below 2.
    """

    __slots__ = ("_mean", "_movement", "value")

    def __init__(self, period: int) -> None:
        self._movement = DirectionalMovement(period)
        self._mean = WilderMean(period)
        self.value: float | None = None

    @property
    def plus_di(self) -> float | None:
        """+DI of the last bar, 0..100."""
        return self._movement.plus

    @property
    def minus_di(self) -> float | None:
        """-DI of the last bar, 0..100."""
        return self._movement.minus

    def update(self, high: float, low: float, close: float) -> float | None:
        """Takes the next bar; returns the index, None before bar `2 * period`."""
        movement = self._movement
        movement.update(high, low, close)
        plus, minus = movement.plus, movement.minus
        if plus is None or minus is None:
            return None
        both = plus + minus
        self.value = value = self._mean.update(100.0 * (abs(minus - plus) / both) if both else 0.0)
        return value


@dataclass(frozen=True, slots=True)
class DirectionalSeries:
    """+DI, -DI and ADX of a whole tape: three series of shape (n,), each 0..100."""

    plus_di: FloatArray
    minus_di: FloatArray
    adx: FloatArray


def adx(highs: FloatArray, lows: FloatArray, closes: FloatArray, period: int) -> DirectionalSeries:
    """One pass of `Adx` over prices of shape (n,) each."""
    plus, minus = directional_movement(highs, lows, closes, period)
    known = slice(period, None)
    strength = wilder_mean(_directedness(plus[known], minus[known]), period)
    return DirectionalSeries(plus, minus, ending(strength, len(closes)))


def _directedness(plus: FloatArray, minus: FloatArray) -> FloatArray:
    both = plus + minus
    return 100.0 * np.divide(np.abs(minus - plus), both, out=np.zeros_like(both), where=both != 0.0)
