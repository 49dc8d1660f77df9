"""Figures of the changes of levels: order-flow imbalance, additions, cancellations, lifetimes, icebergs."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

from domain.book.analysis.bins import LONG, MINUTE, PER_SECOND, SHORT, Flow
from domain.book.analysis.figure import (
    BOTH,
    FLOW,
    NO_BOOK,
    NO_TRADES,
    STILL,
    YOUNG,
    Figure,
    Value,
    of_minute,
    over,
    row,
)
from domain.book.analysis.icebergs import REFILLS, Icebergs
from domain.book.analysis.ladder import Ladder, Side
from domain.book.analysis.order_flow import FLEETING_MS, OFI_LEVELS, WATCHED, SideFlow
from domain.book.analysis.view import View

# A member of an enumeration is looked up by a function call; these are read for each row.
_ADDED, _CANCELLED = Flow.ADDED, Flow.CANCELLED
_BOUGHT, _SOLD = Flow.BOUGHT, Flow.SOLD
_FLEETING, _LIFETIMES, _REMOVED_LEVELS = Flow.FLEETING, Flow.LIFETIMES, Flow.REMOVED_LEVELS
_HIDDEN_ASKS, _HIDDEN_BIDS = Flow.HIDDEN_ASKS, Flow.HIDDEN_BIDS
_OFI = Flow.OFI


def _order_flow(of: Flow) -> Value:
    def value(view: View) -> float | None:
        short, size = view.short, view.best_sizes
        return None if short is None or size is None else short[of] * SHORT / size

    return value


def _order_flow_excess(view: View) -> float | None:
    square = view.flow_square
    if square is None or view.short is None:
        return None
    return view.short[_OFI] / sqrt(square / LONG * SHORT) if square > 0.0 else None


def _rate(of: Flow) -> Value:
    return of_minute(lambda sums: sums[of] * PER_SECOND / MINUTE)


def _of_volume(sums: list[float], of: Flow) -> float | None:
    return over(sums[of], sums[_BOUGHT] + sums[_SOLD])


def _age(of: Callable[[View], SideFlow]) -> Value:
    def value(view: View) -> float | None:
        if not view.is_fresh:
            return None
        ages = sorted(of(view).born.values())
        count = len(ages)
        return (view.analysis.last_ms - (ages[(count - 1) // 2] + ages[count // 2]) / 2.0) / 1_000.0

    return value


def _still(view: View) -> float | None:
    return (view.analysis.last_ms - view.analysis.mid_since) / 1_000.0 if view.is_fresh else None


def _time_to_deplete(side: Callable[[Ladder], Side], taken: Flow) -> Value:
    def value(view: View) -> float | None:
        if view.ladder is None or view.short is None:
            return None
        return over(side(view.ladder).best_size * SHORT, view.short[taken] * PER_SECOND)

    return value


def _iceberg(of: Callable[[View], Icebergs]) -> Value:
    return lambda view: (
        of(view).largest(view.analysis.last_ms) if view.is_fresh and view.short is not None else None
    )


_NONE_REMOVED = "the book is younger than the window, or no level was removed in it"

FLOW_FIGURES: tuple[Figure, ...] = (
    row(
        "ofi",
        "Σ order-flow imbalance of the best levels / mean best size",
        "ratio",
        "10 s",
        f"{FLOW}; Cont, Kukanov and Stoikov (2014)",
        YOUNG,
        _order_flow(Flow.OFI),
    ),
    row(
        "ofi_levels",
        f"Σ order-flow imbalance, mean of {OFI_LEVELS} levels / mean best size",
        "ratio",
        "10 s",
        f"{FLOW}; Cont, Cucuringu and Zhang (2023)",
        YOUNG,
        _order_flow(Flow.MLOFI),
    ),
    row(
        "ofi_excess",
        "Σ order-flow imbalance of 10 s / its deviation, from the half seconds of 120 s",
        "deviations",
        "10 s, 120 s",
        FLOW,
        STILL,
        _order_flow_excess,
    ),
    row("added", f"size added to {WATCHED} levels", "base / s", "60 s", FLOW, YOUNG, _rate(Flow.ADDED)),
    row(
        "cancelled",
        f"size cancelled in {WATCHED} levels",
        "base / s",
        "60 s",
        BOTH,
        YOUNG,
        _rate(Flow.CANCELLED),
    ),
    row(
        "cancelled_to_added",
        "size cancelled / size added",
        "ratio",
        "60 s",
        BOTH,
        "the book is younger than the window, or nothing was added in it",
        of_minute(lambda sums: over(sums[_CANCELLED], sums[_ADDED])),
    ),
    row(
        "cancelled_to_traded",
        "size cancelled / size traded",
        "ratio",
        "60 s",
        BOTH,
        NO_TRADES,
        of_minute(lambda sums: _of_volume(sums, _CANCELLED)),
    ),
    row(
        "removed", f"levels removed from {WATCHED}", "1 / s", "60 s", FLOW, YOUNG, _rate(Flow.REMOVED_LEVELS)
    ),
    row(
        "lifetime",
        "mean lifetime of the removed levels",
        "s",
        "60 s",
        FLOW,
        _NONE_REMOVED,
        of_minute(lambda sums: over(sums[_LIFETIMES] / 1_000.0, sums[_REMOVED_LEVELS])),
    ),
    row(
        "fleeting",
        f"part of the removed levels that stood {FLEETING_MS / 1_000:g} s at most",
        "0..1",
        "60 s",
        f"{FLOW}; Hasbrouck and Saar (2009)",
        _NONE_REMOVED,
        of_minute(lambda sums: over(sums[_FLEETING], sums[_REMOVED_LEVELS])),
    ),
    row(
        "age_bid",
        f"median age of {WATCHED} bid levels",
        "s",
        "",
        FLOW,
        NO_BOOK,
        _age(lambda view: view.analysis.bids),
    ),
    row(
        "age_ask",
        f"median age of {WATCHED} ask levels",
        "s",
        "",
        FLOW,
        NO_BOOK,
        _age(lambda view: view.analysis.asks),
    ),
    row("updates", "number of changes of the book", "1 / s", "60 s", FLOW, YOUNG, _rate(Flow.UPDATES)),
    row(
        "best_changes",
        "number of changes of a best price",
        "1 / s",
        "60 s",
        FLOW,
        YOUNG,
        _rate(Flow.BEST_CHANGES),
    ),
    row("still", "time since a best price changed", "s", "", FLOW, NO_BOOK, _still),
    row(
        "depletion_bid",
        "size of the best bid / size sold by takers in a second",
        "s",
        "10 s",
        BOTH,
        NO_TRADES,
        _time_to_deplete(lambda one: one.bids, Flow.SOLD),
    ),
    row(
        "depletion_ask",
        "size of the best ask / size bought by takers in a second",
        "s",
        "10 s",
        BOTH,
        NO_TRADES,
        _time_to_deplete(lambda one: one.asks, Flow.BOUGHT),
    ),
    row(
        "hidden_bid",
        "size sold beyond what bid levels had shown / size traded",
        "ratio",
        "60 s",
        BOTH,
        NO_TRADES,
        of_minute(lambda sums: _of_volume(sums, _HIDDEN_BIDS)),
    ),
    row(
        "hidden_ask",
        "size bought beyond what ask levels had shown / size traded",
        "ratio",
        "60 s",
        BOTH,
        NO_TRADES,
        of_minute(lambda sums: _of_volume(sums, _HIDDEN_ASKS)),
    ),
    row(
        "iceberg_bid",
        f"largest refilled / shown size of a bid price with {REFILLS} refills; 0 without one",
        "ratio",
        "60 s",
        BOTH,
        YOUNG,
        _iceberg(lambda view: view.analysis.bid_icebergs),
    ),
    row(
        "iceberg_ask",
        f"largest refilled / shown size of an ask price with {REFILLS} refills; 0 without one",
        "ratio",
        "60 s",
        BOTH,
        YOUNG,
        _iceberg(lambda view: view.analysis.ask_icebergs),
    ),
)
