"""Directional movement: how much of the range was a move up, and how much a move down."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

import numpy as np

from domain.indicators.period import checked_period
from domain.indicators.series import FloatArray, ending, total
from domain.indicators.true_range import true_range, true_ranges


class DirectionalMovement:
    """Wilder's +DI and -DI, 0..100: 100 * movement / true range.

    Movement and true range are running sums, updated by sum - sum / period + figure. Each sum starts as the total of
    bars 2 to `period` (the first bar has no bar before it); the first values come at bar `period + 1`. Both are 0 if
    the price has never moved. Source: Wilder (1978). ValueError for a period below 2.
    """

    __slots__ = ("_bar", "_down", "_missing", "_period", "_range", "_up", "minus", "plus")

    def __init__(self, period: int) -> None:
        self._period = checked_period(period)
        self._missing = period - 1
        self._bar: tuple[float, float, float] | None = None
        self._up = self._down = self._range = 0.0
        self.plus: float | None = None
        self.minus: float | None = None

    def update(self, high: float, low: float, close: float) -> None:
        """Takes the next bar and updates `plus` and `minus`, which are None before bar `period + 1`."""
        bar, self._bar = self._bar, (high, low, close)
        if bar is None:
            return
        rise, fall = high - bar[0], bar[1] - low
        up = rise if rise > fall and rise > 0.0 else 0.0
        down = fall if fall > rise and fall > 0.0 else 0.0
        self._add(up, down, true_range(high, low, bar[2]))

    def _add(self, up: float, down: float, span: float) -> None:
        if self._missing > 0:
            return self._gather(up, down, span)
        period = self._period
        self._up = up = self._up - self._up / period + up
        self._down = down = self._down - self._down / period + down
        self._range = span = self._range - self._range / period + span
        self.plus = 100.0 * (up / span) if span else 0.0
        self.minus = 100.0 * (down / span) if span else 0.0
        return None

    def _gather(self, up: float, down: float, span: float) -> None:
        self._missing -= 1
        self._up += up
        self._down += down
        self._range += span


def directional_movement(
    highs: FloatArray, lows: FloatArray, closes: FloatArray, period: int
) -> tuple[FloatArray, FloatArray]:
    """One pass of `DirectionalMovement` over prices of shape (n,) each: the series of +DI and of -DI."""
    rises, falls = highs[1:] - highs[:-1], lows[:-1] - lows[1:]
    ups = np.where((rises > falls) & (rises > 0.0), rises, 0.0)
    downs = np.where((falls > rises) & (falls > 0.0), falls, 0.0)
    spans = _sums(true_ranges(highs, lows, closes), period)
    plus, minus = (_percent(_sums(moves, period), spans) for moves in (ups, downs))
    return ending(plus, len(closes)), ending(minus, len(closes))


def _sums(figures: FloatArray, period: int) -> FloatArray:
    seeded = checked_period(period) - 1
    return ending(np.fromiter(_running(figures, seeded, period), np.float64), len(figures))


def _running(figures: FloatArray, seeded: int, period: int) -> Iterator[float]:
    sums = accumulate(
        figures[seeded:].tolist(),
        lambda previous, figure: previous - previous / period + figure,
        initial=total(figures[:seeded]),
    )
    next(sums)  # the seed is no value, because it sums one bar too few
    return sums


def _percent(moves: FloatArray, spans: FloatArray) -> FloatArray:
    return 100.0 * np.divide(moves, spans, out=np.zeros_like(spans), where=spans != 0.0)
