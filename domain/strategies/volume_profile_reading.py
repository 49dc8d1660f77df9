"""What the volume profile reads at one close, and the confidence it gives."""

from __future__ import annotations

from dataclasses import dataclass

from domain.direction import Direction
from domain.strategies.scores import agreement, trend_of, unit

# The figures at which a score reaches 1: one ATR beyond the edge, twice the mean volume, a reward of twice the risk.
_FULL_DEPTH_ATRS = 1.0
_FULL_VOLUME = 2.0
_FULL_REWARD = 2.0


@dataclass(frozen=True, slots=True)
class VolumeProfileReading:
    """The figures at one close: prices and ATR in quote currency, volumes in base currency.

    `poc`, `value_low` and `value_high` are those of the candles before this one, `volume_average` is their mean volume.
    `closes_outside` is how many closes in a row are beyond the value area, this one included: 0 at a rejection or EXIT.
    """

    close: float
    high: float
    low: float
    poc: float
    value_low: float
    value_high: float
    closes_outside: float
    volume: float
    volume_average: float
    atr: float
    trend_ema: float

    @property
    def trend(self) -> float:
        """The longer trend (`trend_of`)."""
        return trend_of(self.close, self.trend_ema, self.atr)

    def scores(self, direction: Direction, stop: float, target: float) -> VolumeProfileScores:
        """The scores of an entry in this direction, with these levels."""
        risk = abs(self.close - stop)
        return VolumeProfileScores(
            depth=unit(self._depth(direction) / (_FULL_DEPTH_ATRS * self.atr)),
            traded=unit(self.volume / (_FULL_VOLUME * self.volume_average)),
            reward=unit(abs(target - self.close) / (_FULL_REWARD * risk)) if risk else 0.0,
            agreement=agreement(direction, self.trend),
        )

    def _depth(self, direction: Direction) -> float:
        """How far the close (of a rejection: the candle) went beyond the edge."""
        if self.closes_outside:
            return max(self.close - self.value_high, self.value_low - self.close)
        return self.value_low - self.low if direction is Direction.LONG else self.high - self.value_high


@dataclass(frozen=True, slots=True)
class VolumeProfileScores:
    """The scores of an entry, each 0..1.

    depth      how far the close, or at a rejection the candle, went beyond the edge of the value area / ATR
    traded     volume / mean volume of the profile / 2
    reward     |target - close| / |close - stop| / 2
    agreement  (1 + trend) / 2 for a long, (1 - trend) / 2 for a short
    """

    depth: float
    traded: float
    reward: float
    agreement: float

    @property
    def confidence(self) -> float:
        """0.3 depth + 0.2 traded + 0.3 reward + 0.2 agreement, 0..1. The weights are our own; it is no probability."""
        return unit(0.3 * self.depth + 0.2 * self.traded + 0.3 * self.reward + 0.2 * self.agreement)
