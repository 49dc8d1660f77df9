"""Figures of the levels of a book: spread, imbalance, depth, costs, shape, clusters."""

from __future__ import annotations

from collections.abc import Callable
from math import log

from domain.book.analysis.bins import State
from domain.book.analysis.figure import (
    FEW_LEVELS,
    LEVELS,
    NO_BOOK,
    YOUNG,
    Figure,
    Value,
    both,
    known,
    of_ladder,
    of_sides,
    row,
)
from domain.book.analysis.ladder import BAND, BUCKETS, DECAY, DENSE, FAR, GAPS, NEAR, WIDE, Ladder, Side
from domain.book.analysis.view import View


def _imbalance(levels: int) -> Callable[[Ladder], float | None]:
    return lambda ladder: ladder.imbalance(levels)


def _value_within(side: Side) -> float | None:
    return None if side.band is None else side.band[1]


def _round_trip(view: View) -> float | None:
    buys, sells = view.buy, view.sale
    return None if buys is None or sells is None else buys[0] + sells[0]


def _near_share(bids: Side, asks: Side) -> float | None:
    below, above = bids.depth(FAR), asks.depth(FAR)
    if below is None or above is None:
        return None
    return (bids.first_sums[NEAR - 1] + asks.first_sums[NEAR - 1]) / (below + above)


def _depth_skew(bids: Side, asks: Side) -> float | None:
    below, above = bids.slope, asks.slope
    return None if below is None or above is None else log(below / above)


def _centre_difference(bids: Side, asks: Side) -> float | None:
    below, above = bids.centre, asks.centre
    return None if below is None or above is None else above - below


def _concentration(ladder: Ladder) -> float | None:
    found = ladder.spread_of_sizes
    return None if found is None else found[0]


def _entropy(ladder: Ladder) -> float | None:
    found = ladder.spread_of_sizes
    return None if found is None else -found[1] / log(2 * FAR)


def _density(side: Side) -> float | None:
    return None if side.reach is None else side.first_sums[WIDE - 1] / side.reach


def _cluster_count(bids: Side, asks: Side) -> float | None:
    below, above = bids.clusters, asks.clusters
    return None if below is None or above is None else float(below[0] + above[0])


def _hot_place(side: Side) -> float | None:
    return None if side.hot_spot is None else side.hot_spot[0]


def _hot_density(side: Side) -> float | None:
    return None if side.hot_spot is None else side.hot_spot[1]


def _change(of: State) -> Value:
    def value(view: View) -> float | None:
        now, before = view.last, view.before
        return None if now is None or before is None else known(now[of] - before[of])

    return value


def _relative_change(of: State) -> Value:
    def value(view: View) -> float | None:
        now, before = view.last, view.before
        return None if now is None or before is None else known(log(now[of] / before[of]))

    return value


_NO_REACH = "the levels end before that distance"
_NOT_ENOUGH = "the levels do not suffice for the order"
_TEN_SECONDS = "10 s"

LEVEL_FIGURES: tuple[Figure, ...] = (
    row(
        "spread", "(best ask - best bid) / mid", "bps", "", LEVELS, NO_BOOK, of_ladder(lambda one: one.spread)
    ),
    *(
        row(
            f"imbalance_{levels}",
            f"(B - A) / (B + A), B and A the sizes of {levels} bid and ask levels",
            "-1..1",
            "",
            f"{LEVELS}; Cao, Hansch and Wang (2009)",
            FEW_LEVELS,
            of_ladder(_imbalance(levels)),
        )
        for levels in (1, NEAR, FAR)
    ),
    row(
        "imbalance_band",
        f"(B - A) / (B + A) of the sizes up to {BAND:g} bps from the mid",
        "-1..1",
        "",
        LEVELS,
        f"{_NO_REACH}, or nothing is there",
        of_ladder(lambda one: one.band_imbalance),
    ),
    row(
        "imbalance_decayed",
        f"(B - A) / (B + A), each size weighted by exp(-distance / {DECAY:g} bps)",
        "-1..1",
        "",
        LEVELS,
        NO_BOOK,
        of_ladder(lambda one: one.decayed_imbalance),
    ),
    row(
        "pressure",
        f"ln of the ratio of Σ size / distance, bids to asks, {FAR} levels",
        "ln",
        "",
        LEVELS,
        FEW_LEVELS,
        of_ladder(lambda one: one.pressure),
    ),
    row(
        "microprice",
        "(ask · B + bid · A) / (B + A) - mid, B and A the best sizes",
        "bps",
        "",
        f"{LEVELS}; Gatheral and Oomen (2010)",
        NO_BOOK,
        of_ladder(Ladder.microprice),
    ),
    row(
        "ladder_price",
        f"as microprice, with the mean prices and sums of sizes of {NEAR} levels",
        "bps",
        "",
        LEVELS,
        FEW_LEVELS,
        of_ladder(lambda one: one.ladder_price),
    ),
    *both(
        "depth",
        f"Σ price · size up to {BAND:g} bps from the mid",
        "quote",
        LEVELS,
        _NO_REACH,
        _value_within,
    ),
    *both(
        "slope",
        f"slope of Σ size on distance through the origin, {FAR} levels",
        "base / bps",
        f"{LEVELS}; after Næs and Skjeltorp (2006)",
        FEW_LEVELS,
        lambda side: side.slope,
    ),
    row(
        "slope_skew", "ln(slope of bids / slope of asks)", "ln", "", LEVELS, FEW_LEVELS, of_sides(_depth_skew)
    ),
    row(
        "average_cost_buy",
        "|average price of a market buy of the order's value - mid| / mid",
        "bps",
        "",
        LEVELS,
        _NOT_ENOUGH,
        lambda view: None if view.buy is None else view.buy[0],
    ),
    row(
        "average_cost_sell",
        "|average price of a market sale of the order's value - mid| / mid",
        "bps",
        "",
        LEVELS,
        _NOT_ENOUGH,
        lambda view: None if view.sale is None else view.sale[0],
    ),
    row(
        "round_trip_cost",
        "average cost of a buy + that of a sale",
        "bps",
        "",
        f"{LEVELS}; Gomber and Schweickert (2002)",
        _NOT_ENOUGH,
        _round_trip,
    ),
    row(
        "sweep_buy",
        "distance from the best ask to the last one that the order reaches",
        "bps",
        "",
        LEVELS,
        _NOT_ENOUGH,
        lambda view: None if view.buy is None else view.buy[1],
    ),
    row(
        "sweep_sell",
        "distance from the best bid to the last one that the order reaches",
        "bps",
        "",
        LEVELS,
        _NOT_ENOUGH,
        lambda view: None if view.sale is None else view.sale[1],
    ),
    *both(
        "gap",
        f"largest distance between neighbours in {GAPS} levels",
        "bps",
        LEVELS,
        FEW_LEVELS,
        lambda side: side.gap,
    ),
    row(
        "near_share",
        f"size of {NEAR} levels / size of {FAR} levels, both sides",
        "0..1",
        "",
        LEVELS,
        FEW_LEVELS,
        of_sides(_near_share),
    ),
    row(
        "centre_difference",
        f"mean distance of the size of {FAR} asks - that of {FAR} bids",
        "bps",
        "",
        LEVELS,
        FEW_LEVELS,
        of_sides(_centre_difference),
    ),
    row(
        "concentration",
        f"Σ (size / sum of sizes)², {FAR} levels of both sides",
        "0..1",
        "",
        f"{LEVELS}; Herfindahl (1950)",
        FEW_LEVELS,
        of_ladder(_concentration),
    ),
    row(
        "entropy",
        f"-Σ share · ln share / ln({2 * FAR}), shares as in concentration",
        "0..1",
        "",
        f"{LEVELS}; Shannon (1948)",
        FEW_LEVELS,
        of_ladder(_entropy),
    ),
    *both(
        "density", f"size of {WIDE} levels / distance of the last", "base / bps", LEVELS, FEW_LEVELS, _density
    ),
    *both(
        "anomaly",
        f"(largest ln size - median) / (1.4826 · median absolute deviation), {WIDE} levels",
        "deviations",
        f"{LEVELS}; Iglewicz and Hoaglin (1993)",
        f"{FEW_LEVELS}, or most sizes are equal",
        lambda side: side.anomaly,
    ),
    *both(
        "largest",
        f"distance of the largest of {WIDE} levels",
        "bps",
        LEVELS,
        FEW_LEVELS,
        lambda side: side.largest,
    ),
    row(
        "clusters",
        f"runs of two or more levels of {DENSE:g} medians or more in {WIDE} levels, both sides",
        "clusters",
        "",
        LEVELS,
        FEW_LEVELS,
        of_sides(_cluster_count),
    ),
    row(
        "cluster_share",
        f"size in clusters / size of {WIDE} levels, both sides",
        "0..1",
        "",
        LEVELS,
        FEW_LEVELS,
        of_ladder(lambda one: one.cluster_share),
    ),
    *both(
        "hot_spot",
        f"middle of the densest of {BUCKETS} buckets of equal width over {WIDE} levels",
        "bps",
        LEVELS,
        FEW_LEVELS,
        _hot_place,
    ),
    *both(
        "hot_density",
        f"size of that bucket · {BUCKETS} / size of {WIDE} levels",
        "ratio",
        LEVELS,
        FEW_LEVELS,
        _hot_density,
    ),
    row(
        "cluster_change",
        "cluster_share - that of 10 s before",
        "-1..1",
        _TEN_SECONDS,
        LEVELS,
        f"{YOUNG}, or {FEW_LEVELS}",
        _change(State.CLUSTER_SHARE),
    ),
    row(
        "hot_spot_change_bid",
        "hot_spot of bids - that of 10 s before",
        "bps",
        _TEN_SECONDS,
        LEVELS,
        f"{YOUNG}, or {FEW_LEVELS}",
        _change(State.HOT_BID),
    ),
    row(
        "hot_spot_change_ask",
        "hot_spot of asks - that of 10 s before",
        "bps",
        _TEN_SECONDS,
        LEVELS,
        f"{YOUNG}, or {FEW_LEVELS}",
        _change(State.HOT_ASK),
    ),
    row(
        "density_change",
        "ln(mean hot_density of both sides / that of 10 s before)",
        "ln",
        _TEN_SECONDS,
        LEVELS,
        f"{YOUNG}, or {FEW_LEVELS}",
        _relative_change(State.DENSITY),
    ),
    row(
        "depth_change",
        f"ln(size of {FAR} levels of both sides / that of 10 s before)",
        "ln",
        _TEN_SECONDS,
        LEVELS,
        f"{YOUNG}, or {FEW_LEVELS}",
        _relative_change(State.DEPTH),
    ),
)
