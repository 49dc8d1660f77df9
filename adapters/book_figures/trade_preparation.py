"""Fills in what the figures of single trades read."""

from __future__ import annotations

import numpy as np

from adapters.book_figures.trade_kernel import (
    AFTER,
    BEFORE,
    CHANGES,
    MEAN_SIDE,
    NEIGHBOURS,
    SIDES,
    SPAN,
    SUCCESSIVE,
    WAITS,
    read_trades,
)
from domain.book.analysis.bins import total
from domain.book.analysis.ladder import Floats
from domain.book.analysis.once import Filling
from domain.book.analysis.trades import KEPT, LARGEST, TradeSums
from domain.book.analysis.view import View

_VIEW = Filling(View, "trade_sums")


class TradePreparation:
    """A `Preparation` of the last trades, where there are `KEPT` of them; fewer are left to the view."""

    __slots__ = ("_changes", "_neighbours", "_sizes", "_values")

    def __init__(self) -> None:
        self._changes: Floats = np.ones((2, 3, CHANGES))
        self._neighbours: Floats = np.empty((2, 2, NEIGHBOURS))
        self._sizes: Floats = np.empty(KEPT)
        self._values: Floats = np.empty(2)

    def __call__(self, view: View) -> None:
        """See `Preparation`."""
        trades = view.analysis.trades
        if trades.count < KEPT:
            return
        (left, right), (sides_left, sides_right) = self._changes, self._neighbours
        table, end = trades.table
        read_trades(table, end, left, right, sides_left, sides_right, self._sizes, self._values)
        changes: list[float] = np.vecdot(left, right).tolist()
        neighbours: list[float] = np.vecdot(sides_left, sides_right).tolist()
        values: list[float] = self._values.tolist()
        sizes = self._sizes
        logs = np.log(sizes)
        logs -= total(logs) / KEPT
        sizes.partition(KEPT - LARGEST)
        sums = TradeSums(
            successive=changes[SUCCESSIVE],
            after=changes[AFTER],
            before=changes[BEFORE],
            mean_side=values[MEAN_SIDE],
            sides=neighbours[SIDES],
            span=values[SPAN],
            waits=neighbours[WAITS],
            logs=float(logs @ logs),
            largest_log=float(np.maximum.reduce(logs)),
            # Of the column itself: numpy adds what is not contiguous in another order.
            size=total(table[end - KEPT : end, 1]),
            largest=total(sizes[KEPT - LARGEST :]),
        )
        _VIEW(view, (sums,))
