"""The indicators that trend following reads at one close, and the confidence they give."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from domain.direction import Direction
from domain.strategies.scores import agreement, sign_of, trend_of, unit
from domain.strategies.trend_parameters import TrendParameters

# The figures at which a score reaches 1. An ADX of 30 is a strong trend. Two averages are close together where they
# cross, so a distance of a tenth of an ATR is a clear cross.
_FULL_ADX = 30.0
_FULL_SPREAD_ATRS = 0.1


@dataclass(frozen=True, slots=True)
class TrendReading:
    """The indicators at one close: prices, averages and ATR in quote currency, the others 0..100."""

    close: float
    fast_ema: float
    slow_ema: float
    trend_ema: float
    rsi: float
    adx: float
    plus_di: float
    minus_di: float
    atr: float

    @property
    def usable(self) -> bool:
        """Whether every figure is known and the market moves."""
        return self.atr > 0.0 and isfinite(
            self.fast_ema
            + self.slow_ema
            + self.trend_ema
            + self.rsi
            + self.adx
            + self.plus_di
            + self.minus_di
        )

    @property
    def trend(self) -> float:
        """The long trend, -1..1: how far the close is above the long average, where 4 ATRs are 1."""
        return trend_of(self.close, self.trend_ema, self.atr)

    def agrees(self, direction: Direction, parameters: TrendParameters) -> bool:
        """Whether the ADX is strong enough and in this direction, and the RSI is within its limit."""
        pointing = (self.plus_di - self.minus_di) * sign_of(direction)
        return (
            self.adx >= parameters.adx_minimum and pointing > 0.0 and self._room(direction, parameters) > 0.0
        )

    def scores(self, direction: Direction, parameters: TrendParameters) -> TrendScores:
        """The four scores of an entry in this direction."""
        return TrendScores(
            strength=unit(self.adx / _FULL_ADX),
            decision=unit(abs(self.fast_ema - self.slow_ema) / (_FULL_SPREAD_ATRS * self.atr)),
            room=unit(self._room(direction, parameters)),
            agreement=agreement(direction, self.trend),
        )

    def _room(self, direction: Direction, parameters: TrendParameters) -> float:
        if direction is Direction.LONG:
            return (parameters.rsi_overbought - self.rsi) / (parameters.rsi_overbought - 50.0)
        return (self.rsi - parameters.rsi_oversold) / (50.0 - parameters.rsi_oversold)


@dataclass(frozen=True, slots=True)
class TrendScores:
    """The scores of an entry, each 0..1.

    strength   ADX / 30
    decision   |fast EMA - slow EMA| / 0.1 ATR
    room       the distance from the RSI to its limit, as a share of the distance from 50 to that limit
    agreement  (1 + trend) / 2 for a long, (1 - trend) / 2 for a short
    """

    strength: float
    decision: float
    room: float
    agreement: float

    @property
    def confidence(self) -> float:
        """0.35 strength + 0.20 decision + 0.15 room + 0.30 agreement, 0..1.

        The weights are our own; the result is not a probability. The scales were set on Bybit's five-minute candles of
        BTCUSDT, ETHUSDT and SOLUSDT, April to July 2025, so that about a third of the entries reach 0.65, the threshold
        of the normal tier. On those tapes the confidence does not predict how an entry ends.
        """
        weighed = 0.35 * self.strength + 0.20 * self.decision + 0.15 * self.room + 0.30 * self.agreement
        return unit(weighed)
