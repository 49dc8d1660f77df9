"""Fills in what the figures of half seconds read."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import numpy as np

from adapters.book_figures.window_kernel import (
    BASES,
    BASIS,
    CENTRED,
    CUBES,
    DELTA_CENTRED,
    DELTA_RETURNS,
    DELTAS,
    FALLS,
    FLOWS,
    HIGH,
    IMBALANCE,
    IMBALANCE_CUBES,
    IMBALANCES,
    IMPACTS,
    KEPT,
    LONG_PRODUCTS,
    LONG_ROWS,
    LOW,
    MINUTE_PRODUCTS,
    MINUTE_ROWS,
    NEIGHBOURS,
    PAIR,
    PAIR_PRODUCTS,
    PAIRS,
    SHIFTED,
    SHIFTED_PRODUCTS,
    SHORTER_PRODUCTS,
    SIGNED,
    SPREAD,
    SPREADS,
    SQUARE,
    SUCCESSIVE,
    factors,
    read_pair,
    read_windows,
)
from domain.book.analysis.bins import KEPT as KEPT_BINS
from domain.book.analysis.bins import LONG, MINUTE, Bins
from domain.book.analysis.ladder import Floats
from domain.book.analysis.once import Filling
from domain.book.analysis.view import AGGREGATE, DeltaSums, PairSums, ReturnSums, View

_WINDOWS = Filling(
    View,
    "return_sums",
    "delta_sums",
    "impacts",
    "flow_square",
    "realised",
    "mid_range",
    "spread_moments",
    "imbalance_moments",
)
_REFERENCE = Filling(View, "reference_sums")
_VENUE = Filling(View, "venue_sums", "basis")


class WindowPreparation:
    """A `Preparation` of the windows of a book whose longest is full; others are left to the view."""

    def __init__(self) -> None:
        self._long: Floats = np.zeros((LONG_ROWS, LONG))
        self._shorter: Floats = np.zeros((2 * PAIRS, LONG - 1))
        self._minute: Floats = np.zeros((MINUTE_ROWS, MINUTE))
        self._ones: Floats = np.ones(LONG)
        self._shorter_ones, self._minute_ones = self._ones[: LONG - 1], self._ones[:MINUTE]
        self._long_totals: Floats = np.empty(LONG_ROWS)
        self._shorter_totals: Floats = np.empty(2 * PAIRS)
        self._minute_totals: Floats = np.empty(MINUTE_ROWS)
        self._long_factors: Floats = np.zeros((2, LONG_PRODUCTS, LONG))
        self._shorter_factors: Floats = np.zeros((2, SHORTER_PRODUCTS, LONG - 1))
        self._minute_factors: Floats = np.zeros((2, MINUTE_PRODUCTS, MINUTE))
        self._impacts: Floats = np.empty((2, LONG))
        self._traded: Floats = np.empty(2 * MINUTE)
        self._wide: Floats = np.empty(LONG + 1)
        self._values: Floats = np.empty(3)

    def __call__(self, view: View) -> None:
        """See `Preparation`."""
        bins = view.bins
        if bins.count < KEPT_BINS:
            return
        columns, end = bins.table
        read_windows(
            columns,
            end,
            self._long,
            self._minute,
            self._impacts,
            self._traded,
            self._values,
        )
        has_reference = self._has_pair(view, view.reference, 0)
        has_venue = self._has_pair(view, view.venue, 1)
        np.vecdot(self._long, self._ones, out=self._long_totals)
        np.vecdot(self._shorter, self._shorter_ones, out=self._shorter_totals)
        np.vecdot(self._minute, self._minute_ones, out=self._minute_totals)
        (long_left, long_right), (shorter_left, shorter_right) = self._long_factors, self._shorter_factors
        minute_left, minute_right = self._minute_factors
        factors(
            columns,
            end,
            self._long,
            self._shorter,
            self._minute,
            self._traded,
            self._long_totals,
            self._shorter_totals,
            self._minute_totals,
            long_left,
            long_right,
            shorter_left,
            shorter_right,
            minute_left,
            minute_right,
            self._wide,
        )
        long: list[float] = np.vecdot(long_left, long_right).tolist()
        shorter: list[float] = np.vecdot(shorter_left, shorter_right).tolist()
        minute: list[float] = np.vecdot(minute_left, minute_right).tolist()
        self._fill(view, long, shorter, minute)
        if has_reference:
            _REFERENCE(view, (_pair_sums(long, shorter, 0),))
        if has_venue:
            basis = (self._minute.item(BASIS, -1), self._mean(BASIS), minute[BASES] / MINUTE)
            _VENUE(view, (_pair_sums(long, shorter, 1), basis))

    def _has_pair(self, view: View, other: Bins | None, pair: int) -> bool:
        """Reads the windows that both books have; False where they are not full."""
        backs = None if other is None else view.backs(other)
        if other is None or backs is None or other.count <= LONG + backs[1]:
            return False
        (columns, end), (others, other_end) = view.bins.table, other.table
        read_pair(
            columns,
            end - backs[0],
            others,
            other_end - backs[1],
            pair,
            self._long,
            self._shorter,
            self._minute,
        )
        return True

    def _fill(
        self, view: View, long: Sequence[float], shorter: Sequence[float], minute: Sequence[float]
    ) -> None:
        values: list[float] = self._values.tolist()
        count, wide = int(values[IMPACTS]), self._wide[: LONG + 1 - AGGREGATE]
        sizes, parts = self._impacts[:, :count]
        signed = self._minute_totals.item(SIGNED)
        sums = ReturnSums(
            square=long[SQUARE],
            products=shorter[NEIGHBOURS],
            falls=long[FALLS],
            centred_square=long[CENTRED],
            cubes=long[CUBES],
            successive=shorter[SUCCESSIVE],
            aggregates=float(wide @ wide),
        )
        deltas = DeltaSums(
            square=long[DELTAS], with_centred=long[DELTA_CENTRED], with_returns=long[DELTA_RETURNS]
        )
        mean = self._mean(IMBALANCE)
        imbalances = (mean, minute[IMBALANCES] / MINUTE, minute[IMBALANCE_CUBES] / MINUTE)
        _WINDOWS(
            view,
            (
                sums,
                deltas,
                (float(sizes @ parts), count),
                long[FLOWS],
                (2.0 * (signed - minute[KEPT]), float(np.add.reduce(self._traded[:MINUTE]))),
                (values[LOW], values[HIGH]),
                (self._mean(SPREAD), minute[SPREADS] / MINUTE),
                None if isnan(mean) else imbalances,
            ),
        )

    def _mean(self, row: int) -> float:
        """The mean of a row of 60 s."""
        return self._minute_totals.item(row) / MINUTE


def _pair_sums(long: Sequence[float], shorter: Sequence[float], pair: int) -> PairSums:
    place, shifted = PAIR + PAIR_PRODUCTS * pair, SHIFTED + SHIFTED_PRODUCTS * pair
    own, other, product, slope = long[place : place + PAIR_PRODUCTS]
    later, earlier, lead = shorter[shifted : shifted + SHIFTED_PRODUCTS]
    return PairSums(
        own=own, other=other, product=product, slope=slope, later=later, earlier=earlier, lead=lead
    )
