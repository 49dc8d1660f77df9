"""What mean reversion reads at one close, and the confidence it gives."""

from __future__ import annotations

from dataclasses import dataclass

from domain.strategies.scores import unit

# The figures at which a score reaches 1: a stretch of 4 deviations (20 closes allow 4.36), and a reward of twice the
# risk. A close 8 deviations from the long average is in a full trend.
_FULL_STRETCH = 4.0
_FULL_REWARD = 2.0
_FULL_TREND_DEVIATIONS = 8.0


@dataclass(frozen=True, slots=True)
class MeanReversionReading:
    """The figures at one close: prices, mean, deviation and long average in quote currency.

    `width` are the bands' width as a fraction of the mean, `stretch` the greatest distance of a close from the mean
    since the stretch began, in deviations, and `extreme` the lowest low or highest high since then; both are 0 at an
    EXIT.
    """

    close: float
    middle: float
    deviation: float
    width: float
    trend_ema: float
    stretch: float
    extreme: float

    @property
    def z_score(self) -> float:
        """The distance of the close from the mean, in deviations."""
        return (self.close - self.middle) / self.deviation

    @property
    def trend(self) -> float:
        """The longer trend, -1..1: how far the close is above the long average, where 8 deviations are 1."""
        return max(-1.0, min(1.0, (self.close - self.trend_ema) / (_FULL_TREND_DEVIATIONS * self.deviation)))

    def scores(self, stop: float) -> MeanReversionScores:
        """The scores of an entry with this stop and the mean as its target."""
        risk = abs(self.close - stop)
        return MeanReversionScores(
            stretched=unit(self.stretch / _FULL_STRETCH),
            reward=unit(abs(self.middle - self.close) / (_FULL_REWARD * risk)) if risk else 0.0,
            flatness=1.0 - abs(self.trend),
        )


@dataclass(frozen=True, slots=True)
class MeanReversionScores:
    """The scores of an entry, each 0..1.

    stretched  the greatest |z-score| of the stretch / 4
    reward     |mean - close| / |close - stop| / 2
    flatness   1 - |trend|
    """

    stretched: float
    reward: float
    flatness: float

    @property
    def confidence(self) -> float:
        """0.4 stretched + 0.3 reward + 0.3 flatness, 0..1. The weights are our own; the result is no probability."""
        return unit(0.4 * self.stretched + 0.3 * self.reward + 0.3 * self.flatness)
