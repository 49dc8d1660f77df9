"""What SuperTrend reads where its side turns, and the confidence it gives."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from domain.direction import Direction
from domain.strategies.scores import agreement, trend_of, unit

# The figures at which a score reaches 1: a close half an ATR beyond the band, and a side that has held for 40 bars.
_FULL_DEPTH_ATRS = 0.5
_FULL_RUN = 40.0


@dataclass(frozen=True, slots=True)
class SupertrendReading:
    """The figures at the close that turned the side, in quote currency; `run` is the bars that the side before held.

    `line` is the new line, `broken` the band that the close passed, `trend_ema` the long average.
    """

    run: float
    close: float
    line: float
    broken: float
    atr: float
    trend_ema: float

    @property
    def usable(self) -> bool:
        """Whether every figure is known and the market moves."""
        return self.atr > 0.0 and isfinite(self.trend_ema)

    @property
    def trend(self) -> float:
        """The longer trend (`trend_of`)."""
        return trend_of(self.close, self.trend_ema, self.atr)

    def scores(self, direction: Direction) -> SupertrendScores:
        """The scores of an entry in this direction."""
        return SupertrendScores(
            depth=unit(abs(self.close - self.broken) / (_FULL_DEPTH_ATRS * self.atr)),
            calm=unit(self.run / _FULL_RUN),
            agreement=agreement(direction, self.trend),
        )


@dataclass(frozen=True, slots=True)
class SupertrendScores:
    """The scores of an entry, each 0..1.

    depth      |close - broken band| / 0.5 ATR
    calm       bars since the turn before / 40: after quick turns to and fro it is small
    agreement  (1 + trend) / 2 for a long, (1 - trend) / 2 for a short
    """

    depth: float
    calm: float
    agreement: float

    @property
    def confidence(self) -> float:
        """0.4 depth + 0.2 calm + 0.4 agreement, 0..1. The weights are our own; the result is not a probability."""
        return unit(0.4 * self.depth + 0.2 * self.calm + 0.4 * self.agreement)
