"""Explosion: trade along with one candle that is far greater than those before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Self

from domain.candle import Candle
from domain.direction import Direction
from domain.scanning import Explosion, ExplosionDetector, explosions
from domain.strategies import Intent, Proposal
from domain.strategies.about import About
from domain.strategies.explosion_parameters import ExplosionParameters
from domain.strategies.levels import levels_around
from domain.strategies.parameters import Parameters, read_parameters
from domain.strategies.proposing import proposed_at
from domain.strategies.series import series_of

_NAME = "explosion"
_TOWARDS: Mapping[int, Direction] = {1: Direction.LONG, -1: Direction.SHORT}


@dataclass(frozen=True, slots=True)
class ExplosionTrading:
    """Trades along with one candle that is far greater than those before it and closes near its end.

    ENTER is proposed at the close of a candle that explodes (`ExplosionDetector`): its true range is at least
    `range_atrs` times the ATR before it, its close is at least `move` from the close before, its volume at least
    `volume_times` the mean of the `average_bars` before it, and its close at least `location` of the way to the end
    that the move points to; then no other for `cooldown` bars. There is no EXIT: a position ends at its stop or target,
    or by a rule of the engine. The stop is `stop_share` of the true range back, the target `target_share` of it
    further. There is no proposal if stop or target would not be a positive price. `inputs` are the figures of the
    report. One candle states no longer trend, so the trend is 0.

    The true range and its average are Wilder's (1978); the limits are those of common volatility breakouts, the rest is
    our own. It is seldom met on the great instruments (95 times in a quarter of BTCUSDT, ETHUSDT and SOLUSDT), which is
    too few to show that it gains. The entry follows the move, where slippage is greatest.
    """

    about: ClassVar[About] = About(
        formula=(
            "ENTER at the close of a candle with true range >= range_atrs * the ATR before it, |close / close "
            "before - 1| >= move, volume >= volume_times * the mean of the average_bars before it, and a close "
            "at least location of the way to the candle's end; then none for cooldown bars. No EXIT. Stop and "
            "target: close -/+ stop_share and target_share of the true range."
        ),
        source=(
            "True range and ATR: J. Welles Wilder, New Concepts in Technical Trading Systems (1978); a "
            "volatility breakout with limits of our own."
        ),
        confidence=(
            "0.4 range + 0.4 volume + 0.2 location; range = true range in ATRs / (2 * range_atrs), volume = volume in"
            " averages / (2 * volume_times), location = how much of the way to the candle's end the close is."
        ),
        loses=(
            "Where the candle was the whole move, as after news: half of its range back is the stop. 95 entries"
            " in the recorded quarter are too few to show a gain, and their slippage is not in it."
        ),
    )
    parameters: ExplosionParameters = field(default_factory=ExplosionParameters)

    @classmethod
    def from_parameters(cls, given: Parameters) -> Self:
        """The strategy with these parameters, else defaults. Raises InvalidSettings, which names the parameter."""
        return cls(read_parameters(_NAME, ExplosionParameters(), given))

    @property
    def name(self) -> str:
        """`explosion`."""
        return _NAME

    def warm_up(self, _interval: timedelta) -> int:
        """The least number of candles at the close of which there can be a proposal."""
        return max(self.parameters.atr + 2, self.parameters.average_bars + 1)

    def watch(self) -> ExplosionWatcher:
        """A new watcher that has read no candle."""
        return ExplosionWatcher(self.parameters)

    def scan(self, candles: Sequence[Candle]) -> list[Proposal | None]:
        """The proposals of one pass over one instrument's tape: for each candle what a watcher would return."""
        proposals: list[Proposal | None] = [None] * len(candles)
        highs, lows, closes, volumes = series_of(candles, "high", "low", "close", "volume")
        for bar, report in explosions(highs, lows, closes, volumes, self.parameters):
            proposals[bar] = _propose(candles[bar], report, self.parameters)
        return proposals


class ExplosionWatcher:
    """Explosions on one instrument at one interval."""

    __slots__ = ("_detector", "_parameters")

    def __init__(self, parameters: ExplosionParameters) -> None:
        self._parameters = parameters
        self._detector = ExplosionDetector(parameters)

    def on_candle(self, candle: Candle) -> Proposal | None:
        """Takes the next closed candle, in time order; returns a proposal where it explodes."""
        report = self._detector.update(
            float(candle.high), float(candle.low), float(candle.close), float(candle.volume)
        )
        return None if report is None else _propose(candle, report, self._parameters)


def _propose(candle: Candle, report: Explosion, parameters: ExplosionParameters) -> Proposal | None:
    direction = _TOWARDS[report.side]
    levels = levels_around(
        direction, candle.close, parameters.stop_share * report.span, parameters.target_share * report.span
    )
    if levels is None:
        return None
    return proposed_at(
        candle,
        _NAME,
        direction,
        Intent.ENTER,
        levels,
        confidence=report.confidence(parameters),
        trend=0.0,
        inputs={
            "close": report.close,
            "move": report.move,
            "true_range": report.span,
            "range_atrs": report.range_atrs,
            "volume_times": report.volume_times,
            "location": report.location,
        },
    )
