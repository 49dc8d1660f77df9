"""Figures of the mid price: volatility, its parts, rates of change, thresholds by volatility."""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt

import numpy as np

from domain.book.analysis.bins import LONG, MINUTE, PER_SECOND, SHORT, Bins, State, total
from domain.book.analysis.figure import FEW_LEVELS, LEVELS, STILL, YOUNG, Figure, Value, of_returns, over, row
from domain.book.analysis.ladder import BPS, Floats
from domain.book.analysis.view import View, moments

Moments = tuple[float, float, float]

_AGGREGATE = 10
"""The bins that the variance ratio adds up: 5 s."""


def _bipower(returns: Floats) -> float:
    sizes = np.abs(returns)
    return float(sizes[1:] @ sizes[:-1]) * pi / 2.0


def _jump_share(view: View) -> float | None:
    if view.returns is None or view.variance is None:
        return None
    return max(0.0, 1.0 - _bipower(view.returns) / (view.variance * LONG))


def _down_share(view: View) -> float | None:
    if view.returns is None or view.variance is None:
        return None
    down = np.minimum(view.returns, 0.0)
    return float(down @ down) / (view.variance * LONG)


def _skew(found: Moments) -> float | None:
    _, second, third = found
    return third / second**1.5 if second > 1e-12 else None


def _autocorrelation(returns: Floats) -> float | None:
    centred = returns - total(returns) / len(returns)
    square = float(centred @ centred)
    return float(centred[1:] @ centred[:-1]) / square if square > 1e-12 else None


def _variance_ratio(returns: Floats) -> float | None:
    count, width = len(returns), _AGGREGATE
    mean = total(returns) / count
    centred = returns - mean
    square = float(centred @ centred)
    if square <= 1e-12:
        return None
    sums = np.concatenate(((0.0,), centred.cumsum()))
    wide = sums[width:] - sums[:-width]
    return float(wide @ wide) * count / ((count - width + 1) * width * square)


def _acceleration(view: View) -> float | None:
    move, before = view.move, _earlier_move(view.bins)
    return None if move is None or before is None else (move - before) * PER_SECOND**2 / SHORT**2


def _earlier_move(bins: Bins) -> float | None:
    now, before = bins.value(State.MID, SHORT), bins.value(State.MID, 2 * SHORT)
    return None if now is None or before is None else (now - before) * BPS / before


def _move_excess(view: View) -> float | None:
    return None if view.move is None or view.noise is None else view.move / (2.0 * view.noise)


def _range_place(view: View) -> float | None:
    mids = view.bins.column(State.MID, LONG)
    if mids is None or view.ladder is None:
        return None
    low, high = float(mids.min()), float(mids.max())
    return over(float(mids[-1]) - low, high - low)


def _spread_excess(view: View) -> float | None:
    spreads = view.bins.column(State.SPREAD, MINUTE)
    if spreads is None or view.ladder is None:
        return None
    mean, second, _ = moments(spreads)
    return (view.ladder.spread - mean) / sqrt(second) if second > 1e-12 else None


def _imbalance_change(view: View) -> float | None:
    now, before = view.bins.value(State.IMBALANCE), view.bins.value(State.IMBALANCE, SHORT)
    return None if now is None or before is None else (now - before) * PER_SECOND / SHORT


def _imbalance_acceleration(view: View) -> float | None:
    values = [view.bins.value(State.IMBALANCE, back) for back in (0, SHORT, 2 * SHORT)]
    now, before, first = values
    if now is None or before is None or first is None:
        return None
    return (now - 2.0 * before + first) * PER_SECOND**2 / SHORT**2


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
        of_returns(lambda returns: sqrt(float(returns @ returns))),
    ),
    row(
        "bipower",
        "sqrt(π / 2 · Σ |r| · |r before|)",
        "bps",
        _2_MINUTES,
        f"{LEVELS}; Barndorff-Nielsen and Shephard (2004)",
        YOUNG,
        of_returns(lambda returns: sqrt(_bipower(returns))),
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
        of_returns(lambda returns: _skew(moments(returns))),
    ),
    row(
        "return_correlation",
        "autocorrelation of r, one step",
        "-1..1",
        _2_MINUTES,
        LEVELS,
        STILL,
        of_returns(_autocorrelation),
    ),
    row(
        "variance_ratio",
        f"variance of the sums of {_AGGREGATE} r / ({_AGGREGATE} · variance of r)",
        "ratio",
        _2_MINUTES,
        f"{LEVELS}; Lo and MacKinlay (1988)",
        STILL,
        of_returns(_variance_ratio),
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
