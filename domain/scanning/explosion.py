"""Explosion: one candle far greater than those before, on great volume, that closes near its end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec import Struct

from domain.indicators import Atr, FloatArray, atr
from domain.indicators.true_range import true_range, true_ranges
from domain.scanning.cooldown import Cooldown
from domain.scanning.ratio import ending_at, excess, times_average
from domain.strategies.parameters import refuse_faults


@dataclass(frozen=True, slots=True)
class ExplosionLimits:
    """`atr`, `average_bars` and `cooldown` in bars; `range_atrs` in ATRs; `move` as a fraction (0.01 = 1 %).

    Raises InvalidSettings, naming every field that is out of range.
    """

    atr: int = 14
    range_atrs: float = 3.0
    move: float = 0.01
    volume_times: float = 3.0
    average_bars: int = 20
    location: float = 0.75
    cooldown: int = 12

    def __post_init__(self) -> None:
        refuse_faults("explosion", self, self.rules())

    def rules(self) -> Iterator[tuple[str, str, bool]]:
        """For each parameter its name, what it must be, and whether it is."""
        yield "atr", "from 2 to 10000 bars", 2 <= self.atr <= 10_000
        yield "range_atrs", "above 0 and at most 100", 0.0 < self.range_atrs <= 100.0
        yield "move", "above 0 and at most 1", 0.0 < self.move <= 1.0
        yield "volume_times", "above 0 and at most 1000", 0.0 < self.volume_times <= 1000.0
        yield "average_bars", "from 1 to 10000 bars", 1 <= self.average_bars <= 10_000
        yield "location", "from 0.5 to 1", 0.5 <= self.location <= 1.0
        yield "cooldown", "from 1 to 10000 bars", 1 <= self.cooldown <= 10_000


class Explosion(Struct, frozen=True, gc=False, kw_only=True):
    """A report at one close. `side` is that of the move, +1 up, -1 down.

    `move` is close / previous close - 1, `span` the true range in quote currency, `range_atrs` that range by the ATR
    before the candle, `volume_times` its volume by the mean of the `average_bars` before, `location` how near the close
    is to the end of the candle that the move points to: 1 at it, 0 at the other end.
    """

    side: int
    close: float
    move: float
    span: float
    range_atrs: float
    volume_times: float
    location: float

    def confidence(self, limits: ExplosionLimits) -> float:
        """0.4 range + 0.4 volume + 0.2 location, 0..1; range and volume are figure / (2 * limit), at most 1.

        The weights are our own; the result is not a probability.
        """
        return (
            0.4 * excess(self.range_atrs, limits.range_atrs)
            + 0.4 * excess(self.volume_times, limits.volume_times)
            + 0.2 * self.location
        )


class ExplosionDetector:
    """Reports the closes of candles that explode.

    A candle explodes where its true range is at least `range_atrs` times the ATR of the candles before it, |move| is at
    least `move`, its volume at least `volume_times` the average of those before it, and its close at least at
    `location`. After that none is reported for `cooldown` bars. There is no report before the ATR and the average are
    known.
    """

    __slots__ = ("_atr", "_bar", "_close", "_judge", "_limits", "_volumes")

    def __init__(self, limits: ExplosionLimits) -> None:
        self._limits = limits
        self._judge = _Judge(limits)
        self._atr = Atr(limits.atr)
        self._bar = -1
        self._close = 0.0
        self._volumes: deque[float] = deque(maxlen=limits.average_bars + 1)

    def update(self, high: float, low: float, close: float, volume: float) -> Explosion | None:
        """Takes the next bar; returns a report, most often None."""
        self._bar += 1
        self._volumes.append(volume)
        usual, before = self._atr.value, self._close
        self._close = close
        self._atr.update(high, low, close)
        if usual is None or self._bar < self._limits.average_bars:
            return None
        span = true_range(high, low, before)
        if not span >= self._limits.range_atrs * usual > 0.0:
            return None
        bar = (high, low, close)
        return self._judge.report(self._bar, bar, before, span, usual, lambda: list(self._volumes))


class _Judge:
    """The rule from the range on, and the cooldown."""

    __slots__ = ("_cooldown", "_limits")

    def __init__(self, limits: ExplosionLimits) -> None:
        self._limits = limits
        self._cooldown = Cooldown(limits.cooldown)

    def report(
        self,
        number: int,
        bar: tuple[float, float, float],
        before: float,
        span: float,
        usual: float,
        volumes: Callable[[], Sequence[float]],
    ) -> Explosion | None:
        """The report at the bar of this number (high, low, close); `volumes` end with its own, oldest first."""
        close, limits = bar[2], self._limits
        move = close / before - 1.0
        side = 1 if move > 0.0 else -1
        location = _location(side, *bar)
        if abs(move) < limits.move or location < limits.location or not self._cooldown.allows(number):
            return None
        times = times_average(volumes(), 1)
        if times < limits.volume_times:
            return None
        self._cooldown.begin(number)
        return Explosion(
            side=side,
            close=close,
            move=move,
            span=span,
            range_atrs=span / usual,
            volume_times=times,
            location=location,
        )


def _location(side: int, high: float, low: float, close: float) -> float:
    way = close - low if side > 0 else high - close
    return way / (high - low) if high > low else 1.0


def explosions(
    highs: FloatArray, lows: FloatArray, closes: FloatArray, volumes: FloatArray, limits: ExplosionLimits
) -> Iterator[tuple[int, Explosion]]:
    """One pass of `ExplosionDetector` over series of shape (n,) each: every report with its bar."""
    judge = _Judge(limits)
    spans = true_ranges(highs, lows, closes)
    usual = atr(highs, lows, closes, limits.atr)[:-1]
    great = (spans >= limits.range_atrs * usual) & (limits.range_atrs * usual > 0.0)
    traded = volumes.tolist()
    for bar in (np.flatnonzero(great) + 1).tolist():
        if bar < limits.average_bars:
            continue
        candle = (float(highs[bar]), float(lows[bar]), float(closes[bar]))
        figures = (float(closes[bar - 1]), float(spans[bar - 1]), float(usual[bar - 1]))
        report = judge.report(bar, candle, *figures, ending_at(traded, bar, limits.average_bars + 1))
        if report is not None:
            yield bar, report
