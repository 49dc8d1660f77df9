"""Breakout: trade in the direction in which a close leaves a level that held several times."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import reduce
from math import nan
from operator import add
from typing import ClassVar, Self

import numpy as np

from domain.candle import Candle
from domain.direction import Direction
from domain.indicators import Atr, Ema, Extreme, Swing, Swings, atr, ema, swings
from domain.strategies import Intent, Proposal
from domain.strategies.about import About
from domain.strategies.breakout_levels import Level, Levels
from domain.strategies.breakout_parameters import BreakoutParameters
from domain.strategies.breakout_reading import BreakoutReading, BreakoutScores
from domain.strategies.levels import levels_at
from domain.strategies.parameters import Parameters, read_parameters
from domain.strategies.proposing import proposed_at
from domain.strategies.scores import sign_of, trend_of
from domain.strategies.series import series_of

_NAME = "breakout"


@dataclass(frozen=True, slots=True)
class Breakout:
    """Proposes at the close that breaks a resistance upwards or a support downwards, in the direction of the break.

    A resistance is at least `strength` swing highs within `tolerance` of the lowest of them, a support the same of
    swing lows; its price is their mean. A swing counts from the candle after its confirmation, `swing_bars` bars
    after its extreme, until it is `lookback` bars old. A close breaks a level where it is `threshold` or more beyond
    its price and the close before was not; of several levels the furthest counts. The intent is ENTER if the volume
    of the candle is at least `volume` times the mean of the `volume_bars` candles before it. Otherwise it is EXIT,
    because the break contradicts a position in the opposite direction. The stop is `stop_atrs` ATRs behind the level,
    the target `reward` times as far from the close as the stop. There is no proposal before every indicator has a
    value, in a market that does not move, or if stop or target would not be a positive price on its side of the
    close. `inputs` are the figures of the reading and the scores of the confidence (`BreakoutScores`).
    """

    about: ClassVar[About] = About(
        formula=(
            "Level: mean of >= strength confirmed swing highs (lows) of the last lookback bars within "
            "tolerance. Break: close >= level * (1 + threshold), the close before below it; a support is "
            "the mirror image. ENTER if volume >= volume * mean(volume of the volume_bars before). Stop: "
            "level -/+ stop_atrs * ATR. Target: close +/- reward * |close - stop|."
        ),
        source=(
            "Support and resistance with volume: Robert D. Edwards and John Magee, Technical Analysis of "
            "Stock Trends (1948). Swings: Bill Williams, Trading Chaos (1995). The figures 3, 1.5, 0.2 % "
            "and 100 are those the project began with; the clustering is our own."
        ),
        confidence=(
            "0.2 touched + 0.3 traded + 0.2 depth + 0.3 agreement; touched = touches / 6, traded = volume / average "
            "volume / 3, depth = |close - level| / ATR, agreement = (1 + trend) / 2 for a long, (1 - trend) / 2 for a"
            " short, where 4 ATRs from the long average are a trend of 1."
        ),
        loses=(
            "Where breaks fail: most closes beyond a level come back to it. Entries are late by the "
            "threshold, and the stop behind the level is near, so that noise reaches it."
        ),
        scores=BreakoutScores,
        trend=trend_of,
    )
    parameters: BreakoutParameters = field(default_factory=BreakoutParameters)

    @classmethod
    def from_parameters(cls, given: Parameters) -> Self:
        """The strategy with these parameters, else defaults. Raises InvalidSettings, which names the parameter."""
        return cls(read_parameters(_NAME, BreakoutParameters(), given))

    @property
    def name(self) -> str:
        """`breakout`."""
        return _NAME

    def warm_up(self, _interval: timedelta) -> int:
        """The least number of candles at the close of which there can be a proposal."""
        given = self.parameters
        return max(given.trend, given.atr + 1, given.volume_bars + 1, 2 * given.swing_bars + 2)

    def watch(self) -> BreakoutWatcher:
        """A new watcher that has read no candle."""
        return BreakoutWatcher(self.parameters)

    def scan(self, candles: Sequence[Candle]) -> list[Proposal | None]:
        """The proposals of one pass over one instrument's tape: for each candle what a watcher would return."""
        parameters = self.parameters
        highs, lows, closes = series_of(candles, "high", "low", "close")
        others = np.column_stack([atr(highs, lows, closes, parameters.atr), ema(closes, parameters.trend)])
        confirmed: dict[int, list[Swing]] = {}
        for swing in swings(highs, lows, parameters.swing_bars):
            confirmed.setdefault(swing.confirmed, []).append(swing)
        breaks = _Breaks(parameters)
        proposals: list[Proposal | None] = [None] * len(candles)
        for bar, close in enumerate(closes.tolist()):
            broken = breaks.judge(close, confirmed.get(bar, ()))
            if broken is not None:
                before = candles[max(0, bar - parameters.volume_bars) : bar]
                average = _average([float(one.volume) for one in before], parameters.volume_bars)
                span, mean = others[bar].tolist()
                proposals[bar] = _propose(candles[bar], broken, average, span, mean, parameters)
        return proposals


class BreakoutWatcher:
    """Breakout on one instrument at one interval; it holds swings, levels, indicators and the last volumes."""

    __slots__ = ("_atr", "_average", "_breaks", "_parameters", "_swings", "_volumes")

    def __init__(self, parameters: BreakoutParameters) -> None:
        self._parameters = parameters
        self._swings = Swings(parameters.swing_bars)
        self._breaks = _Breaks(parameters)
        self._atr = Atr(parameters.atr)
        self._average = Ema(parameters.trend)
        self._volumes: deque[Candle] = deque(maxlen=parameters.volume_bars)

    def on_candle(self, candle: Candle) -> Proposal | None:
        """Takes the next closed candle, in time order; returns a proposal where its close broke a level."""
        high, low, close = float(candle.high), float(candle.low), float(candle.close)
        span, average = self._atr.update(high, low, close), self._average.update(close)
        broken = self._breaks.judge(close, self._swings.update(high, low))
        proposal = None
        if broken is not None and span is not None and average is not None:
            volumes = _average([float(one.volume) for one in self._volumes], self._parameters.volume_bars)
            proposal = _propose(candle, broken, volumes, span, average, self._parameters)
        self._volumes.append(candle)
        return proposal


class _Breaks:
    """The levels of both kinds, and the last close."""

    __slots__ = ("_bar", "_close", "_lookback", "_resistances", "_supports")

    def __init__(self, parameters: BreakoutParameters) -> None:
        figures = (parameters.strength, parameters.tolerance, parameters.threshold)
        self._resistances, self._supports = Levels(Extreme.HIGH, *figures), Levels(Extreme.LOW, *figures)
        self._lookback = parameters.lookback
        self._bar = -1
        self._close = nan

    def judge(self, close: float, confirmed: Sequence[Swing]) -> tuple[Direction, Level] | None:
        """Takes the next bar's close and the swings that it confirms; returns the level of before that it breaks."""
        self._bar = bar = self._bar + 1
        before, self._close = self._close, close
        found: tuple[Direction, Level] | None = None
        if close > before:
            self._resistances.drop_before(bar - self._lookback)
            level = self._resistances.broken(before, close)
            found = None if level is None else (Direction.LONG, level)
        elif close < before:
            self._supports.drop_before(bar - self._lookback)
            level = self._supports.broken(before, close)
            found = None if level is None else (Direction.SHORT, level)
        for swing in confirmed:
            levels = self._resistances if swing.extreme is Extreme.HIGH else self._supports
            levels.add(swing.bar, swing.price)
        return found


def _average(volumes: Sequence[float], bars: int) -> float:
    """The mean volume; nan where fewer bars are known. Not `sum`, which Python 3.12 and later compensate."""
    return reduce(add, volumes) / bars if len(volumes) == bars else nan


def _propose(
    candle: Candle,
    broken: tuple[Direction, Level],
    volume_average: float,
    span: float,
    average: float,
    parameters: BreakoutParameters,
) -> Proposal | None:
    direction, level = broken
    reading = BreakoutReading(
        close=float(candle.close),
        level=level.price,
        touches=float(level.touches),
        volume=float(candle.volume),
        volume_average=volume_average,
        atr=span,
        trend_ema=average,
    )
    if not reading.usable:
        return None
    stop = reading.level - sign_of(direction) * parameters.stop_atrs * reading.atr
    levels = levels_at(
        direction, candle.close, stop, reading.close + parameters.reward * (reading.close - stop)
    )
    if levels is None:
        return None
    scores = reading.scores(direction)
    return proposed_at(
        candle,
        _NAME,
        direction,
        Intent.ENTER if reading.agrees(parameters) else Intent.EXIT,
        levels,
        confidence=scores.confidence,
        trend=reading.trend,
        inputs=asdict(reading) | asdict(scores),
    )
