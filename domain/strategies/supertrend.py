"""SuperTrend: trade in the direction to which the SuperTrend turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from math import nan
from typing import ClassVar, Self

import numpy as np

from domain.candle import Candle
from domain.direction import Direction
from domain.indicators import Ema, Supertrend, ema, supertrend
from domain.strategies import Intent, Proposal
from domain.strategies.about import About
from domain.strategies.levels import levels_at
from domain.strategies.parameters import Parameters, read_parameters
from domain.strategies.proposing import proposed_at
from domain.strategies.scores import sign_of, trend_of
from domain.strategies.series import series_of
from domain.strategies.supertrend_parameters import SupertrendParameters
from domain.strategies.supertrend_reading import SupertrendReading, SupertrendScores

_NAME = "supertrend"
_TURNED_TO: Mapping[int, Direction] = {1: Direction.LONG, -1: Direction.SHORT}


@dataclass(frozen=True, slots=True)
class SupertrendFollowing:
    """Proposes ENTER at the close that turns the SuperTrend, in the direction of the turn.

    There is no EXIT: the ENTER of the next turn also closes a position in the opposite direction. The stop is the new
    line; the target is `reward` times as far from the close. There is no proposal before the long average has a
    value, in a market that does not move, or if stop or target would not be a positive price on its side of the
    close. `inputs` are the figures of the reading and the scores of the confidence (`SupertrendScores`).
    """

    about: ClassVar[About] = About(
        formula=(
            "Bands (high + low) / 2 -/+ multiplier * ATR(period). The lower band falls, and the upper band rises, only "
            "after a close beyond it. A close above the upper band turns the trend up, one below the lower band turns "
            "it down. Stop: the new line. Target: close + reward * (close - stop)."
        ),
        source="Olivier Seban's SuperTrend as published in TradingView's Pine reference (ta.supertrend), 10 and 3.0.",
        confidence=(
            "0.4 depth + 0.2 calm + 0.4 agreement; depth = |close - broken band| / 0.5 ATR, calm = bars since the "
            "turn before / 40, agreement = (1 + trend) / 2 for a long, (1 - trend) / 2 for a short, where 4 ATRs from"
            " the long average are a trend of 1."
        ),
        loses=(
            "In a range wider than the bands: each turn comes at the end of a swing, so that it buys highs and sells "
            "lows. The stop is about three ATRs away, so fees weigh little in each trade and losses weigh more."
        ),
        scores=SupertrendScores,
        trend=trend_of,
    )
    parameters: SupertrendParameters = field(default_factory=SupertrendParameters)

    @classmethod
    def from_parameters(cls, given: Parameters) -> Self:
        """The strategy with these parameters, else defaults. Raises InvalidSettings, which names the parameter."""
        return cls(read_parameters(_NAME, SupertrendParameters(), given))

    @property
    def name(self) -> str:
        """`supertrend`."""
        return _NAME

    def warm_up(self, _interval: timedelta) -> int:
        """The least number of candles at the close of which there can be a proposal."""
        return max(self.parameters.trend, self.parameters.period + 2)

    def watch(self) -> SupertrendWatcher:
        """A new watcher that has read no candle."""
        return SupertrendWatcher(self.parameters)

    def scan(self, candles: Sequence[Candle]) -> list[Proposal | None]:
        """The proposals of one pass over one instrument's tape: for each candle what a watcher would return."""
        proposals: list[Proposal | None] = [None] * len(candles)
        highs, lows, closes = series_of(candles, "high", "low", "close")
        followed = supertrend(highs, lows, closes, self.parameters.period, self.parameters.multiplier)
        averages = ema(closes, self.parameters.trend)
        figures = np.column_stack([closes, followed.line, followed.broken, followed.atr, averages])
        began = self.parameters.period
        for bar in np.flatnonzero(followed.turn).tolist():
            reading = SupertrendReading(float(bar - began), *figures[bar].tolist())
            proposals[bar] = _propose(
                candles[bar], _TURNED_TO[int(followed.turn[bar])], reading, self.parameters
            )
            began = bar
        return proposals


class SupertrendWatcher:
    """SuperTrend on one instrument at one interval; it holds the bands and the long average."""

    __slots__ = ("_average", "_followed", "_parameters", "_run")

    def __init__(self, parameters: SupertrendParameters) -> None:
        self._parameters = parameters
        self._followed = Supertrend(parameters.period, parameters.multiplier)
        self._average = Ema(parameters.trend)
        self._run = 0

    def on_candle(self, candle: Candle) -> Proposal | None:
        """Takes the next closed candle, in time order; returns a proposal where the SuperTrend turned."""
        close, followed = float(candle.close), self._followed
        before = followed.value
        followed.update(float(candle.high), float(candle.low), close)
        self._average.update(close)
        if before is None:
            return None
        self._run += 1
        if not followed.turned:
            return None
        run, self._run = self._run, 0
        return _propose(candle, _TURNED_TO[followed.side], self._reading(close, run), self._parameters)

    def _reading(self, close: float, run: int) -> SupertrendReading:
        followed = self._followed
        known = (followed.value, followed.broken, followed.atr, self._average.value)
        return SupertrendReading(float(run), close, *(nan if figure is None else figure for figure in known))


def _propose(
    candle: Candle, direction: Direction, reading: SupertrendReading, parameters: SupertrendParameters
) -> Proposal | None:
    if not reading.usable:
        return None
    risk = abs(reading.close - reading.line)
    target = reading.close + sign_of(direction) * parameters.reward * risk
    levels = levels_at(direction, candle.close, reading.line, target)
    if levels is None:
        return None
    scores = reading.scores(direction)
    return proposed_at(
        candle,
        _NAME,
        direction,
        Intent.ENTER,
        levels,
        confidence=scores.confidence,
        trend=reading.trend,
        inputs=asdict(reading) | asdict(scores),
    )
