"""Momentum: a fast move on great volume, in the direction of the day (a pump, or downwards a dump)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from msgspec import Struct

from domain.indicators import FloatArray
from domain.scanning.cooldown import Cooldown
from domain.scanning.ratio import ending_at, excess, times_average
from domain.strategies.parameters import refuse_faults


@dataclass(frozen=True, slots=True)
class MomentumLimits:
    """`window`, `average_bars` and `cooldown` in bars; `move` and `gain` as fractions (0.03 = 3 %).

    Raises InvalidSettings, naming every field that is out of range.
    """

    window: int = 12
    move: float = 0.03
    volume_times: float = 3.0
    average_bars: int = 288
    gain: float = 0.03
    gain_hours: int = 24
    cooldown: int = 12

    def __post_init__(self) -> None:
        refuse_faults("momentum", self, self.rules())

    def rules(self) -> Iterator[tuple[str, str, bool]]:
        """For each parameter its name, what it must be, and whether it is."""
        yield "window", "from 1 to 10000 bars", 1 <= self.window <= 10_000
        yield "move", "above 0 and at most 1", 0.0 < self.move <= 1.0
        yield "volume_times", "above 0 and at most 1000", 0.0 < self.volume_times <= 1000.0
        yield "average_bars", "from 1 to 10000 bars", 1 <= self.average_bars <= 10_000
        yield "gain", "from 0 to 10", 0.0 <= self.gain <= 10.0
        yield "gain_hours", "from 1 to 168", 1 <= self.gain_hours <= 168
        yield "cooldown", "from 1 to 10000 bars", 1 <= self.cooldown <= 10_000


class Momentum(Struct, frozen=True, gc=False, kw_only=True):
    """A report at one close. `side` is that of the move, +1 up, -1 down; `began` is False where it was given back.

    `move` is close / close `window` bars ago - 1, `volume_times` the mean volume of the window by that of the
    `average_bars` bars before it, `gain` close / close `gain_hours` ago - 1.
    """

    side: int
    began: bool
    close: float
    move: float
    volume_times: float
    gain: float

    def confidence(self, limits: MomentumLimits) -> float:
        """0.4 move + 0.4 volume + 0.2 day, 0..1; each is figure / (2 * limit), at most 1: 0.5 where all are at limits.

        The weights are our own; the result is not a probability.
        """
        return (
            0.4 * excess(abs(self.move), limits.move)
            + 0.4 * excess(self.volume_times, limits.volume_times)
            + 0.2 * excess(self.side * self.gain, limits.gain)
        )


class MomentumDetector:
    """Reports the closes at which momentum begins, and those at which it was given back.

    It begins where |move| is at least `move`, the volume at least `volume_times` the average, and the gain of the last
    `gain_hours` at least `gain` in the direction of the move. After that none begins for `cooldown` bars. It is given
    back at the first later close where the move of the window has the opposite sign; that is reported once. A move of
    the opposite side that begins takes its place. There is no report before `gain_hours`, and `window` + `average_bars`
    bars, were read. Bars are counted, not hours: where the tape has a gap, an hour is as many bars as without one.
    """

    __slots__ = ("_bar", "_closes", "_day", "_judge", "_limits", "_ready", "_volumes")

    def __init__(self, limits: MomentumLimits, interval: timedelta) -> None:
        self._limits = limits
        self._judge = _Judge(limits)
        self._day = day = bars_of(limits.gain_hours, interval)
        self._ready = _ready(limits, day)
        self._bar = -1
        self._closes: deque[float] = deque(maxlen=max(day, limits.window) + 1)
        self._volumes: deque[float] = deque(maxlen=limits.window + limits.average_bars)

    def update(self, close: float, volume: float) -> Momentum | None:
        """Takes the next bar; returns a report, most often None."""
        self._bar += 1
        self._closes.append(close)
        self._volumes.append(volume)
        if self._bar < self._ready:
            return None
        move = close / self._closes[-1 - self._limits.window] - 1.0
        if not self._judge.concerns(move):
            return None
        gain = close / self._closes[-1 - self._day] - 1.0
        return self._judge.report(self._bar, close, move, gain, lambda: list(self._volumes))


class _Judge:
    """The rule and what it remembers: the side of the momentum that is not given back, and the cooldown."""

    __slots__ = ("_cooldown", "_limits", "_side")

    def __init__(self, limits: MomentumLimits) -> None:
        self._limits = limits
        self._cooldown = Cooldown(limits.cooldown)
        self._side = 0

    def concerns(self, move: float) -> bool:
        """Whether a bar with this move may lead to a report."""
        return abs(move) >= self._limits.move or move * self._side < 0.0

    def report(
        self, bar: int, close: float, move: float, gain: float, volumes: Callable[[], Sequence[float]]
    ) -> Momentum | None:
        """The report at this bar; `volumes` are those of the window and of the average before it, oldest first."""
        side = 1 if move > 0.0 else -1
        limits = self._limits
        if abs(move) >= limits.move and side * gain >= limits.gain and self._cooldown.allows(bar):
            times = times_average(volumes(), limits.window)
            if times >= limits.volume_times:
                self._side = side
                self._cooldown.begin(bar)
                return Momentum(side=side, began=True, close=close, move=move, volume_times=times, gain=gain)
        if move * self._side < 0.0:
            self._side = 0
            times = times_average(volumes(), limits.window)
            return Momentum(side=side, began=False, close=close, move=move, volume_times=times, gain=gain)
        return None


def momenta(
    closes: FloatArray, volumes: FloatArray, limits: MomentumLimits, interval: timedelta
) -> Iterator[tuple[int, Momentum]]:
    """One pass of `MomentumDetector` over series of shape (n,) each: every report with its bar."""
    day, judge = bars_of(limits.gain_hours, interval), _Judge(limits)
    ready, known = _ready(limits, day), limits.window + limits.average_bars
    if len(closes) <= ready:
        return
    moves = closes[limits.window :] / closes[: -limits.window] - 1.0
    moves = np.append(np.zeros(limits.window), moves)
    turned = np.append(False, np.sign(moves[1:]) != np.sign(moves[:-1]))
    prices, traded = closes.tolist(), volumes.tolist()
    for bar in np.flatnonzero((np.abs(moves) >= limits.move) | turned).tolist():
        move = float(moves[bar])
        if bar < ready or not judge.concerns(move):
            continue
        gain = prices[bar] / prices[bar - day] - 1.0
        report = judge.report(bar, prices[bar], move, gain, ending_at(traded, bar, known))
        if report is not None:
            yield bar, report


def bars_of(hours: int, interval: timedelta) -> int:
    """How many candles of this interval are so many hours, at least 1."""
    return max(1, timedelta(hours=hours) // interval)


def candles_needed(limits: MomentumLimits, interval: timedelta) -> int:
    """The least number of candles of this interval at the close of which there can be a report."""
    return _ready(limits, bars_of(limits.gain_hours, interval)) + 1


def _ready(limits: MomentumLimits, day: int) -> int:
    """The number, from 0, of the first bar that can have a report; `day` is the number of bars of `gain_hours`."""
    return max(day, limits.window + limits.average_bars - 1)
