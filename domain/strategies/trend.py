"""Trend following: trade in the direction in which the fast average crosses the slow average."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from math import nan
from typing import ClassVar, Self

import numpy as np

from domain.candle import Candle
from domain.direction import Direction
from domain.indicators import Adx, Atr, Cross, Ema, FloatArray, Rsi, adx, atr, crosses, ema, rsi
from domain.strategies import Intent, Proposal
from domain.strategies.about import About
from domain.strategies.levels import levels_around
from domain.strategies.parameters import Parameters, read_parameters
from domain.strategies.proposing import proposed_at
from domain.strategies.scores import trend_of
from domain.strategies.series import series_of
from domain.strategies.trend_parameters import TrendParameters
from domain.strategies.trend_reading import TrendReading, TrendScores

_NAME = "trend"
_TURNED_TO: Mapping[int, Direction] = {1: Direction.LONG, -1: Direction.SHORT}


@dataclass(frozen=True, slots=True)
class TrendFollowing:
    """Proposes at the close where the fast EMA crosses the slow EMA, in the direction of the cross.

    The intent is ENTER if the filters agree (`TrendReading.agrees`). Otherwise it is EXIT, because the cross
    contradicts a position in the opposite direction. Stop and target are `stop_atrs` and `target_atrs` ATRs from the
    close, rounded to 10 places. There is no proposal before every indicator has its first value, in a market that does
    not move, or if stop or target would not be a positive price. `inputs` are the indicators and the four scores of the
    confidence (`TrendScores`).
    """

    about: ClassVar[About] = About(
        formula=(
            "Cross of EMA(fast) and EMA(slow). ENTER if ADX >= adx_minimum, +DI > -DI, RSI < rsi_overbought (a short: "
            "-DI > +DI and RSI > rsi_oversold). Stop and target: close -/+ stop_atrs * ATR and target_atrs * ATR."
        ),
        source=(
            "ADX, DI, RSI and ATR: J. Welles Wilder, New Concepts in Technical Trading Systems (1978). The cross of "
            "averages is in general use; the preset seed has the figures that the project began with."
        ),
        confidence=(
            "0.35 strength + 0.20 decision + 0.15 room + 0.30 agreement; strength = ADX / 30, decision = |fast EMA - "
            "slow EMA| / 0.1 ATR, room = the distance from the RSI to its limit as a share of that from 50, agreement"
            " = (1 + trend) / 2 for a long, (1 - trend) / 2 for a short, where 4 ATRs from the long average are a "
            "trend of 1."
        ),
        loses=(
            "In a market without a trend: averages that cross back and forth enter late and are stopped out. It lost "
            "money after fees on the tapes we tried."
        ),
        presets={"seed": {"fast": 9, "slow": 21, "rsi": 14, "adx": 14, "adx_minimum": 25.0}},
        scores=TrendScores,
        trend=trend_of,
    )
    parameters: TrendParameters = field(default_factory=TrendParameters)

    @classmethod
    def from_parameters(cls, given: Parameters) -> Self:
        """The strategy with these parameters, else defaults. Raises InvalidSettings, which names the parameter."""
        return cls(read_parameters(_NAME, TrendParameters(), given))

    @property
    def name(self) -> str:
        """`trend`."""
        return _NAME

    def warm_up(self, _interval: timedelta) -> int:
        """The least number of candles at the close of which there can be a proposal."""
        given = self.parameters
        return max(given.trend, given.slow + 1, given.rsi + 1, 2 * given.adx, given.atr + 1)

    def watch(self) -> TrendWatcher:
        """A new watcher that has read no candle."""
        return TrendWatcher(self.parameters)

    def scan(self, candles: Sequence[Candle]) -> list[Proposal | None]:
        """The proposals of one pass over one instrument's tape: for each candle what a watcher would return."""
        proposals: list[Proposal | None] = [None] * len(candles)
        series = _series(candles, self.parameters)
        fast, slow = series[:, 1], series[:, 2]
        turns = crosses(fast - slow)
        for bar in np.flatnonzero(turns).tolist():
            reading = TrendReading(*series[bar].tolist())
            proposals[bar] = _propose(candles[bar], _TURNED_TO[int(turns[bar])], reading, self.parameters)
        return proposals


class TrendWatcher:
    """Trend following on one instrument at one interval; it holds the indicators of the candles read so far."""

    __slots__ = ("_adx", "_atr", "_cross", "_fast", "_parameters", "_rsi", "_slow", "_trend")

    def __init__(self, parameters: TrendParameters) -> None:
        self._parameters = parameters
        self._fast, self._slow, self._trend = (
            Ema(period) for period in (parameters.fast, parameters.slow, parameters.trend)
        )
        self._rsi = Rsi(parameters.rsi)
        self._adx = Adx(parameters.adx)
        self._atr = Atr(parameters.atr)
        self._cross = Cross()

    def on_candle(self, candle: Candle) -> Proposal | None:
        """Takes the next closed candle, in time order; returns a proposal where the averages crossed at its close."""
        high, low, close = float(candle.high), float(candle.low), float(candle.close)
        fast, slow = self._fast.update(close), self._slow.update(close)
        self._trend.update(close)
        self._rsi.update(close)
        self._adx.update(high, low, close)
        self._atr.update(high, low, close)
        if fast is None or slow is None:
            return None
        turn = self._cross.update(fast - slow)
        if turn == 0:
            return None
        return _propose(candle, _TURNED_TO[turn], self._reading(close), self._parameters)

    def _reading(self, close: float) -> TrendReading:
        directed = self._adx
        averages = (self._fast.value, self._slow.value, self._trend.value)
        others = (self._rsi.value, directed.value, directed.plus_di, directed.minus_di, self._atr.value)
        return TrendReading(close, *(nan if figure is None else figure for figure in averages + others))


def _series(candles: Sequence[Candle], parameters: TrendParameters) -> FloatArray:
    highs, lows, closes = series_of(candles, "high", "low", "close")
    averages = (ema(closes, period) for period in (parameters.fast, parameters.slow, parameters.trend))
    directed = adx(highs, lows, closes, parameters.adx)
    ranges = atr(highs, lows, closes, parameters.atr)
    momentum = rsi(closes, parameters.rsi)
    return np.column_stack(
        [closes, *averages, momentum, directed.adx, directed.plus_di, directed.minus_di, ranges]
    )


def _propose(
    candle: Candle, direction: Direction, reading: TrendReading, parameters: TrendParameters
) -> Proposal | None:
    if not reading.usable:
        return None
    risk, reward = parameters.stop_atrs * reading.atr, parameters.target_atrs * reading.atr
    levels = levels_around(direction, candle.close, risk, reward)
    if levels is None:
        return None
    scores = reading.scores(direction, parameters)
    return proposed_at(
        candle,
        _NAME,
        direction,
        Intent.ENTER if reading.agrees(direction, parameters) else Intent.EXIT,
        levels,
        confidence=scores.confidence,
        trend=reading.trend,
        inputs=asdict(reading) | asdict(scores),
    )
