"""Trend following: trade in the direction in which the fast average crosses the slow average."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from math import nan
from typing import Self

import numpy as np

from domain.arithmetic import EXACT
from domain.candle import Candle
from domain.direction import Direction
from domain.indicators import Adx, Atr, Cross, Ema, FloatArray, Rsi, adx, atr, crosses, ema, rsi
from domain.strategies import Intent, Proposal
from domain.strategies.parameters import Parameters, read_parameters
from domain.strategies.trend_parameters import TrendParameters
from domain.strategies.trend_reading import TrendReading

_NAME = "trend"
_TEN_PLACES = Decimal("1e-10")
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

    parameters: TrendParameters = field(default_factory=TrendParameters)

    @classmethod
    def from_parameters(cls, given: Parameters) -> Self:
        """The strategy with these parameters, else defaults. Raises InvalidSettings, which names the parameter."""
        return cls(read_parameters(_NAME, TrendParameters(), given))

    @property
    def name(self) -> str:
        """`trend`."""
        return _NAME

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
    highs = np.array([float(candle.high) for candle in candles], np.float64)
    lows = np.array([float(candle.low) for candle in candles], np.float64)
    closes = np.array([float(candle.close) for candle in candles], np.float64)
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
    levels = _levels(candle.close, direction, reading.atr, parameters) if reading.usable else None
    if levels is None:
        return None
    stop, target = levels
    scores = reading.scores(direction, parameters)
    return Proposal(
        strategy=_NAME,
        instrument=candle.instrument,
        interval=candle.interval,
        direction=direction,
        intent=Intent.ENTER if reading.agrees(direction, parameters) else Intent.EXIT,
        confidence=scores.confidence,
        trend=reading.trend,
        price=candle.close,
        stop=stop,
        target=target,
        inputs=asdict(reading) | asdict(scores),
    )


def _levels(
    close: Decimal, direction: Direction, span: float, parameters: TrendParameters
) -> tuple[Decimal, Decimal] | None:
    below, above = parameters.stop_atrs * span, parameters.target_atrs * span
    if direction is Direction.SHORT:
        below, above = above, below
    bottom = _to_ten_places(EXACT.subtract(close, Decimal(below)))
    top = _to_ten_places(EXACT.add(close, Decimal(above)))
    if not 0 < bottom < close < top:
        return None
    return (bottom, top) if direction is Direction.LONG else (top, bottom)


def _to_ten_places(price: Decimal) -> Decimal:
    return price.quantize(_TEN_PLACES, context=EXACT)
