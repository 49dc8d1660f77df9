"""The compiled loops over the half seconds of a book: factors of the sums that `domain.book.analysis.view` computes.

As in `level_kernel`, sums of products are left to numpy, because their order is that of its kernels.
"""

from __future__ import annotations

from math import inf
from typing import Any, Final

from numba import types

from adapters.compiled import compiled
from domain.book.analysis.bins import LONG, MINUTE, SHORT, Flow, State
from domain.book.analysis.ladder import BPS
from domain.book.analysis.view import AGGREGATE

RETURNS, DELTA, FLOW, OWN, OTHER = range(5)
"""Rows of 120 s: returns, bought - sold, order-flow imbalance, and for each of two pairs the returns of both books."""
PAIRS: Final = 2
LONG_ROWS: Final = 3 + 2 * PAIRS
IMBALANCE, SPREAD, SIGNED, BASIS = range(4)
"""Rows of 60 s whose sums are needed."""
MINUTE_ROWS: Final = 4
SQUARE, FALLS, CENTRED, CUBES, DELTAS, DELTA_CENTRED, DELTA_RETURNS, FLOWS, PAIR = range(9)
"""Sums of 240 products; from PAIR on `PAIR_PRODUCTS` for each pair."""
PAIR_PRODUCTS: Final = 4
LONG_PRODUCTS: Final = PAIR + PAIR_PRODUCTS * PAIRS
NEIGHBOURS, SUCCESSIVE, SHIFTED = range(3)
"""Sums of 239 products; from SHIFTED on `SHIFTED_PRODUCTS` for each pair."""
SHIFTED_PRODUCTS: Final = 3
SHORTER_PRODUCTS: Final = SHIFTED + SHIFTED_PRODUCTS * PAIRS
IMBALANCES, IMBALANCE_CUBES, SPREADS, BASES, KEPT = range(5)
"""Sums of 120 products."""
MINUTE_PRODUCTS: Final = 5
LOW, HIGH, IMPACTS = range(3)

_BOUGHT, _SOLD, _NOTIONAL, _SIGNED = (
    int(one) for one in (Flow.BOUGHT, Flow.SOLD, Flow.NOTIONAL, Flow.SIGNED_NOTIONAL)
)
_OFI, _MID, _LOG_MID = int(Flow.OFI), int(State.MID), int(State.LOG_MID)
_SPREAD, _IMBALANCE = int(State.SPREAD), int(State.IMBALANCE)
_LINE, _GRID, _INT, _VOID = types.float64[::1], types.float64[:, ::1], types.int64, types.void


@compiled(_VOID(_GRID, _INT, _LINE))
def _read_returns(columns: Any, end: int, returns: Any) -> None:
    begin = end - LONG
    for number in range(LONG):
        place = begin + number
        returns[number] = (columns[_LOG_MID, place] - columns[_LOG_MID, place - 1]) * BPS


@compiled(_VOID(_GRID, _INT, _GRID, _GRID, _GRID, _LINE, _LINE))
def read_windows(
    columns: Any, end: int, long: Any, minute: Any, impacts: Any, traded: Any, values: Any
) -> None:
    """Reads the windows of one book that end before the place `end` of its columns.

    `long` (LONG_ROWS, LONG) and `minute` (MINUTE_ROWS, MINUTE) get the rows, `impacts` (2, LONG) |return| and
    1 / value of the bins with trades. `traded` (2 · MINUTE,) gets the volumes of the 60 s that ended 10 s ago, and then
    bought - sold. `values` gets the lowest and highest mid price, and the number of impacts.
    """
    returns = long[RETURNS]
    _read_returns(columns, end, returns)
    begin, count, low, high = end - LONG, 0, inf, -inf
    for number in range(LONG):
        place = begin + number
        long[DELTA, number] = columns[_BOUGHT, place] - columns[_SOLD, place]
        long[FLOW, number] = columns[_OFI, place]
        low, high = min(low, columns[_MID, place]), max(high, columns[_MID, place])
        notional = columns[_NOTIONAL, place]
        if notional != 0.0:
            impacts[0, count], impacts[1, count] = abs(returns[number]), 1.0 / notional
            count += 1
    values[LOW], values[HIGH], values[IMPACTS] = low, high, count
    begin = end - MINUTE
    for number in range(MINUTE):
        place, earlier = begin + number, begin + number - SHORT
        minute[IMBALANCE, number] = columns[_IMBALANCE, place]
        minute[SPREAD, number] = columns[_SPREAD, place]
        minute[SIGNED, number] = columns[_SIGNED, earlier]
        traded[number] = columns[_BOUGHT, earlier] + columns[_SOLD, earlier]
        traded[MINUTE + number] = columns[_BOUGHT, earlier] - columns[_SOLD, earlier]


@compiled(_VOID(_GRID, _INT, _GRID, _INT, _INT, _GRID, _GRID, _GRID))
def read_pair(
    columns: Any, end: int, others: Any, other_end: int, pair: int, long: Any, shorter: Any, minute: Any
) -> None:
    """Reads the windows of a book and of another that end before these places of their columns.

    `shorter` (2 · PAIRS, LONG - 1) gets the returns of this book without the first, and of the other without the last.
    """
    own, other = long[OWN + 2 * pair], long[OTHER + 2 * pair]
    _read_returns(columns, end, own)
    _read_returns(others, other_end, other)
    shorter[2 * pair, :] = own[1:]
    shorter[2 * pair + 1, :] = other[: LONG - 1]
    for number in range(MINUTE):
        here, there = end - MINUTE + number, other_end - MINUTE + number
        minute[BASIS, number] = (columns[_LOG_MID, here] - others[_LOG_MID, there]) * BPS


@compiled(_VOID(_GRID, _LINE, _GRID, _GRID, _GRID, _GRID, _LINE))
def _windows_factors(
    long: Any, totals: Any, left: Any, right: Any, shorter_left: Any, shorter_right: Any, wide: Any
) -> None:
    mean, delta_mean, total = totals[RETURNS] / LONG, totals[DELTA] / LONG, 0.0
    for number in range(LONG):
        change = long[RETURNS, number]
        own, delta, fall = change - mean, long[DELTA, number] - delta_mean, min(change, 0.0)
        left[SQUARE, number], right[SQUARE, number] = change, change
        left[FALLS, number], right[FALLS, number] = fall, fall
        left[CENTRED, number], right[CENTRED, number] = own, own
        left[CUBES, number], right[CUBES, number] = own * own, own
        left[DELTAS, number], right[DELTAS, number] = delta, delta
        left[DELTA_CENTRED, number], right[DELTA_CENTRED, number] = own, delta
        left[DELTA_RETURNS, number], right[DELTA_RETURNS, number] = delta, change
        left[FLOWS, number], right[FLOWS, number] = long[FLOW, number], long[FLOW, number]
        # The sums from the first on, of which those of AGGREGATE returns are differences.
        wide[number] = total
        total += own
        if number:
            before = long[RETURNS, number - 1]
            shorter_left[NEIGHBOURS, number - 1] = abs(change)
            shorter_right[NEIGHBOURS, number - 1] = abs(before)
            shorter_left[SUCCESSIVE, number - 1] = own
            shorter_right[SUCCESSIVE, number - 1] = before - mean
    wide[LONG] = total
    for number in range(LONG + 1 - AGGREGATE):
        wide[number] = wide[number + AGGREGATE] - wide[number]


@compiled(_VOID(_GRID, _LINE, _GRID, _GRID))
def _pair_factors(long: Any, totals: Any, left: Any, right: Any) -> None:
    for pair in range(PAIRS):
        row, place = OWN + 2 * pair, PAIR + PAIR_PRODUCTS * pair
        own_mean, other_mean = totals[row] / LONG, totals[row + 1] / LONG
        for number in range(LONG):
            change = long[row, number]
            own, other = change - own_mean, long[row + 1, number] - other_mean
            left[place, number], right[place, number] = own, own
            left[place + 1, number], right[place + 1, number] = other, other
            left[place + 2, number], right[place + 2, number] = own, other
            left[place + 3, number], right[place + 3, number] = other, change


@compiled(_VOID(_GRID, _LINE, _GRID, _GRID))
def _shifted_factors(shorter: Any, totals: Any, left: Any, right: Any) -> None:
    for pair in range(PAIRS):
        place = SHIFTED + SHIFTED_PRODUCTS * pair
        later_mean = totals[2 * pair] / (LONG - 1)
        earlier_mean = totals[2 * pair + 1] / (LONG - 1)
        for number in range(LONG - 1):
            later = shorter[2 * pair, number] - later_mean
            earlier = shorter[2 * pair + 1, number] - earlier_mean
            left[place, number], right[place, number] = later, later
            left[place + 1, number], right[place + 1, number] = earlier, earlier
            left[place + 2, number], right[place + 2, number] = later, earlier


@compiled(_VOID(_GRID, _LINE, _GRID, _INT, _LINE, _GRID, _GRID))
def _minute_factors(
    minute: Any, totals: Any, columns: Any, end: int, traded: Any, left: Any, right: Any
) -> None:
    imbalance, spread = totals[IMBALANCE] / MINUTE, totals[SPREAD] / MINUTE
    basis = totals[BASIS] / MINUTE
    for number in range(MINUTE):
        own = minute[IMBALANCE, number] - imbalance
        left[IMBALANCES, number], right[IMBALANCES, number] = own, own
        left[IMBALANCE_CUBES, number], right[IMBALANCE_CUBES, number] = own * own, own
        own = minute[SPREAD, number] - spread
        left[SPREADS, number], right[SPREADS, number] = own, own
        own = minute[BASIS, number] - basis
        left[BASES, number], right[BASES, number] = own, own
        left[KEPT, number] = traded[MINUTE + number]
        right[KEPT, number] = columns[_MID, end - MINUTE + number]


@compiled(
    _VOID(
        *(_GRID, _INT, _GRID, _GRID, _GRID, _LINE, _LINE, _LINE, _LINE),
        *(_GRID, _GRID, _GRID, _GRID, _GRID, _GRID, _LINE),
    )
)
def factors(
    columns: Any,
    end: int,
    long: Any,
    shorter: Any,
    minute: Any,
    traded: Any,
    long_totals: Any,
    shorter_totals: Any,
    minute_totals: Any,
    long_left: Any,
    long_right: Any,
    shorter_left: Any,
    shorter_right: Any,
    minute_left: Any,
    minute_right: Any,
    wide: Any,
) -> None:
    """Writes the factors of all sums of products; `wide` (LONG + 1,) gets the sums of `AGGREGATE` centred returns.

    The totals are the sums of the rows of `long`, `shorter` and `minute`.
    """
    _windows_factors(long, long_totals, long_left, long_right, shorter_left, shorter_right, wide)
    _pair_factors(long, long_totals, long_left, long_right)
    _shifted_factors(shorter, shorter_totals, shorter_left, shorter_right)
    _minute_factors(minute, minute_totals, columns, end, traded, minute_left, minute_right)
