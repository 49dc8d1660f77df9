"""Figures of the trades of the market: volume, toxicity, impact, costs, profile."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from domain.book.analysis.bins import LONG, MINUTE, PER_SECOND, SHORT, Flow, State, total
from domain.book.analysis.figure import (
    BOTH,
    FEW_TRADES,
    NO_BOOK,
    NO_TRADES,
    STILL,
    TRADES,
    YOUNG,
    Figure,
    Value,
    of_minute,
    over,
    row,
)
from domain.book.analysis.ladder import BPS
from domain.book.analysis.profile import ProfileShape
from domain.book.analysis.trades import BUCKETS, Trades
from domain.book.analysis.view import View, correlation_of, slope_of

_REALISED = SHORT
"""The bins after which a trade is compared with the mid price."""


def _trades(of: Callable[[Trades], float | None]) -> Value:
    return lambda view: of(view.analysis.trades) if view.is_fresh else None


def _profile(of: Callable[[ProfileShape, float], float | None]) -> Value:
    def value(view: View) -> float | None:
        shape, ladder = view.profile, view.ladder
        return None if shape is None or ladder is None else of(shape, ladder.mid)

    return value


def _volume_delta(sums: list[float]) -> float | None:
    return over(sums[Flow.BOUGHT] - sums[Flow.SOLD], sums[Flow.BOUGHT] + sums[Flow.SOLD])


def _delta_correlation(view: View) -> float | None:
    if view.returns is None or view.delta is None:
        return None
    return correlation_of(view.returns, view.delta)


def _kyle(view: View) -> float | None:
    if view.returns is None or view.delta is None:
        return None
    return slope_of(view.returns, view.delta)


def _amihud(view: View) -> float | None:
    notional = view.bins.column(Flow.NOTIONAL, LONG)
    if view.returns is None or notional is None:
        return None
    places = notional.nonzero()[0]
    count = len(places)
    return float(np.abs(view.returns[places]) @ (1.0 / notional[places])) * 1e6 / count if count else None


def _effective_spread(view: View) -> float | None:
    if view.minute is None or view.ladder is None:
        return None
    paid = over(view.minute[Flow.SPREAD_PAID], view.minute[Flow.BOUGHT] + view.minute[Flow.SOLD])
    return None if paid is None else paid * BPS / view.ladder.mid


def _realised_spread(view: View) -> float | None:
    bins, ladder = view.bins, view.ladder
    later = bins.column(State.MID, MINUTE)
    signed = bins.column(Flow.SIGNED_NOTIONAL, MINUTE, _REALISED)
    bought, sold = bins.column(Flow.BOUGHT, MINUTE, _REALISED), bins.column(Flow.SOLD, MINUTE, _REALISED)
    if later is None or signed is None or bought is None or sold is None or ladder is None:
        return None
    kept = 2.0 * (total(signed) - float((bought - sold) @ later))
    paid = over(kept, float((bought + sold).sum()))
    return None if paid is None else paid * BPS / ladder.mid


def _average_traded(view: View) -> float | None:
    if view.minute is None or view.ladder is None:
        return None
    price = over(view.minute[Flow.NOTIONAL], view.minute[Flow.BOUGHT] + view.minute[Flow.SOLD])
    return None if price is None else (view.ladder.mid - price) * BPS / price


def _volume_ratio(view: View) -> float | None:
    if view.short is None or view.long is None:
        return None
    short, whole = (sums[Flow.BOUGHT] + sums[Flow.SOLD] for sums in (view.short, view.long))
    return over(short * LONG, whole * SHORT)


def _absorption(view: View) -> float | None:
    ratio = _volume_ratio(view)
    if ratio is None or view.move is None or view.noise is None:
        return None
    return ratio / (1.0 + abs(view.move) / view.noise)


def _value_place(shape: ProfileShape, mid: float) -> float | None:
    return (mid - shape.low) / (shape.high - shape.low)


_200 = "200 trades"
_5_MINUTES = "300 s"
_NO_PROFILE = "nothing was traded in the window"

TRADE_FIGURES: tuple[Figure, ...] = (
    row(
        "trade_rate",
        "number of trades",
        "1 / s",
        "60 s",
        TRADES,
        YOUNG,
        of_minute(lambda sums: sums[Flow.TRADES] * PER_SECOND / MINUTE),
    ),
    row(
        "volume_delta",
        "(bought - sold) / (bought + sold)",
        "-1..1",
        "60 s",
        TRADES,
        NO_TRADES,
        of_minute(_volume_delta),
    ),
    row(
        "cumulative_delta",
        "Σ bought - sold since midnight UTC, or since the first trade",
        "base",
        "the day",
        TRADES,
        NO_BOOK,
        lambda view: view.analysis.delta if view.is_fresh else None,
    ),
    row(
        "volume_ratio",
        "12 · volume of 10 s / volume of 120 s",
        "ratio",
        "120 s",
        TRADES,
        NO_TRADES,
        _volume_ratio,
    ),
    row(
        "delta_correlation",
        "correlation of bought - sold with the return, half seconds",
        "-1..1",
        "120 s",
        BOTH,
        STILL,
        _delta_correlation,
    ),
    row(
        "vpin",
        f"Σ |bought - sold| / Σ volume over {BUCKETS} buckets of equal volume",
        "0..1",
        f"{BUCKETS} buckets",
        f"{TRADES}; Easley, López de Prado and O'Hara (2012)",
        "fewer than 50 buckets are full",
        lambda view: view.analysis.vpin.value if view.is_fresh else None,
    ),
    row(
        "kyle_lambda",
        "slope of the return on bought - sold, half seconds",
        "bps / base",
        "120 s",
        f"{BOTH}; Kyle (1985)",
        STILL,
        _kyle,
    ),
    row(
        "amihud",
        "mean of |return| / value traded, half seconds with trades",
        "bps / million quote",
        "120 s",
        f"{BOTH}; Amihud (2002)",
        NO_TRADES,
        _amihud,
    ),
    row(
        "roll_spread",
        "2 · sqrt(-cov of successive changes of the trades' price)",
        "bps",
        _200,
        f"{TRADES}; Roll (1984)",
        f"{FEW_TRADES}, or the covariance is not negative",
        _trades(Trades.roll_spread),
    ),
    row(
        "effective_spread",
        "mean of 2 · side · (price - mid), weighted by size",
        "bps",
        "60 s",
        f"{BOTH}; Huang and Stoll (1996)",
        NO_TRADES,
        _effective_spread,
    ),
    row(
        "realised_spread",
        "as effective_spread, with the mid 10 s later",
        "bps",
        "60 s, ending 10 s ago",
        f"{BOTH}; Huang and Stoll (1996)",
        NO_TRADES,
        _realised_spread,
    ),
    row(
        "vwap_distance",
        "mid / volume-weighted average price - 1",
        "bps",
        "60 s",
        BOTH,
        NO_TRADES,
        _average_traded,
    ),
    row(
        "money_flow",
        "Σ (2 · close - high - low) / (high - low) · volume / Σ volume, half seconds",
        "-1..1",
        "60 s",
        f"{TRADES}; Chaikin's accumulation and distribution",
        NO_TRADES,
        of_minute(lambda sums: over(sums[Flow.MONEY_FLOW], sums[Flow.BOUGHT] + sums[Flow.SOLD])),
    ),
    row(
        "absorption",
        "volume_ratio / (1 + |move| / noise): much volume, little movement",
        "ratio",
        "10 s, 120 s",
        BOTH,
        STILL,
        _absorption,
    ),
    row("trade_size", "mean size of a trade", "base", _200, TRADES, FEW_TRADES, _trades(Trades.mean_size)),
    row(
        "trade_anomaly",
        "(largest ln size - mean) / standard deviation",
        "deviations",
        _200,
        TRADES,
        f"{FEW_TRADES}, or all sizes are equal",
        _trades(Trades.anomaly),
    ),
    row(
        "large_share",
        "part of the volume in the largest tenth of the trades",
        "0..1",
        _200,
        TRADES,
        FEW_TRADES,
        _trades(Trades.large_share),
    ),
    row(
        "sign_correlation",
        "correlation of the sides of successive trades",
        "-1..1",
        _200,
        f"{TRADES}; Lillo and Farmer (2004)",
        f"{FEW_TRADES}, or all are of one side",
        _trades(Trades.sign_correlation),
    ),
    row(
        "burstiness",
        "(deviation - mean) / (deviation + mean) of the times between trades",
        "-1..1",
        _200,
        f"{TRADES}; Goh and Barabási (2008)",
        f"{FEW_TRADES}, or all are of one time",
        _trades(Trades.burstiness),
    ),
    row(
        "run",
        "number of the last trades of one side; negative for sales",
        "trades",
        "",
        TRADES,
        "there was no trade",
        _trades(lambda one: float(one.run) if one.count else None),
    ),
    row(
        "control_distance",
        "mid / price with the largest volume (point of control) - 1, steps of 1 bp",
        "bps",
        _5_MINUTES,
        f"{BOTH}; Steidlmayer (2003)",
        _NO_PROFILE,
        _profile(lambda shape, mid: (mid - shape.control) * BPS / shape.control),
    ),
    row(
        "control_share",
        "volume at the point of control / volume",
        "0..1",
        _5_MINUTES,
        TRADES,
        _NO_PROFILE,
        _profile(lambda shape, _: shape.share),
    ),
    row(
        "value_place",
        "(mid - low) / (high - low) of the value area, which has 70 % of the volume",
        "ratio",
        _5_MINUTES,
        f"{BOTH}; Steidlmayer (2003)",
        _NO_PROFILE,
        _profile(_value_place),
    ),
    row(
        "value_width",
        "(high - low) / low of the value area",
        "bps",
        _5_MINUTES,
        TRADES,
        _NO_PROFILE,
        _profile(lambda shape, _: (shape.high - shape.low) * BPS / shape.low),
    ),
)
