"""The compiled loops over the levels of a book: what `domain.book.analysis.ladder.Side` computes once.

Each operation of floats is that of the plain version, in its order. Sums of products, logarithms and exponentials are
left to numpy, whose kernels add in an order of their own; so the factors are written side by side for it.
"""

from __future__ import annotations

from math import nan
from typing import Any, Final

import numpy as np
from numba import types

from adapters.compiled import compiled
from domain.book.analysis.ladder import (
    BAND,
    BPS,
    BUCKETS,
    DECAY,
    DENSE,
    FAR,
    GAPS,
    MAD_TO_DEVIATION,
    NEAR,
    WIDE,
)

(
    BEST_SIZE,
    NEAR_VALUE,
    BAND_SIZE,
    BAND_VALUE,
    COST,
    COST_REACH,
    GAP,
    REACH,
    LARGEST,
    HOT_PLACE,
    HOT_DENSITY,
    CLUSTERS,
    CLUSTER_SIZE,
    SLOPE,
    CENTRE,
    PRESSURE,
    ANOMALY,
) = range(17)
"""Places in the values of a side; NaN is missing."""
VALUES: Final = 17
PRODUCTS: Final = 4
"""The sums of products of each side: distances with sums of sizes, with themselves, with sizes, and sizes over them."""

_LINE, _GRID, _FLOAT, _INT = types.float64[::1], types.float64[:, ::1], types.float64, types.int64
_LEVELS = types.Array(types.float64, 1, "C", readonly=True)


@compiled(types.void(_LINE, _LEVELS, _LEVELS, _FLOAT, _FLOAT))
def _hot_spot(values: Any, prices: Any, sizes: Any, mid: float, whole: float) -> None:
    buckets = np.zeros(BUCKETS + 1)
    last = abs(prices[WIDE - 1] - mid)
    for number in range(WIDE):
        buckets[int(abs(prices[number] - mid) * float(BUCKETS) / last)] += sizes[number]
    buckets[BUCKETS - 1] += buckets[BUCKETS]
    densest = 0
    for number in range(1, BUCKETS):
        if buckets[number] > buckets[densest]:
            densest = number
    values[HOT_PLACE] = (densest + 0.5) * (values[REACH] / BUCKETS)
    values[HOT_DENSITY] = buckets[densest] * BUCKETS / whole


@compiled(types.void(_LINE, _LEVELS, _FLOAT))
def _clusters(values: Any, sizes: Any, least: float) -> None:
    number, inside, before, last = 0, 0.0, -2, -2
    for place in range(WIDE):
        if sizes[place] >= least:
            if place == before + 1:
                if last != before:
                    number += 1
                    inside += sizes[before]
                inside += sizes[place]
                last = place
            before = place
    values[CLUSTERS], values[CLUSTER_SIZE] = number, inside


@compiled(types.void(_LINE, _LEVELS, _LEVELS, _LINE, _FLOAT, _FLOAT))
def _swept(values: Any, prices: Any, sizes: Any, distances: Any, mid: float, order: float) -> None:
    """The band, and the cost of the order."""
    count, total, paid, in_band = len(prices), 0.0, 0.0, True
    values[BAND_SIZE] = values[BAND_VALUE] = values[COST] = values[COST_REACH] = nan
    if distances[count - 1] >= BAND:
        values[BAND_SIZE] = values[BAND_VALUE] = 0.0
    else:
        in_band = False
    is_filled = False
    for place in range(count):
        before, paid_before = total, paid
        total += sizes[place]
        paid += prices[place] * sizes[place]
        if place == NEAR - 1:
            values[NEAR_VALUE] = paid
        in_band = in_band and distances[place] <= BAND
        if in_band:
            values[BAND_SIZE], values[BAND_VALUE] = total, paid
        if not is_filled and total >= order:
            is_filled = True
            price = (paid_before + (order - before) * prices[place]) / order
            values[COST] = abs(price - mid) * BPS / mid
            values[COST_REACH] = distances[place] - distances[0]
        if is_filled and not in_band and place >= NEAR - 1:
            break


@compiled(types.void(_LINE, _LINE, _LEVELS, _LEVELS, _FLOAT, _FLOAT, _FLOAT, _GRID, _GRID, _LINE, _LINE))
def _side(
    values: Any,
    first: Any,
    prices: Any,
    sizes: Any,
    mid: float,
    way: float,
    order: float,
    left: Any,
    right: Any,
    weights: Any,
    ordered: Any,
) -> None:
    count, step = len(prices), way * BPS / mid
    distances = np.empty(count)
    for place in range(count):
        distances[place] = (prices[place] - mid) * step
        weights[place] = distances[place] * (-1.0 / DECAY)
    total, largest = 0.0, 0
    for place in range(WIDE):
        total += sizes[place]
        first[place] = total
        if sizes[place] > sizes[largest]:
            largest = place
    for place in range(FAR):
        distance = distances[place]
        left[0, place], right[0, place] = distance, first[place]
        left[1, place], right[1, place] = distance, distance
        left[2, place], right[2, place] = distance, sizes[place]
        left[3, place], right[3, place] = sizes[place], 1.0 / distance
    gap = distances[1] - distances[0]
    for place in range(2, GAPS):
        gap = max(gap, distances[place] - distances[place - 1])
    values[BEST_SIZE], values[GAP] = sizes[0], gap
    values[REACH], values[LARGEST] = distances[WIDE - 1], distances[largest]
    ordered[:] = np.sort(sizes[:WIDE])
    _clusters(values, sizes, DENSE * ((ordered[(WIDE - 1) // 2] + ordered[WIDE // 2]) / 2.0))
    _hot_spot(values, prices, sizes, mid, total)
    _swept(values, prices, sizes, distances, mid, order)


@compiled(
    types.void(
        _LEVELS, _LEVELS, _LEVELS, _LEVELS, _FLOAT, _FLOAT, _GRID, _GRID, _GRID, _GRID, _LINE, _LINE, _LINE
    )
)
def read_levels(
    bids: Any,
    bid_sizes: Any,
    asks: Any,
    ask_sizes: Any,
    mid: float,
    order: float,
    values: Any,
    first: Any,
    left: Any,
    right: Any,
    weights: Any,
    sizes: Any,
    shares: Any,
) -> None:
    """Reads the levels of both sides, at least `WIDE` of each.

    `values` (2, VALUES) and `first` (2, WIDE), the sums of the first sizes, have a row for each side. `left` and
    `right` (2 · PRODUCTS, FAR) are the factors of the sums of products. `weights` are the exponents of the bids and
    then of the asks, `sizes` (2 · WIDE,) the sizes in rising order of each side, `shares` (2 · FAR,) those of the best
    levels.
    """
    count = len(bids)
    _side(
        values[0],
        first[0],
        bids,
        bid_sizes,
        mid,
        -1.0,
        order,
        left[:PRODUCTS],
        right[:PRODUCTS],
        weights[:count],
        sizes[:WIDE],
    )
    _side(
        values[1],
        first[1],
        asks,
        ask_sizes,
        mid,
        1.0,
        order,
        left[PRODUCTS:],
        right[PRODUCTS:],
        weights[count:],
        sizes[WIDE:],
    )
    part = 1.0 / (first[0, FAR - 1] + first[1, FAR - 1])
    for place in range(FAR):
        shares[place] = bid_sizes[place] * part
        shares[FAR + place] = ask_sizes[place] * part


@compiled(types.void(_GRID, _GRID, _LINE, _LINE))
def finish_levels(values: Any, first: Any, products: Any, logs: Any) -> None:
    """Writes what follows from the sums of products (2 · PRODUCTS,) and the logarithms of the sizes (2 · WIDE,)."""
    for side in range(2):
        begin = side * PRODUCTS
        values[side, SLOPE] = products[begin] / products[begin + 1]
        values[side, CENTRE] = products[begin + 2] / first[side, FAR - 1]
        values[side, PRESSURE] = products[begin + 3]
        own = logs[side * WIDE : (side + 1) * WIDE]
        typical = (own[(WIDE - 1) // 2] + own[WIDE // 2]) / 2.0
        away = np.sort(np.abs(own - typical))
        spread = (away[(WIDE - 1) // 2] + away[WIDE // 2]) / 2.0 * MAD_TO_DEVIATION
        values[side, ANOMALY] = (own[WIDE - 1] - typical) / spread if spread > 0.0 else nan
