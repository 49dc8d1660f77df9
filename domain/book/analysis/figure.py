"""A figure of a book: its row in the table, when it is missing, and the function that computes it."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from domain.book.analysis.ladder import Ladder, Side
from domain.book.analysis.view import View
from domain.features.feature_set import Feature

Value = Callable[[View], float | None]

NO_BOOK = "there is no book: none for 10 s, an empty side, or best prices that cross"
FEW_LEVELS = "a side has fewer levels"
YOUNG = "the book is younger than the window"
STILL = "the book is younger than the window, or nothing varies in it"
NO_TRADES = "the book is younger than the window, or nothing was traded in it"
FEW_TRADES = "fewer trades were taken"
LEVELS, FLOW, TRADES, BOTH = "levels", "changes of levels", "trades", "levels, trades"


class Figure(Struct, frozen=True):
    """A figure, why it is missing where it is, and the function that computes it; None is missing."""

    feature: Feature
    missing: str
    of: Value


def row(name: str, formula: str, units: str, window: str, source: str, missing: str, of: Value) -> Figure:
    """A row of the table; see `Feature`."""
    feature = Feature(name=name, formula=formula, units=units, window=window, source=source)
    return Figure(feature, missing, of)


def of_ladder(of: Callable[[Ladder], float | None]) -> Value:
    """A figure of both sides of the book."""
    return lambda view: None if view.ladder is None else of(view.ladder)


def of_sides(of: Callable[[Side, Side], float | None]) -> Value:
    """A figure that compares the sides of the book."""
    return lambda view: None if view.ladder is None else of(view.ladder.bids, view.ladder.asks)


def of_bids(of: Callable[[Side], float | None]) -> Value:
    """A figure of the bids."""
    return lambda view: None if view.ladder is None else of(view.ladder.bids)


def of_asks(of: Callable[[Side], float | None]) -> Value:
    """A figure of the asks."""
    return lambda view: None if view.ladder is None else of(view.ladder.asks)


def both(
    name: str, formula: str, units: str, source: str, missing: str, of: Callable[[Side], float | None]
) -> tuple[Figure, Figure]:
    """One formula for each side of the book."""
    return (
        row(f"{name}_bid", f"{formula}; bids", units, "", source, missing, of_bids(of)),
        row(f"{name}_ask", f"{formula}; asks", units, "", source, missing, of_asks(of)),
    )


def over(part: float, whole: float) -> float | None:
    """part / whole; None where `whole` is not above 0."""
    return part / whole if whole > 0.0 else None


def known(value: float) -> float | None:
    """The value; None for NaN, which is what a column has where its figure was missing."""
    return None if value != value else value


def of_minute(of: Callable[[list[float]], float | None]) -> Value:
    """A figure of the sums of 60 s."""
    return lambda view: None if view.minute is None else of(view.minute)
