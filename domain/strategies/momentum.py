"""Momentum: trade along with a fast move on great volume, in the direction of the day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Self

from domain.candle import Candle
from domain.direction import Direction
from domain.scanning import Momentum, MomentumDetector, candles_needed, momenta
from domain.strategies import Intent, Proposal
from domain.strategies.about import About
from domain.strategies.levels import levels_around
from domain.strategies.momentum_parameters import MomentumParameters
from domain.strategies.parameters import Parameters, read_parameters
from domain.strategies.proposing import proposed_at
from domain.strategies.series import series_of

_NAME = "momentum"
_TOWARDS: Mapping[int, Direction] = {1: Direction.LONG, -1: Direction.SHORT}
_FULL_DAY = 0.1


@dataclass(frozen=True, slots=True)
class MomentumTrading:
    """Trades along with a fast move on great volume, in the direction of the day: a pump, or downwards a dump.

    ENTER is proposed at the close where momentum begins (`MomentumDetector`): the close moved by at least `move` in
    `window` bars, the mean volume of the window is at least `volume_times` that of the `average_bars` bars before it,
    and the gain of the last `gain_hours` is at least `gain`, all in one direction; then no other for `cooldown` bars.
    EXIT is proposed at the first later close where the move of the window has the opposite sign: the momentum is given
    back, which contradicts a position in its direction. The distance that the price moved in the window is the measure
    of the levels: the stop is `stop_share` of it back, the target `target_share` further. There is no proposal if stop
    or target would not be a positive price. `inputs` are the figures of the report. The trend is the gain of the last
    `gain_hours`, where 10 % is 1.

    The limits (3 %, 3 times, 24 hours) are those of the programs Whence replaces; the rest is our own. A move is bought
    after it was made: most of such entries lose, and slippage in a fast market makes it worse.
    """

    about: ClassVar[About] = About(
        formula=(
            "ENTER where |close / close of window bars ago - 1| >= move, mean volume of the window >= "
            "volume_times * mean volume of the average_bars before it, and the gain of gain_hours >= gain in "
            "that direction; then none for cooldown bars. EXIT at the first later close where the move of the "
            "window has the opposite sign. Stop and target: close -/+ stop_share and target_share of the way "
            "the price went in the window."
        ),
        source=(
            "The limits (3 %, 3 times the volume, 24 hours) are those of the programs Whence replaces; levels and "
            "confidence are our own."
        ),
        confidence=(
            "0.4 move + 0.4 volume + 0.2 day; each is its figure / (2 * its limit): |move|, volume in averages, and "
            "the gain of the day in the direction of the move."
        ),
        loses=(
            "Where the move is over when it is seen, which is usual on great instruments: on the recorded "
            "quarter 16 of 49 entries reached the target first. Slippage in a fast market makes it worse."
        ),
    )
    parameters: MomentumParameters = field(default_factory=MomentumParameters)

    @classmethod
    def from_parameters(cls, given: Parameters) -> Self:
        """The strategy with these parameters, else defaults. Raises InvalidSettings, which names the parameter."""
        return cls(read_parameters(_NAME, MomentumParameters(), given))

    @property
    def name(self) -> str:
        """`momentum`."""
        return _NAME

    def warm_up(self, interval: timedelta) -> int:
        """The least number of candles at the close of which there can be a proposal."""
        return candles_needed(self.parameters, interval)

    def watch(self) -> MomentumWatcher:
        """A new watcher that has read no candle."""
        return MomentumWatcher(self.parameters)

    def scan(self, candles: Sequence[Candle]) -> list[Proposal | None]:
        """The proposals of one pass over one instrument's tape: for each candle what a watcher would return."""
        proposals: list[Proposal | None] = [None] * len(candles)
        if not candles:
            return proposals
        closes, volumes = series_of(candles, "close", "volume")
        for bar, report in momenta(closes, volumes, self.parameters, candles[0].interval):
            proposals[bar] = _propose(candles[bar], report, self.parameters)
        return proposals


class MomentumWatcher:
    """Momentum on one instrument at one interval; the first candle states the interval."""

    __slots__ = ("_detector", "_parameters")

    def __init__(self, parameters: MomentumParameters) -> None:
        self._parameters = parameters
        self._detector: MomentumDetector | None = None

    def on_candle(self, candle: Candle) -> Proposal | None:
        """Takes the next closed candle, in time order; returns a proposal where momentum begins or is given back."""
        detector = self._detector
        if detector is None:
            detector = self._detector = MomentumDetector(self._parameters, candle.interval)
        report = detector.update(float(candle.close), float(candle.volume))
        return None if report is None else _propose(candle, report, self._parameters)


def _propose(candle: Candle, report: Momentum, parameters: MomentumParameters) -> Proposal | None:
    direction = _TOWARDS[report.side]
    way = abs(report.close - report.close / (1.0 + report.move))
    levels = levels_around(
        direction, candle.close, parameters.stop_share * way, parameters.target_share * way
    )
    if levels is None:
        return None
    return proposed_at(
        candle,
        _NAME,
        direction,
        Intent.ENTER if report.began else Intent.EXIT,
        levels,
        confidence=report.confidence(parameters),
        trend=max(-1.0, min(1.0, report.gain / _FULL_DAY)),
        inputs={
            "close": report.close,
            "move": report.move,
            "volume_times": report.volume_times,
            "gain": report.gain,
        },
    )
