"""Figures of two books: with another instrument, and with the same instrument on another exchange."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

from domain.book.analysis.figure import Figure, Value, row
from domain.book.analysis.view import PairSums, View, correlation_of, slope_of


def _basis_excess(view: View) -> float | None:
    if view.basis is None:
        return None
    last, mean, second = view.basis
    return (last - mean) / sqrt(second) if second > 1e-12 else None


def _correlation(sums: PairSums) -> float | None:
    return correlation_of(sums.product, sums.own, sums.other)


def _beta(sums: PairSums) -> float | None:
    return slope_of(sums.slope, sums.other)


def _lead(sums: PairSums) -> float | None:
    return correlation_of(sums.lead, sums.later, sums.earlier)


def _of_reference(of: Callable[[PairSums], float | None]) -> Value:
    return lambda view: None if view.reference_sums is None else of(view.reference_sums)


def _of_venue(of: Callable[[PairSums], float | None]) -> Value:
    return lambda view: None if view.venue_sums is None else of(view.venue_sums)


_REFERENCE, _VENUE = "levels of both instruments", "levels of both exchanges"
_NO_REFERENCE = (
    "no book of the reference, either is younger than the window or 10 s behind, or nothing varies"
)
_NO_VENUE = "no book of another exchange, either is younger than the window or 10 s behind, or nothing varies"
_2_MINUTES = "120 s"

PAIR_FIGURES: tuple[Figure, ...] = (
    row(
        "reference_correlation",
        "correlation of r with that of the reference instrument",
        "-1..1",
        _2_MINUTES,
        _REFERENCE,
        _NO_REFERENCE,
        _of_reference(_correlation),
    ),
    row(
        "reference_beta",
        "slope of r on that of the reference",
        "ratio",
        _2_MINUTES,
        _REFERENCE,
        _NO_REFERENCE,
        _of_reference(_beta),
    ),
    row(
        "reference_lead",
        "correlation of r with that of the reference half a second before",
        "-1..1",
        _2_MINUTES,
        _REFERENCE,
        _NO_REFERENCE,
        _of_reference(_lead),
    ),
    row(
        "venue_basis",
        "ln(mid / mid on the other exchange)",
        "bps",
        "",
        _VENUE,
        _NO_VENUE,
        lambda view: None if view.basis is None else view.basis[0],
    ),
    row(
        "venue_basis_excess",
        "(venue_basis - mean) / standard deviation",
        "deviations",
        "60 s",
        _VENUE,
        _NO_VENUE,
        _basis_excess,
    ),
    row(
        "venue_correlation",
        "correlation of r with that on the other exchange",
        "-1..1",
        _2_MINUTES,
        _VENUE,
        _NO_VENUE,
        _of_venue(_correlation),
    ),
    row(
        "venue_lead",
        "correlation of r with that on the other exchange half a second before",
        "-1..1",
        _2_MINUTES,
        _VENUE,
        _NO_VENUE,
        _of_venue(_lead),
    ),
)
