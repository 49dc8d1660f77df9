"""The slow versions of the figures of levels."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from statistics import median

from domain.book.depth import Depth
from tests.domain.book.analysis.slow import SHORT, History, Levels, levels_of, mid_of

Values = Mapping[str, float | None]


def level_values(history: History, order: float) -> Values:
    depth = history.depths[-1]
    mid = mid_of(depth)
    bids, asks = levels_of(depth, bids=True), levels_of(depth, bids=False)
    (bid, below), (ask, above) = bids[0], asks[0]
    found: dict[str, float | None] = {
        "spread": (ask - bid) / mid * 1e4,
        **{f"imbalance_{count}": imbalance(bids, asks, count) for count in (1, 5, 20)},
        "imbalance_band": band(bids, asks, mid),
        "imbalance_decayed": part(decayed(bids, mid), decayed(asks, mid)),
        "pressure": pressure(bids, asks, mid),
        "microprice": ((ask * below + bid * above) / (below + above) / mid - 1) * 1e4,
        "ladder_price": ladder_price(bids, asks, mid),
        "slope_skew": None,
        "average_cost_buy": cost(asks, mid, order / mid),
        "average_cost_sell": cost(bids, mid, order / mid),
        "sweep_buy": sweep(asks, mid, order / mid),
        "sweep_sell": sweep(bids, mid, order / mid),
        "near_share": None,
        "centre_difference": None,
        "concentration": None,
        "entropy": None,
        "clusters": None,
        "cluster_share": cluster_share(depth),
        **changes(history),
    }
    for name, side in (("bid", bids), ("ask", asks)):
        for figure, of in SIDES.items():
            found[f"{figure}_{name}"] = of(side, mid)
    buys, sells = found["average_cost_buy"], found["average_cost_sell"]
    found["round_trip_cost"] = None if buys is None or sells is None else buys + sells
    if min(len(bids), len(asks)) >= 20:
        sizes = [size for _, size in bids[:20] + asks[:20]]
        shares = [size / sum(sizes) for size in sizes]
        found["concentration"] = sum(share**2 for share in shares)
        found["entropy"] = -sum(share * math.log(share) for share in shares) / math.log(40)
        found["near_share"] = size_of(bids[:5] + asks[:5]) / sum(sizes)
        found["centre_difference"] = centre(asks, mid) - centre(bids, mid)
        one, other = slope(bids, mid), slope(asks, mid)
        assert one
        assert other
        found["slope_skew"] = math.log(one / other)
    if min(len(bids), len(asks)) >= 50:
        found["clusters"] = len(clusters(bids)) + len(clusters(asks))
    return found


def size_of(levels: Levels) -> float:
    return sum(size for _, size in levels)


def bps(price: float, mid: float) -> float:
    return abs(price - mid) / mid * 1e4


def part(one: float, other: float) -> float | None:
    return (one - other) / (one + other) if one + other else None


def imbalance(bids: Levels, asks: Levels, count: int) -> float | None:
    if min(len(bids), len(asks)) < count:
        return None
    return part(size_of(bids[:count]), size_of(asks[:count]))


def within(levels: Levels, mid: float) -> Levels | None:
    return None if bps(levels[-1][0], mid) < 5 else [one for one in levels if bps(one[0], mid) <= 5]


def band(bids: Levels, asks: Levels, mid: float) -> float | None:
    below, above = within(bids, mid), within(asks, mid)
    return None if below is None or above is None else part(size_of(below), size_of(above))


def notional(levels: Levels, mid: float) -> float | None:
    near = within(levels, mid)
    return None if near is None else sum(price * size for price, size in near)


def decayed(levels: Levels, mid: float) -> float:
    return sum(size * math.exp(-bps(price, mid) / 2) for price, size in levels)


def pressure(bids: Levels, asks: Levels, mid: float) -> float | None:
    if min(len(bids), len(asks)) < 20:
        return None
    below, above = (sum(size / bps(price, mid) for price, size in side[:20]) for side in (bids, asks))
    return math.log(below / above)


def ladder_price(bids: Levels, asks: Levels, mid: float) -> float | None:
    if min(len(bids), len(asks)) < 5:
        return None
    below, above = size_of(bids[:5]), size_of(asks[:5])
    bid, ask = (sum(price * size for price, size in side[:5]) / size_of(side[:5]) for side in (bids, asks))
    return ((ask * below + bid * above) / (below + above) / mid - 1) * 1e4


def taken(levels: Levels, size: float) -> Levels | None:
    """What a market order of this size takes."""
    found: Levels = []
    for price, there in levels:
        found.append((price, min(there, size - size_of(found))))
        if size_of(found) >= size * (1 - 1e-12):
            return found
    return None


def cost(levels: Levels, mid: float, size: float) -> float | None:
    found = taken(levels, size)
    return None if found is None else bps(sum(price * one for price, one in found) / size_of(found), mid)


def sweep(levels: Levels, mid: float, size: float) -> float | None:
    found = taken(levels, size)
    return None if found is None else bps(found[-1][0], mid) - bps(found[0][0], mid)


def slope(levels: Levels, mid: float) -> float | None:
    if len(levels) < 20:
        return None
    points = [(bps(levels[place][0], mid), size_of(levels[: place + 1])) for place in range(20)]
    return sum(x * y for x, y in points) / sum(x * x for x, _ in points)


def centre(levels: Levels, mid: float) -> float:
    return sum(bps(price, mid) * size for price, size in levels[:20]) / size_of(levels[:20])


def gap(levels: Levels, mid: float) -> float | None:
    if len(levels) < 10:
        return None
    return max(bps(levels[place + 1][0], mid) - bps(levels[place][0], mid) for place in range(9))


def density(levels: Levels, mid: float) -> float | None:
    return size_of(levels[:50]) / bps(levels[49][0], mid) if len(levels) >= 50 else None


def anomaly(levels: Levels, _: float) -> float | None:
    if len(levels) < 50:
        return None
    logs = [math.log(size) for _, size in levels[:50]]
    deviation = 1.4826 * median([abs(one - median(logs)) for one in logs])
    return (max(logs) - median(logs)) / deviation if deviation else None


def largest(levels: Levels, mid: float) -> float | None:
    return bps(max(levels[:50], key=lambda one: one[1])[0], mid) if len(levels) >= 50 else None


def clusters(levels: Levels) -> list[Levels]:
    """The runs of two or more dense levels."""
    least = 2 * median([size for _, size in levels[:50]])
    text = "".join("#" if size >= least else " " for _, size in levels[:50])
    found: list[Levels] = []
    place = 0
    for run in text.replace("# ", "#\n ").replace(" #", " \n#").split("\n"):
        if len(run) > 1 and "#" in run:
            found.append(levels[place : place + len(run)])
        place += len(run)
    return found


def cluster_share(depth: Depth) -> float | None:
    sides = [levels_of(depth, bids=True), levels_of(depth, bids=False)]
    if min(map(len, sides)) < 50:
        return None
    inside = sum(size_of(one) for side in sides for one in clusters(side))
    return inside / sum(size_of(side[:50]) for side in sides)


def hot(levels: Levels, mid: float) -> tuple[float, float] | None:
    if len(levels) < 50:
        return None
    width = bps(levels[49][0], mid) / 10
    sizes: Counter[int] = Counter()
    for price, size in levels[:50]:
        sizes[min(9, int(abs(price - mid) * 10 / abs(levels[49][0] - mid)))] += size  # type: ignore[assignment]  # sizes are floats
    place, size = sizes.most_common(1)[0]
    return (place + 0.5) * width, size * 10 / size_of(levels[:50])


def hot_spot(levels: Levels, mid: float) -> float | None:
    found = hot(levels, mid)
    return None if found is None else found[0]


def hot_density(levels: Levels, mid: float) -> float | None:
    found = hot(levels, mid)
    return None if found is None else found[1]


SIDES: Mapping[str, Callable[[Levels, float], float | None]] = {
    "depth": notional,
    "slope": slope,
    "gap": gap,
    "density": density,
    "anomaly": anomaly,
    "largest": largest,
    "hot_spot": hot_spot,
    "hot_density": hot_density,
}


def changes(history: History) -> dict[str, float | None]:
    """The figures that compare the book with that of 10 s before."""
    names = ("cluster_change", "hot_spot_change_bid", "hot_spot_change_ask", "density_change", "depth_change")
    window = history.in_window(SHORT + 1)
    if window is None:
        return dict.fromkeys(names)
    now, before = ((history.book_at[number]) for number in (window[-1], window[0]))
    found: dict[str, float | None] = dict.fromkeys(names)
    shares = cluster_share(now), cluster_share(before)
    if shares[0] is not None and shares[1] is not None:
        found["cluster_change"] = shares[0] - shares[1]
    spots = [hot(levels_of(one, bids=bids), mid_of(one)) for bids in (True, False) for one in (now, before)]
    if all(spots):
        (bid, bid_d), (bid_b, bid_db), (ask, ask_d), (ask_b, ask_db) = (one for one in spots if one)
        found["hot_spot_change_bid"], found["hot_spot_change_ask"] = bid - bid_b, ask - ask_b
        found["density_change"] = math.log((bid_d + ask_d) / (bid_db + ask_db))
    sizes = [[levels_of(one, bids=bids)[:20] for bids in (True, False)] for one in (now, before)]
    if all(len(side) == 20 for one in sizes for side in one):
        found["depth_change"] = math.log(sum(map(size_of, sizes[0])) / sum(map(size_of, sizes[1])))
    return found
