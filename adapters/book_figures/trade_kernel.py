"""The compiled loop over the last trades of a market; sums of products are left to numpy, as in `level_kernel`."""

from __future__ import annotations

from typing import Any, Final

from numba import types

from adapters.compiled import compiled
from domain.book.analysis.ladder import BPS
from domain.book.analysis.trades import KEPT

SUCCESSIVE, AFTER, BEFORE = range(3)
"""Sums of products of changes."""
CHANGES: Final = KEPT - 2
SIDES, WAITS = range(2)
"""Sums of products of neighbours."""
NEIGHBOURS: Final = KEPT - 1
MEAN_SIDE, SPAN = range(2)

_PRICE, _SIZE, _SIDE, _TIME = range(4)
_LINE, _GRID, _INT, _VOID = types.float64[::1], types.float64[:, ::1], types.int64, types.void


@compiled(_VOID(_GRID, _INT, _GRID, _GRID, _GRID, _GRID, _LINE, _LINE))
def read_trades(
    trades: Any, end: int, left: Any, right: Any, sides_left: Any, sides_right: Any, sizes: Any, values: Any
) -> None:
    """Reads the last `KEPT` trades before the place `end`.

    `left` and `right` (3, CHANGES) are the factors of sums of changes of price, but for the ones in `right`;
    `sides_left` and `sides_right` (2, NEIGHBOURS) those of sides and of the times between trades. `sizes` (KEPT,) gets
    the sizes, `values` the mean side and the time from the first trade to the last.
    """
    begin, total = end - KEPT, 0.0
    step = BPS / trades[end - 1, _PRICE]
    for number in range(KEPT):
        sizes[number] = trades[begin + number, _SIZE]
        total += trades[begin + number, _SIDE]
    mean = total / KEPT
    values[MEAN_SIDE], values[SPAN] = mean, trades[end - 1, _TIME] - trades[begin, _TIME]
    for number in range(NEIGHBOURS):
        place = begin + number + 1
        change = (trades[place, _PRICE] - trades[place - 1, _PRICE]) * step
        if number:
            left[SUCCESSIVE, number - 1] = left[AFTER, number - 1] = change
        if number < CHANGES:
            right[SUCCESSIVE, number] = left[BEFORE, number] = change
        wait = trades[place, _TIME] - trades[place - 1, _TIME]
        sides_left[SIDES, number], sides_right[SIDES, number] = (
            trades[place, _SIDE] - mean,
            trades[place - 1, _SIDE] - mean,
        )
        sides_left[WAITS, number], sides_right[WAITS, number] = wait, wait
