"""Swing points: the highs and lows at which the price turned, each known some bars after its extreme."""

from __future__ import annotations

from collections import deque
from enum import Enum

import numpy as np
from msgspec import Struct
from numpy.lib.stride_tricks import sliding_window_view

from domain.indicators.period import checked_period
from domain.indicators.series import FloatArray


class Extreme(Enum):
    """Which end of a bar turned: its high or its low. The value is the sign of the price's way to it."""

    HIGH = 1
    LOW = -1


class Swing(Struct, frozen=True, gc=False):
    """A confirmed swing: `price` is the high or low of bar `bar` (the first bar is 0), known at bar `confirmed`."""

    extreme: Extreme
    bar: int
    price: float
    confirmed: int


class Swings:
    """The confirmed swings of a tape.

    Bar i is a swing high where its high is above the highs of the `bars` bars before it and not below those of the
    `bars` bars after it; a swing low is the mirror image. Of equal highs in a row the first is the swing. It is
    confirmed at bar i + `bars`: it is not reported before and never changed or withdrawn afterwards, so a reader
    of swings neither looks ahead nor repaints. A bar that is both reports its high first. Highs and lows need
    not alternate.

    Source: the fractals of Bill Williams, "Trading Chaos" (1995), which have 2 bars on either side. ValueError for
    fewer than 2 bars. The cost of a bar does not depend on `bars` (amortised).
    """

    __slots__ = ("_highs", "_lows", "high", "low")

    def __init__(self, bars: int) -> None:
        self._highs = _Peaks(checked_period(bars))
        self._lows = _Peaks(bars)
        self.high: Swing | None = None
        self.low: Swing | None = None

    def update(self, high: float, low: float) -> tuple[Swing, ...]:
        """Takes the next bar; returns the swings that it confirms, most often none.

        `high` and `low` are the last confirmed swing of either kind.
        """
        top, bottom = self._highs.update(high), self._lows.update(-low)
        if top is None and bottom is None:
            return ()
        found: list[Swing] = []
        if top is not None:
            self.high = _swing(Extreme.HIGH, *top)
            found.append(self.high)
        if bottom is not None:
            self.low = _swing(Extreme.LOW, *bottom)
            found.append(self.low)
        return tuple(found)


class _Peaks:
    """The bars whose figure is above `bars` figures before and not below `bars` figures after them."""

    __slots__ = ("_bar", "_bars", "_candidate", "_falling")

    def __init__(self, bars: int) -> None:
        self._bars = bars
        self._bar = -1
        self._candidate: tuple[int, float, int] | None = None
        # The figures of the last `bars` bars that no later figure has passed, with their bars: never rising.
        self._falling: deque[tuple[float, int]] = deque()

    def update(self, figure: float) -> tuple[int, float, int] | None:
        """Takes the next figure; returns bar, figure and confirming bar of the peak that it confirms."""
        self._bar = bar = self._bar + 1
        falling = self._falling
        if falling and falling[0][1] < bar - self._bars:
            falling.popleft()
        while falling and falling[-1][0] < figure:
            falling.pop()
        highest = not falling
        falling.append((figure, bar))
        if highest:
            self._candidate = (bar, figure, bar + self._bars) if bar >= self._bars else None
            return None
        candidate = self._candidate
        if candidate is None or candidate[2] != bar:
            return None
        self._candidate = None
        return candidate


def swings(highs: FloatArray, lows: FloatArray, bars: int) -> list[Swing]:
    """One pass of `Swings` over prices of shape (n,) each: every swing, in the order in which it was confirmed."""
    found = [
        *(_swing(Extreme.HIGH, *peak) for peak in _peaks(highs, checked_period(bars))),
        *(_swing(Extreme.LOW, *peak) for peak in _peaks(-lows, bars)),
    ]
    return sorted(found, key=lambda swing: (swing.bar, -swing.extreme.value))


def _swing(extreme: Extreme, bar: int, figure: float, confirmed: int) -> Swing:
    return Swing(extreme, bar, extreme.value * figure, confirmed)


def _peaks(figures: FloatArray, bars: int) -> list[tuple[int, float, int]]:
    if len(figures) < 2 * bars + 1:
        return []
    tops = sliding_window_view(figures, bars).max(axis=1)
    middle = figures[bars:-bars]
    found = np.flatnonzero((middle > tops[: len(middle)]) & (middle >= tops[bars + 1 :])) + bars
    return [
        (bar, figure, bar + bars) for bar, figure in zip(found.tolist(), figures[found].tolist(), strict=True)
    ]
