"""Figures of two books: with another instrument, and with the same instrument on another exchange."""

from __future__ import annotations

from math import sqrt

from domain.book.analysis.figure import Figure, row
from domain.book.analysis.view import View, correlation_of, lead_of, moments, slope_of


def _basis_excess(view: View) -> float | None:
    if view.basis is None:
        return None
    mean, second, _ = moments(view.basis)
    return (float(view.basis[-1]) - mean) / sqrt(second) if second > 1e-12 else None


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
        lambda view: None if view.with_reference is None else correlation_of(*view.with_reference),
    ),
    row(
        "reference_beta",
        "slope of r on that of the reference",
        "ratio",
        _2_MINUTES,
        _REFERENCE,
        _NO_REFERENCE,
        lambda view: None if view.with_reference is None else slope_of(*view.with_reference),
    ),
    row(
        "reference_lead",
        "correlation of r with that of the reference half a second before",
        "-1..1",
        _2_MINUTES,
        _REFERENCE,
        _NO_REFERENCE,
        lambda view: lead_of(view.with_reference),
    ),
    row(
        "venue_basis",
        "ln(mid / mid on the other exchange)",
        "bps",
        "",
        _VENUE,
        _NO_VENUE,
        lambda view: None if view.basis is None else float(view.basis[-1]),
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
        lambda view: None if view.with_venue is None else correlation_of(*view.with_venue),
    ),
    row(
        "venue_lead",
        "correlation of r with that on the other exchange half a second before",
        "-1..1",
        _2_MINUTES,
        _VENUE,
        _NO_VENUE,
        lambda view: lead_of(view.with_venue),
    ),
)
