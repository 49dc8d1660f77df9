"""The SAR wave: trade with the Parabolic SAR in flat markets where a count of Elliott waves expects the same move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from math import nan
from operator import attrgetter
from typing import ClassVar, Self

import numpy as np

from domain.candle import Candle
from domain.direction import Direction
from domain.indicators import (
    Adx,
    EfficiencyRatio,
    Sar,
    Swing,
    Swings,
    adx,
    efficiency_ratio,
    sar,
    swings,
)
from domain.strategies import Intent, Proposal
from domain.strategies.about import About
from domain.strategies.levels import levels_at
from domain.strategies.parameters import Parameters, read_parameters
from domain.strategies.proposing import proposed_at
from domain.strategies.sar_wave_parameters import SarWaveParameters
from domain.strategies.sar_wave_reading import SarWaveReading
from domain.strategies.series import series_of
from domain.waves import WaveCounter

_NAME = "sar-wave"
_TOWARDS: Mapping[int, Direction] = {1: Direction.LONG, -1: Direction.SHORT}


@dataclass(frozen=True, slots=True)
class SarWave:
    """Trades with the Parabolic SAR in flat markets where a count of Elliott waves expects a move to the same side.

    It judges the close of a candle that turns the SAR or that confirms a swing which makes a count. The intent is ENTER
    if the count in force expects a move to the side of the SAR with a confidence of at least `wave_minimum`, the market
    is flat (`flat_minimum`), and the target is at least `reward_to_risk` times as far away as the stop. Otherwise it is
    EXIT at a turn of the SAR, which contradicts a position in the opposite direction, and there is no proposal at a
    count. The stop is the SAR. The target is where the count expects the move to end: 1.618 times wave 1 from the end
    of wave 2; the height of wave 1, at most that of wave 3, from the end of wave 4; 0.382 of the impulse back from the
    end of wave 5. The target of an EXIT is `reward_to_risk` times the distance of the stop.

    A count is made of swings that are confirmed `swing_bars` bars after their extreme. It never repaints: no later
    candle changes it; a later swing makes another count or none (`WaveCounter`, `WaveCount`). Flat strength and
    confidence are those of `SarWaveReading`. There is no proposal before every indicator has a value, or if the stop or
    target would not be a positive price on its side of the close. `inputs` are the figures of the reading.

    The trend is against many of its entries by design: `minimum_trend = -1` lets them pass.
    """

    about: ClassVar[About] = About(
        formula=(
            "Parabolic SAR. ENTER at a turn of the SAR or a new count of waves, if the count expects a move to "
            "the side of the SAR with confidence >= wave_minimum, flat >= flat_minimum and |target - close| >= "
            "reward_to_risk * |close - SAR|; flat = 0.5 * (1 - ADX / 50) + 0.5 * (1 - efficiency ratio). EXIT "
            "at the other turns. Stop: the SAR. Target: 1.618 * wave 1 after wave 2, wave 1 (at most wave 3) "
            "after wave 4, 0.382 of the impulse back after wave 5."
        ),
        source=(
            "SAR, ADX and DI: J. Welles Wilder, New Concepts in Technical Trading Systems (1978). Efficiency "
            "ratio: Perry J. Kaufman, Smarter Trading (1995). Waves: A. J. Frost and R. R. Prechter, Elliott "
            "Wave Principle (1978). Swings: Bill Williams, Trading Chaos (1995). Flat strength and confidence "
            "are our own."
        ),
        confidence=(
            "0.7 count + 0.3 flat; count = 0.5 + 0.5 * the mean over its waves of max(0, 1 - |ratio - nearest "
            "expected ratio| / (tolerance * nearest)), 0 without an agreeing count; flat as above."
        ),
        loses=(
            "Where a range breaks: the stop is near, and three entries of four reach it first. On the recorded "
            "quarter of five-minute candles it lost after fees on two instruments of three."
        ),
        alpha={"minimum_trend": "-1"},
        trend=SarWaveReading.trend,
    )
    parameters: SarWaveParameters = field(default_factory=SarWaveParameters)

    @classmethod
    def from_parameters(cls, given: Parameters) -> Self:
        """The strategy with these parameters, else defaults. Raises InvalidSettings, which names the parameter."""
        return cls(read_parameters(_NAME, SarWaveParameters(), given))

    @property
    def name(self) -> str:
        """`sar-wave`."""
        return _NAME

    def warm_up(self, _interval: timedelta) -> int:
        """The least number of candles at the close of which there can be a proposal."""
        return max(2 * self.parameters.adx, self.parameters.efficiency + 1)

    def watch(self) -> SarWaveWatcher:
        """A new watcher that has read no candle."""
        return SarWaveWatcher(self.parameters)

    def scan(self, candles: Sequence[Candle]) -> list[Proposal | None]:
        """The proposals of one pass over one instrument's tape: for each candle what a watcher would return."""
        proposals: list[Proposal | None] = [None] * len(candles)
        for bar, reading, turned in _readings(candles, self.parameters):
            proposals[bar] = _propose(candles[bar], reading, self.parameters, turned=turned)
        return proposals


class SarWaveWatcher:
    """The SAR wave on one instrument at one interval; it holds indicators, swings and the count in force."""

    __slots__ = ("_adx", "_counter", "_efficiency", "_parameters", "_sar", "_swings")

    def __init__(self, parameters: SarWaveParameters) -> None:
        self._parameters = parameters
        self._sar = Sar(parameters.sar_start, parameters.sar_step, parameters.sar_maximum)
        self._adx = Adx(parameters.adx)
        self._efficiency = EfficiencyRatio(parameters.efficiency)
        self._swings = Swings(parameters.swing_bars)
        self._counter = WaveCounter(parameters.tolerance)

    def on_candle(self, candle: Candle) -> Proposal | None:
        """Takes the next closed candle, in time order; returns a proposal at a turn of the SAR or a new count."""
        high, low, close = float(candle.high), float(candle.low), float(candle.close)
        self._sar.update(high, low)
        self._adx.update(high, low, close)
        self._efficiency.update(close)
        self._counter.pass_through(high, low)
        confirmed = self._swings.update(high, low)
        turned = self._sar.turned
        if not (turned or confirmed):
            return None
        if not (_counted(self._counter, confirmed) or turned):
            return None
        return _propose(candle, self._reading(close), self._parameters, turned=turned)

    def _reading(self, close: float) -> SarWaveReading:
        directed = self._adx
        figures = (directed.value, directed.plus_di, directed.minus_di, self._efficiency.value)
        adx_value, plus, minus, efficiency = (nan if figure is None else figure for figure in figures)
        value = self._sar.value
        return SarWaveReading(
            close=close,
            sar=nan if value is None else value,
            side=self._sar.side,
            adx=adx_value,
            plus_di=plus,
            minus_di=minus,
            efficiency=efficiency,
            count=self._counter.count,
        )


def _counted(counter: WaveCounter, confirmed: Sequence[Swing]) -> bool:
    """Gives the counter the swings of one bar; returns whether a count was made of them that is in force."""
    made = [counter.take(swing) for swing in confirmed]
    return any(made) and counter.count is not None


def _readings(
    candles: Sequence[Candle], parameters: SarWaveParameters
) -> Iterator[tuple[int, SarWaveReading, bool]]:
    """The bars that are judged, with what is read there and whether the SAR turned."""
    highs, lows, closes = series_of(candles, "high", "low", "close")
    followed = sar(highs, lows, parameters.sar_start, parameters.sar_step, parameters.sar_maximum)
    directed = adx(highs, lows, closes, parameters.adx)
    efficiency = efficiency_ratio(closes, parameters.efficiency)
    figures = np.column_stack(
        [closes, followed.values, directed.adx, directed.plus_di, directed.minus_di, efficiency]
    )
    found = {
        bar: list(group)
        for bar, group in groupby(swings(highs, lows, parameters.swing_bars), key=attrgetter("confirmed"))
    }
    turns = set(np.flatnonzero(followed.turned).tolist())
    tops, bottoms = highs.tolist(), lows.tolist()
    counter, passed = WaveCounter(parameters.tolerance), 0
    for bar in sorted(turns.union(found)):
        counter.pass_through(max(tops[passed : bar + 1]), min(bottoms[passed : bar + 1]))
        passed = bar + 1
        if not (_counted(counter, found.get(bar, ())) or bar in turns):
            continue
        close, value, strength, plus, minus, ratio = figures[bar].tolist()
        side = int(followed.sides[bar])
        reading = SarWaveReading(close, value, side, strength, plus, minus, ratio, counter.count)
        yield bar, reading, bar in turns


def _propose(
    candle: Candle, reading: SarWaveReading, parameters: SarWaveParameters, *, turned: bool
) -> Proposal | None:
    if not reading.usable:
        return None
    target = reading.target(parameters)
    if target is None and not turned:
        return None
    direction = _TOWARDS[reading.side]
    levels = levels_at(
        direction, candle.close, reading.sar, reading.mirrored(parameters) if target is None else target
    )
    if levels is None:
        return None
    return proposed_at(
        candle,
        _NAME,
        direction,
        Intent.EXIT if target is None else Intent.ENTER,
        levels,
        confidence=reading.confidence,
        trend=reading.trend,
        inputs=reading.inputs,
    )
