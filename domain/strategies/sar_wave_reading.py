"""What the SAR wave reads at one close: the SAR, how flat the market is, and the count of waves in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from domain.strategies.sar_wave_parameters import SarWaveParameters
from domain.waves import WaveCount

_FULL_ADX = 50.0


@dataclass(frozen=True, slots=True)
class SarWaveReading:
    """The figures at one close: close and SAR in quote currency, ADX and DI 0..100, efficiency 0..1.

    `side` is +1 while the SAR is below the price, -1 while it is above. `count` is None where no count is in force.
    """

    close: float
    sar: float
    side: int
    adx: float
    plus_di: float
    minus_di: float
    efficiency: float
    count: WaveCount | None

    @property
    def usable(self) -> bool:
        """Whether every figure is known."""
        return isfinite(self.sar + self.adx + self.efficiency)

    @property
    def flat(self) -> float:
        """How flat the market is, 0..1: 0.5 * (1 - ADX / 50, at least 0) + 0.5 * (1 - efficiency ratio).

        The formula is our own: an ADX of 25, Wilder's border of a trend, with an efficiency ratio of 0.3 gives 0.6.
        """
        return 0.5 * max(0.0, 1.0 - self.adx / _FULL_ADX) + 0.5 * (1.0 - self.efficiency)

    @property
    def trend(self) -> float:
        """The trend, -1..1: (+DI - -DI) / (+DI + -DI), 0 if both are 0."""
        both = self.plus_di + self.minus_di
        return (self.plus_di - self.minus_di) / both if both else 0.0

    @property
    def agreeing(self) -> WaveCount | None:
        """The count in force, if it expects a move to the side of the SAR."""
        return self.count if self.count is not None and self.count.expected == self.side else None

    @property
    def confidence(self) -> float:
        """0.7 * the confidence of the agreeing count (0 without one) + 0.3 * flat, 0..1.

        The weights are our own; the result is not a probability.
        """
        agreeing = self.agreeing
        return 0.7 * (agreeing.confidence if agreeing is not None else 0.0) + 0.3 * self.flat

    def target(self, parameters: SarWaveParameters) -> float | None:
        """The target of an entry at this close, None where the rules allow no entry.

        It is the agreeing count's target. The count must be confident enough, the market flat enough, and the
        way to the target at least `reward_to_risk` times the way to the SAR.
        """
        count = self.agreeing
        if count is None or count.confidence < parameters.wave_minimum or self.flat < parameters.flat_minimum:
            return None
        risk, reward = self.side * (self.close - self.sar), self.side * (count.target - self.close)
        return count.target if risk > 0.0 and reward >= parameters.reward_to_risk * risk else None

    def mirrored(self, parameters: SarWaveParameters) -> float:
        """The target of an exit: `reward_to_risk` times the distance of the SAR from the close, on the other side."""
        return self.close + parameters.reward_to_risk * (self.close - self.sar)

    @property
    def inputs(self) -> Mapping[str, float]:
        """The figures by name; with a count also its waves, confidence and points, the oldest first."""
        figures = {
            "close": self.close,
            "sar": self.sar,
            "adx": self.adx,
            "plus_di": self.plus_di,
            "minus_di": self.minus_di,
            "efficiency": self.efficiency,
            "flat": self.flat,
        }
        if self.count is None:
            return figures
        points = {f"point_{number}": price for number, price in enumerate(self.count.points)}
        return figures | {"waves": float(self.count.waves), "wave_confidence": self.count.confidence} | points
