"""What scalping reads at one close, and the confidence it gives."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from domain.direction import Direction
from domain.strategies.scalping_parameters import ScalpingParameters
from domain.strategies.scores import unit

# The figures at which a score reaches its end. A slow average that moves by a twentieth of an ATR a bar is steep. A
# close more than one ATR beyond the VWAP is far from it.
_FULL_SLOPE_ATRS = 0.05
_FAR_ATRS = 1.0


@dataclass(frozen=True, slots=True)
class ScalpingReading:
    """The figures at one close: prices, averages and ATR in quote currency, RSI 0..100, `session_bar` from 1.

    `lowest` and `highest` are the extremes of the last `pullback_bars` bars, `slow_before` is the slow average one bar
    ago.
    """

    close: float
    fast_ema: float
    slow_ema: float
    slow_before: float
    vwap: float
    lowest: float
    highest: float
    rsi: float
    atr: float
    session_bar: float

    @property
    def usable(self) -> bool:
        """Whether every figure is known and the market moves."""
        return self.atr > 0.0 and isfinite(self.slow_before + self.vwap + self.rsi)

    @property
    def trend(self) -> float:
        """The trend, -1..1: how far the fast average is above the slow one, where 1 ATR is 1."""
        return max(-1.0, min(1.0, (self.fast_ema - self.slow_ema) / self.atr))

    def enters(self, direction: Direction, parameters: ScalpingParameters) -> bool:
        """Whether averages, session, pull-back and RSI allow an entry in this direction."""
        near = parameters.pullback_atrs * self.atr
        if direction is Direction.LONG:
            rising = self.fast_ema > self.slow_ema > self.slow_before
            returned = self.close > self.vwap and self.lowest <= self.vwap + near
            calm = 50.0 < self.rsi < parameters.rsi_overbought
        else:
            rising = self.fast_ema < self.slow_ema < self.slow_before
            returned = self.close < self.vwap and self.highest >= self.vwap - near
            calm = parameters.rsi_oversold < self.rsi < 50.0
        return self.session_bar >= parameters.session_bars and rising and returned and calm

    def scores(self, direction: Direction, parameters: ScalpingParameters) -> ScalpingScores:
        """The three scores of a proposal in this direction."""
        toward = 1.0 if direction is Direction.LONG else -1.0
        limit = parameters.rsi_overbought if direction is Direction.LONG else parameters.rsi_oversold
        return ScalpingScores(
            slope=unit(toward * (self.slow_ema - self.slow_before) / (_FULL_SLOPE_ATRS * self.atr)),
            room=unit((limit - self.rsi) / (limit - 50.0)),
            nearness=unit(1.0 - abs(self.close - self.vwap) / (_FAR_ATRS * self.atr)),
        )


@dataclass(frozen=True, slots=True)
class ScalpingScores:
    """The scores of a proposal, each 0..1.

    slope     the move of the slow average in this direction since the last bar / 0.05 ATR
    room      the distance from the RSI to its limit, as a share of the distance from 50 to that limit
    nearness  1 - |close - VWAP| / ATR
    """

    slope: float
    room: float
    nearness: float

    @property
    def confidence(self) -> float:
        """0.4 slope + 0.3 room + 0.3 nearness, 0..1. The weights are our own; the result is not a probability."""
        return unit(0.4 * self.slope + 0.3 * self.room + 0.3 * self.nearness)
