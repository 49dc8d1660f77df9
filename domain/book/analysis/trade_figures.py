"""Figures of the trades of the market: volume, toxicity, impact, costs, profile."""

from __future__ import annotations

from collections.abc import Callable

from domain.book.analysis.bins import MINUTE, PER_SECOND, Flow
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
from domain.book.analysis.trades import (
    BUCKETS,
    TradeSums,
    anomaly,
    burstiness,
    large_share,
    mean_size,
    roll_spread,
    sign_correlation,
)
from domain.book.analysis.view import View, correlation_of, slope_of

# A member of an enumeration is looked up by a function call; these are read for each row.
_BOUGHT, _SOLD, _TRADES = Flow.BOUGHT, Flow.SOLD, Flow.TRADES
_NOTIONAL = Flow.NOTIONAL
_MONEY_FLOW, _SPREAD_PAID = Flow.MONEY_FLOW, Flow.SPREAD_PAID


def _trades(of: Callable[[TradeSums], float | None]) -> Value:
    return lambda view: None if view.trade_sums is None else of(view.trade_sums)


def _run(view: View) -> float | None:
    trades = view.analysis.trades
    return float(trades.run) if view.is_fresh and trades.count else None


def _profile(of: Callable[[ProfileShape, float], float | None]) -> Value:
    def value(view: View) -> float | None:
        shape, ladder = view.profile, view.ladder
        return None if shape is None or ladder is None else of(shape, ladder.mid)

    return value


def _volume_delta(sums: list[float]) -> float | None:
    return over(sums[_BOUGHT] - sums[_SOLD], sums[_BOUGHT] + sums[_SOLD])


def _delta_correlation(view: View) -> float | None:
    sums, returns = view.delta_sums, view.return_sums
    if sums is None or returns is None:
        return None
    return correlation_of(sums.with_centred, returns.centred_square, sums.square)


def _kyle(view: View) -> float | None:
    return None if view.delta_sums is None else slope_of(view.delta_sums.with_returns, view.delta_sums.square)


def _amihud(view: View) -> float | None:
    if view.impacts is None:
        return None
    found, count = view.impacts
    return found * 1e6 / count if count else None


def _effective_spread(view: View) -> float | None:
    if view.minute is None or view.volume is None or view.ladder is None:
        return None
    paid = over(view.minute[_SPREAD_PAID], view.volume)
    return None if paid is None else paid * BPS / view.ladder.mid


def _realised_spread(view: View) -> float | None:
    if view.realised is None or view.ladder is None:
        return None
    kept, volume = view.realised
    paid = over(kept, volume)
    return None if paid is None else paid * BPS / view.ladder.mid


def _average_traded(view: View) -> float | None:
    if view.minute is None or view.volume is None or view.ladder is None:
        return None
    price = over(view.minute[_NOTIONAL], view.volume)
    return None if price is None else (view.ladder.mid - price) * BPS / price


def _absorption(view: View) -> float | None:
    ratio = view.volume_ratio
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
        of_minute(lambda sums: sums[_TRADES] * PER_SECOND / MINUTE),
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
        lambda view: view.volume_ratio,
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
        _trades(roll_spread),
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
        of_minute(lambda sums: over(sums[_MONEY_FLOW], sums[_BOUGHT] + sums[_SOLD])),
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
    row("trade_size", "mean size of a trade", "base", _200, TRADES, FEW_TRADES, _trades(mean_size)),
    row(
        "trade_anomaly",
        "(largest ln size - mean) / standard deviation",
        "deviations",
        _200,
        TRADES,
        f"{FEW_TRADES}, or all sizes are equal",
        _trades(anomaly),
    ),
    row(
        "large_share",
        "part of the volume in the largest tenth of the trades",
        "0..1",
        _200,
        TRADES,
        FEW_TRADES,
        _trades(large_share),
    ),
    row(
        "sign_correlation",
        "correlation of the sides of successive trades",
        "-1..1",
        _200,
        f"{TRADES}; Lillo and Farmer (2004)",
        f"{FEW_TRADES}, or all are of one side",
        _trades(sign_correlation),
    ),
    row(
        "burstiness",
        "(deviation - mean) / (deviation + mean) of the times between trades",
        "-1..1",
        _200,
        f"{TRADES}; Goh and Barabási (2008)",
        f"{FEW_TRADES}, or all are of one time",
        _trades(burstiness),
    ),
    row(
        "run",
        "number of the last trades of one side; negative for sales",
        "trades",
        "",
        TRADES,
        "there was no trade",
        _run,
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
