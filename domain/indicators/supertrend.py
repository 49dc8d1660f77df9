"""SuperTrend: bands around the middle of the bar that are carried over until a close breaks one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.indicators.atr import Atr, atr
from domain.indicators.cross import Turn
from domain.indicators.series import FloatArray


class Supertrend:
    """The SuperTrend of a tape: `value` is the line in the unit of the prices, `side` +1 (up) or -1 (down).

    The bands are (high + low) / 2 -/+ `multiplier` * ATR(`period`). The lower band falls, and the upper band rises,
    only after a close beyond the band before; else the nearer one stays. A close above the upper band turns the side
    up, one below the lower band turns it down; the line is the lower band while the side is up, else the upper band.
    The first side is down, as in the source. `value` is None before bar `period + 1`. Source: Olivier Seban's
    SuperTrend as TradingView publishes `ta.supertrend` in its Pine reference, with Wilder's ATR seeded as TA-Lib
    seeds it. ValueError for a period below 2.
    """

    __slots__ = ("_atr", "_bands", "_close", "_multiplier", "broken", "side", "turned", "value")

    def __init__(self, period: int, multiplier: float) -> None:
        self._atr = Atr(period)
        self._multiplier = multiplier
        self._bands: _Bands | None = None
        self._close = 0.0
        self.value: float | None = None
        self.side: Turn = 0
        self.turned = False
        self.broken = 0.0

    @property
    def atr(self) -> float | None:
        """The ATR of the last bar."""
        return self._atr.value

    def update(self, high: float, low: float, close: float) -> float | None:
        """Takes the next bar; returns the line. `turned` is whether its close turned the side, by passing `broken`."""
        previous, self._close = self._close, close
        span = self._atr.update(high, low, close)
        if span is None:
            return None
        bands = self._bands
        lower, upper = _carried(high, low, previous, self._multiplier * span, bands)
        side, broken = _side(close, lower, upper, self.side)
        self._bands = (lower, upper)
        self.turned = bands is not None and side != self.side
        self.side, self.broken = side, broken
        self.value = value = lower if side == 1 else upper
        return value


_Bands = tuple[float, float]


@dataclass(frozen=True, slots=True)
class SupertrendSeries:
    """Line, side, turn (the new side at a turn, else 0), the band that a turn broke, and ATR: five of shape (n,)."""

    line: FloatArray
    side: NDArray[np.int8]
    turn: NDArray[np.int8]
    broken: FloatArray
    atr: FloatArray


def supertrend(
    highs: FloatArray, lows: FloatArray, closes: FloatArray, period: int, multiplier: float
) -> SupertrendSeries:
    """One pass of `Supertrend` over prices of shape (n,) each; nan and side 0 before bar `period + 1`."""
    spans = atr(highs, lows, closes, period)
    line, broken = np.full(len(closes), np.nan), np.full(len(closes), np.nan)
    sides, turns = np.zeros(len(closes), np.int8), np.zeros(len(closes), np.int8)
    bands: _Bands | None = None
    side: Turn = 0
    rows = zip(
        highs[period:].tolist(),
        lows[period:].tolist(),
        closes[period - 1 : -1].tolist(),
        closes[period:].tolist(),
        spans[period:].tolist(),
        strict=True,
    )
    for bar, (high, low, previous, close, span) in enumerate(rows, period):
        lower, upper = _carried(high, low, previous, multiplier * span, bands)
        before = side
        side, broken[bar] = _side(close, lower, upper, before)
        turns[bar] = side if bands is not None and side != before else 0
        sides[bar], line[bar] = side, lower if side == 1 else upper
        bands = (lower, upper)
    return SupertrendSeries(line, sides, turns, broken, spans)


def _carried(high: float, low: float, previous: float, distance: float, bands: _Bands | None) -> _Bands:
    """The bands of a bar; `previous` is the close of the bar before, `bands` are those of that bar."""
    middle = (high + low) / 2.0
    lower, upper = middle - distance, middle + distance
    if bands is None:
        return lower, upper
    below, above = bands
    return (
        lower if lower > below or previous < below else below,
        upper if upper < above or previous > above else above,
    )


def _side(close: float, lower: float, upper: float, before: Turn) -> tuple[Turn, float]:
    """The side after a close, and the band that turns it."""
    if before == 1:
        return (-1 if close < lower else 1), lower
    return (1 if before == -1 and close > upper else -1), upper
