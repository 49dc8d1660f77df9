"""Fills in what the figures of levels read."""

from __future__ import annotations

import numpy as np

from adapters.book_figures.level_kernel import (
    ANOMALY,
    BAND_SIZE,
    BAND_VALUE,
    BEST_SIZE,
    CENTRE,
    CLUSTER_SIZE,
    CLUSTERS,
    COST,
    COST_REACH,
    GAP,
    HOT_DENSITY,
    HOT_PLACE,
    LARGEST,
    NEAR_VALUE,
    PRESSURE,
    PRODUCTS,
    REACH,
    SLOPE,
    VALUES,
    finish_levels,
    read_levels,
)
from domain.book.analysis.ladder import FAR, READ, WIDE, Floats, Ladder, Side
from domain.book.analysis.once import Filling
from domain.book.analysis.view import View

_SIDE = Filling(
    Side,
    "best_size",
    "first_sums",
    "near_value",
    "band",
    "decayed",
    "pressure",
    "slope",
    "centre",
    "gap",
    "reach",
    "largest",
    "anomaly",
    "hot_spot",
    "clusters",
)
_LADDER = Filling(Ladder, "spread_of_sizes")
_VIEW = Filling(View, "buy", "sale")


class LevelPreparation:
    """A `Preparation` of the levels, where each side has `WIDE` of them or more; others are left to the view."""

    __slots__ = (
        "_first",
        "_left",
        "_logs",
        "_products",
        "_right",
        "_shares",
        "_sizes",
        "_values",
        "_weights",
    )

    def __init__(self) -> None:
        self._values: Floats = np.empty((2, VALUES))
        self._first: Floats = np.empty((2, WIDE))
        self._left: Floats = np.empty((2 * PRODUCTS, FAR))
        self._right: Floats = np.empty((2 * PRODUCTS, FAR))
        self._products: Floats = np.empty(2 * PRODUCTS)
        self._weights: Floats = np.empty(2 * READ)
        self._logs: Floats = np.empty(2 * WIDE + 2 * FAR)
        # Views of one line, so that numpy takes the logarithms of sizes and shares in one call.
        self._sizes, self._shares = self._logs[: 2 * WIDE], np.empty(2 * FAR)

    def __call__(self, view: View) -> None:
        """See `Preparation`."""
        ladder, size = view.ladder, view.size
        if ladder is None or size is None or not (_is_read(ladder.bids) and _is_read(ladder.asks)):
            return
        bids, asks = ladder.bids, ladder.asks
        count = bids.count + asks.count
        read_levels(
            bids.prices,
            bids.sizes,
            asks.prices,
            asks.sizes,
            ladder.mid,
            size,
            self._values,
            self._first,
            self._left,
            self._right,
            self._weights,
            self._sizes,
            self._shares,
        )
        logs, weights = self._logs, self._weights[:count]
        logs[2 * WIDE :] = self._shares
        np.log(logs, out=logs)
        np.exp(weights, out=weights)
        np.vecdot(self._left, self._right, out=self._products)
        finish_levels(self._values, self._first, self._products, self._sizes)
        below, above = self._values.tolist()
        first_below, first_above = self._first.tolist()
        _SIDE(bids, _members(below, first_below, float(weights[: bids.count] @ bids.sizes)))
        _SIDE(asks, _members(above, first_above, float(weights[bids.count :] @ asks.sizes)))
        shares = self._shares
        _LADDER(ladder, ((float(shares @ shares), float(shares @ logs[2 * WIDE :])),))
        _VIEW(view, (_pair(above[COST], above[COST_REACH]), _pair(below[COST], below[COST_REACH])))


def _is_read(side: Side) -> bool:
    """Whether compiled code reads the side: numpy adds the products of other arrays in another order."""
    return side.count >= WIDE and side.prices.flags.c_contiguous and side.sizes.flags.c_contiguous


def _members(values: list[float], first: list[float], decayed: float) -> tuple[object, ...]:
    """The members of a side, in the order of `_SIDE`."""
    anomaly = values[ANOMALY]
    return (
        values[BEST_SIZE],
        first,
        values[NEAR_VALUE],
        _pair(values[BAND_SIZE], values[BAND_VALUE]),
        decayed,
        values[PRESSURE],
        values[SLOPE],
        values[CENTRE],
        values[GAP],
        values[REACH],
        values[LARGEST],
        None if anomaly != anomaly else anomaly,
        (values[HOT_PLACE], values[HOT_DENSITY]),
        (int(values[CLUSTERS]), values[CLUSTER_SIZE]),
    )


def _pair(one: float, other: float) -> tuple[float, float] | None:
    """Both values; None where the first is missing."""
    return None if one != one else (one, other)
