"""What breakout reads where a level breaks, and the confidence it gives."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from domain.direction import Direction
from domain.strategies.breakout_parameters import BreakoutParameters
from domain.strategies.scores import agreement, trend_of, unit

# The figures at which a score reaches 1: six touches, three times the average volume, a close one ATR beyond the level.
_FULL_TOUCHES = 6.0
_FULL_VOLUME = 3.0
_FULL_DEPTH_ATRS = 1.0


@dataclass(frozen=True, slots=True)
class BreakoutReading:
    """The figures at the close that broke a level: prices and ATR in quote currency, volumes in base currency.

    `volume_average` is the mean of the `volume_bars` candles before this one.
    """

    close: float
    level: float
    touches: float
    volume: float
    volume_average: float
    atr: float
    trend_ema: float

    @property
    def usable(self) -> bool:
        """Whether every figure is known and the market moves."""
        return self.atr > 0.0 and isfinite(self.trend_ema + self.volume_average)

    @property
    def trend(self) -> float:
        """The longer trend (`trend_of`)."""
        return trend_of(self.close, self.trend_ema, self.atr)

    def agrees(self, parameters: BreakoutParameters) -> bool:
        """Whether the volume is large enough, and there is any."""
        return self.volume > 0.0 and self.volume >= parameters.volume * self.volume_average

    def scores(self, direction: Direction) -> BreakoutScores:
        """The scores of an entry in this direction."""
        average = self.volume_average
        return BreakoutScores(
            touched=unit(self.touches / _FULL_TOUCHES),
            traded=unit(self.volume / (_FULL_VOLUME * average)) if average else 0.0,
            depth=unit(abs(self.close - self.level) / (_FULL_DEPTH_ATRS * self.atr)),
            agreement=agreement(direction, self.trend),
        )


@dataclass(frozen=True, slots=True)
class BreakoutScores:
    """The scores of an entry, each 0..1.

    touched    touches / 6
    traded     volume / average volume / 3
    depth      |close - level| / ATR
    agreement  (1 + trend) / 2 for a long, (1 - trend) / 2 for a short
    """

    touched: float
    traded: float
    depth: float
    agreement: float

    @property
    def confidence(self) -> float:
        """0.2 touched + 0.3 traded + 0.2 depth + 0.3 agreement, 0..1. The weights are our own; it is no probability."""
        return unit(0.2 * self.touched + 0.3 * self.traded + 0.2 * self.depth + 0.3 * self.agreement)
