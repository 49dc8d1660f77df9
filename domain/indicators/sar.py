"""The Parabolic SAR: a stop that follows the price and turns round where it is touched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.indicators.series import FloatArray


class Sar:
    """Wilder's Parabolic SAR ("stop and reverse"), in the unit of the prices.

    While the side is up, the SAR rises each bar by acceleration * (highest high since the turn - SAR), but not above
    the lows of the last two bars. The acceleration begins at `start` and grows by `step` with each new high, up to
    `maximum`. A low that reaches the SAR turns the side: the SAR becomes the highest high since the last turn, or a
    higher high of the last two bars. Down is the mirror image. The first value is that of the second bar. The first
    side is down if the second bar's low fell, and fell further than its high rose; else it is up, as in TA-Lib.

    Source: J. Welles Wilder (1978), with 0.02, 0.02 and 0.2. ValueError unless 0 < start <= maximum < 1 and step >= 0.
    """

    __slots__ = (
        "_acceleration",
        "_bar",
        "_extreme",
        "_maximum",
        "_sar",
        "_start",
        "_step",
        "side",
        "turned",
        "value",
    )

    def __init__(self, start: float = 0.02, step: float = 0.02, maximum: float = 0.2) -> None:
        if not (0.0 < start <= maximum < 1.0 and step >= 0.0):
            raise ValueError(
                "a SAR's acceleration needs 0 < start <= maximum < 1 and step >= 0,"
                f" not start {start}, step {step} and maximum {maximum}"
            )
        self._start, self._step, self._maximum = start, step, maximum
        self._acceleration = start
        self._bar: tuple[float, float] | None = None
        # While the side is down, these two have the opposite sign, so that one rule serves both sides.
        self._sar = self._extreme = 0.0
        self.side = 0
        self.turned = False
        self.value: float | None = None

    def update(self, high: float, low: float) -> float | None:
        """Takes the next bar; returns the SAR in force on it, None on the first bar.

        `side` is +1 while the SAR is below the price, -1 while it is above, 0 on the first bar. `turned` states whether
        this bar turned it.
        """
        before, self._bar = self._bar, (high, low)
        if before is None:
            return None
        if self.side == 0:
            before = self._begin(before, high, low)
        if self.side > 0:
            return self._follow(low, high, before[1], before[0])
        return self._follow(-high, -low, -before[0], -before[1])

    def _begin(self, first: tuple[float, float], high: float, low: float) -> tuple[float, float]:
        fall, rise = first[1] - low, high - first[0]
        self.side = -1 if fall > 0.0 and fall > rise else 1
        self._sar, self._extreme = (first[1], high) if self.side > 0 else (-first[0], -low)
        return high, low  # TA-Lib takes the second bar for the bar before it, too

    def _follow(self, near: float, far: float, near_before: float, far_before: float) -> float:
        value = self._sar
        self.turned = near <= value
        if self.turned:
            near, far, near_before = -far, -near, -far_before
            value = min(-self._extreme, near_before, near)
            self.side = -self.side
            self._extreme, self._acceleration = far, self._start
        elif far > self._extreme:
            self._extreme = far
            self._acceleration = min(self._acceleration + self._step, self._maximum)
        moved = value + self._acceleration * (self._extreme - value)
        self._sar = min(moved, near_before, near)
        self.value = self.side * value
        return self.value


@dataclass(frozen=True, slots=True)
class SarSeries:
    """The SAR of a whole tape: values, sides (+1, -1, 0 on the first bar) and turns, each of shape (n,)."""

    values: FloatArray
    sides: NDArray[np.int8]
    turned: NDArray[np.bool_]


def sar(
    highs: FloatArray, lows: FloatArray, start: float = 0.02, step: float = 0.02, maximum: float = 0.2
) -> SarSeries:
    """One pass of `Sar` over prices of shape (n,) each."""
    stream = Sar(start, step, maximum)
    series = SarSeries(
        np.full(len(highs), np.nan), np.zeros(len(highs), np.int8), np.zeros(len(highs), np.bool_)
    )
    for bar, (high, low) in enumerate(zip(highs.tolist(), lows.tolist(), strict=True)):
        value = stream.update(high, low)
        if value is not None:
            series.values[bar], series.sides[bar], series.turned[bar] = value, stream.side, stream.turned
    return series
