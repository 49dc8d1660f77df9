"""Figures of the mid price: volatility, its parts, rates of change, thresholds by volatility."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

from domain.book.analysis.bins import LONG, PER_SECOND, SHORT, State
from domain.book.analysis.figure import FEW_LEVELS, LEVELS, STILL, YOUNG, Figure, Value, known, over, row
from domain.book.analysis.view import AGGREGATE, ReturnSums, View

Moments = tuple[float, float, float]

# A member of an enumeration is looked up by a function call; these are read for each row.
_MID, _IMBALANCE = State.MID, State.IMBALANCE


def _root(square: float | None) -> float | None:
    return None if square is None else sqrt(square)


def _jump_share(view: View) -> float | None:
    if view.bipower is None or view.variance is None:
        return None
    return max(0.0, 1.0 - view.bipower / (view.variance * LONG))


def _down_share(view: View) -> float | None:
    if view.return_sums is None or view.variance is None:
        return None
    return view.return_sums.falls / (view.variance * LONG)


def _return_skew(sums: ReturnSums) -> float | None:
    return _skew((0.0, sums.centred_square / LONG, sums.cubes / LONG))


def _skew(found: Moments) -> float | None:
    _, second, third = found
    return third / second**1.5 if second > 1e-12 else None


def _autocorrelation(sums: ReturnSums) -> float | None:
    return sums.successive / sums.centred_square if sums.centred_square > 1e-12 else None


def _variance_ratio(sums: ReturnSums) -> float | None:
    if sums.centred_square <= 1e-12:
        return None
    return sums.aggregates * LONG / ((LONG - AGGREGATE + 1) * AGGREGATE * sums.centred_square)


def _of_returns(of: Callable[[ReturnSums], float | None]) -> Value:
    return lambda view: None if view.return_sums is None else of(view.return_sums)


def _acceleration(view: View) -> float | None:
    move, before = view.move, view.earlier_move
    return None if move is None or before is None else (move - before) * PER_SECOND**2 / SHORT**2


def _move_excess(view: View) -> float | None:
    return None if view.move is None or view.noise is None else view.move / (2.0 * view.noise)


def _range_place(view: View) -> float | None:
    if view.mid_range is None or view.last is None or view.ladder is None:
        return None
    low, high = view.mid_range
    return over(view.last[_MID] - low, high - low)


def _spread_excess(view: View) -> float | None:
    if view.spread_moments is None or view.ladder is None:
        return None
    mean, second = view.spread_moments
    return (view.ladder.spread - mean) / sqrt(second) if second > 1e-12 else None


def _imbalance_change(view: View) -> float | None:
    now, before = view.last, view.before
    if now is None or before is None:
        return None
    return known((now[_IMBALANCE] - before[_IMBALANCE]) * PER_SECOND / SHORT)


def _imbalance_acceleration(view: View) -> float | None:
    now, before, first = view.last, view.before, view.first
    if now is None or before is None or first is None:
        return None
    second = now[_IMBALANCE] - 2.0 * before[_IMBALANCE] + first[_IMBALANCE]
    return known(second * PER_SECOND**2 / SHORT**2)


def _imbalance(of: Callable[[Moments], float | None]) -> Value:
    return lambda view: None if view.imbalance_moments is None else of(view.imbalance_moments)


_NO_IMBALANCE = f"{YOUNG}, or {FEW_LEVELS} at a time in it"
_2_MINUTES = "120 s"

PRICE_FIGURES: tuple[Figure, ...] = (
    row(
        "volatility",
        "sqrt(Σ r²), r the logarithmic returns of half seconds",
        "bps",
        _2_MINUTES,
        f"{LEVELS}; Andersen and Bollerslev (1998)",
        YOUNG,
        lambda view: _root(view.square),
    ),
    row(
        "bipower",
        "sqrt(π / 2 · Σ |r| · |r before|)",
        "bps",
        _2_MINUTES,
        f"{LEVELS}; Barndorff-Nielsen and Shephard (2004)",
        YOUNG,
        lambda view: _root(view.bipower),
    ),
    row(
        "jump_share",
        "max(0, 1 - bipower² / volatility²)",
        "0..1",
        _2_MINUTES,
        f"{LEVELS}; Barndorff-Nielsen and Shephard (2004)",
        STILL,
        _jump_share,
    ),
    row(
        "down_share",
        "Σ r² of falls / Σ r²",
        "0..1",
        _2_MINUTES,
        f"{LEVELS}; Barndorff-Nielsen, Kinnebrock and Shephard (2010)",
        STILL,
        _down_share,
    ),
    row(
        "return_skew",
        "skewness of r",
        "",
        _2_MINUTES,
        LEVELS,
        STILL,
        _of_returns(_return_skew),
    ),
    row(
        "return_correlation",
        "autocorrelation of r, one step",
        "-1..1",
        _2_MINUTES,
        LEVELS,
        STILL,
        _of_returns(_autocorrelation),
    ),
    row(
        "variance_ratio",
        f"variance of the sums of {AGGREGATE} r / ({AGGREGATE} · variance of r)",
        "ratio",
        _2_MINUTES,
        f"{LEVELS}; Lo and MacKinlay (1988)",
        STILL,
        _of_returns(_variance_ratio),
    ),
    row(
        "move",
        "mid / mid 10 s before - 1: its rate of change",
        "bps",
        "10 s",
        LEVELS,
        YOUNG,
        lambda view: view.move,
    ),
    row(
        "acceleration",
        "(move - move 10 s before) / (10 s)²",
        "bps / s²",
        "20 s",
        LEVELS,
        YOUNG,
        _acceleration,
    ),
    row(
        "noise",
        "volatility of 10 s, from the half seconds of 120 s",
        "bps",
        _2_MINUTES,
        LEVELS,
        STILL,
        lambda view: view.noise,
    ),
    row(
        "move_excess",
        "move / (2 · noise): beyond -1..1 it exceeds the threshold by volatility",
        "ratio",
        "10 s, 120 s",
        LEVELS,
        STILL,
        _move_excess,
    ),
    row(
        "range_place",
        "(mid - lowest) / (highest - lowest) of the half seconds",
        "0..1",
        _2_MINUTES,
        LEVELS,
        STILL,
        _range_place,
    ),
    row(
        "spread_excess",
        "(spread - mean) / standard deviation",
        "deviations",
        "60 s",
        LEVELS,
        STILL,
        _spread_excess,
    ),
    row(
        "imbalance_mean",
        "mean of imbalance_5",
        "-1..1",
        "60 s",
        LEVELS,
        _NO_IMBALANCE,
        _imbalance(lambda found: found[0]),
    ),
    row(
        "imbalance_deviation",
        "standard deviation of imbalance_5",
        "0..1",
        "60 s",
        LEVELS,
        _NO_IMBALANCE,
        _imbalance(lambda found: sqrt(found[1])),
    ),
    row(
        "imbalance_skew",
        "skewness of imbalance_5",
        "",
        "60 s",
        LEVELS,
        f"{_NO_IMBALANCE}, or nothing varies",
        _imbalance(_skew),
    ),
    row(
        "imbalance_change",
        "(imbalance_5 - that of 10 s before) / 10 s",
        "1 / s",
        "10 s",
        LEVELS,
        _NO_IMBALANCE,
        _imbalance_change,
    ),
    row(
        "imbalance_acceleration",
        "(x - 2 · x 10 s before + x 20 s before) / (10 s)², x imbalance_5",
        "1 / s²",
        "20 s",
        LEVELS,
        _NO_IMBALANCE,
        _imbalance_acceleration,
    ),
)
