"""The levels of a book at one moment, prepared for the figures that are computed from them alone."""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray

from domain.book.analysis.once import once
from domain.book.depth import Depth

Floats = NDArray[np.float64]

BPS = 1e4
READ = 200
"""The levels of each side that are read; later ones are passed over."""
NEAR, FAR, WIDE = 5, 20, 50
"""Numbers of levels that figures read of each side."""
BUCKETS = 10
"""The buckets of equal width into which the reach of `WIDE` levels is divided to find the densest."""
BAND, DECAY = 5.0, 2.0
"""Basis points from the mid price: how far the band reaches, and over which distance weights fall to 1/e."""
GAPS = 10
"""The levels whose distances from their neighbours are compared."""
DENSE = 2.0
"""A level belongs to a cluster where its size is so many times the median size of its side, and a neighbour's too."""
MAD_TO_DEVIATION = 1.4826
"""The standard deviation of a normal distribution over its median absolute deviation."""


class Side:
    """One side of a book; its arrays have the shape (levels,).

    Members are None where the side has fewer levels than they need. Each is computed when it is first read, or filled
    in before by a `Preparation`.
    """

    def __init__(self, prices: Floats, sizes: Floats, mid: float, way: float) -> None:
        """Takes the levels, best first; `way` is 1 for asks, -1 for bids."""
        self.prices, self.sizes = prices[:READ], sizes[:READ]
        self.count = len(self.prices)
        self.mid, self.way = mid, way

    @once
    def distances(self) -> Floats:
        """The distances of the levels from the mid price, in basis points of it, rising."""
        return (self.prices - self.mid) * (self.way * BPS / self.mid)

    @once
    def sums(self) -> Floats:
        """The sums of the sizes from the best level on, in base currency."""
        return self.sizes.cumsum()

    @once
    def swept(self) -> Floats:
        """The sums of price · size from the best level on, in quote currency."""
        return (self.prices * self.sizes).cumsum()

    @once
    def best_size(self) -> float:
        """The size of the best level, in base currency."""
        return float(self.sizes[0])

    def depth(self, levels: int) -> float | None:
        """The size of so many levels; None where there are fewer."""
        return self.first_sums[levels - 1] if self.count >= levels else None

    @once
    def first_sums(self) -> list[float]:
        """The sums of the first `WIDE` sizes."""
        found: list[float] = self.sums[:WIDE].tolist()
        return found

    @once
    def near_value(self) -> float | None:
        """The sum of price · size of `NEAR` levels, in quote currency."""
        return float(self.swept[NEAR - 1]) if self.count >= NEAR else None

    @once
    def band(self) -> tuple[float, float] | None:
        """Size and value of the levels up to `BAND` basis points; None where the levels end before it."""
        if self.distances[-1] < BAND:
            return None
        levels = int(self.distances.searchsorted(BAND, side="right"))
        return (float(self.sums[levels - 1]), float(self.swept[levels - 1])) if levels else (0.0, 0.0)

    @once
    def decayed(self) -> float:
        """The sum of the sizes, each weighted by exp(-distance / `DECAY`), in base currency."""
        return float(np.exp(self.distances * (-1.0 / DECAY)) @ self.sizes)

    @once
    def pressure(self) -> float | None:
        """The sum of size / distance of `FAR` levels."""
        if self.count < FAR:
            return None
        return float(self.sizes[:FAR] @ (1.0 / self.distances[:FAR]))

    def cost(self, size: float) -> tuple[float, float] | None:
        """What a market order of this size (base currency) costs; None where the levels do not suffice.

        Returns the distance of its average price from the mid price, and the distance from the best level to the last
        one that it reaches, both in basis points.
        """
        place = int(self.sums.searchsorted(size))
        if place >= self.count:
            return None
        missing = size - (float(self.sums[place - 1]) if place else 0.0)
        paid = float(self.swept[place - 1]) if place else 0.0
        price = (paid + missing * float(self.prices[place])) / size
        return abs(price - self.mid) * BPS / self.mid, float(self.distances[place] - self.distances[0])

    @once
    def slope(self) -> float | None:
        """The size for each basis point: least squares of `sums` on `distances` of `FAR` levels through the origin."""
        if self.count < FAR:
            return None
        distances = self.distances[:FAR]
        return float(distances @ self.sums[:FAR]) / float(distances @ distances)

    @once
    def centre(self) -> float | None:
        """The mean distance of the size in `FAR` levels, in basis points."""
        if self.count < FAR:
            return None
        return float(self.distances[:FAR] @ self.sizes[:FAR]) / self.first_sums[FAR - 1]

    @once
    def gap(self) -> float | None:
        """The largest distance between neighbours of the best `GAPS` levels, in basis points."""
        if self.count < GAPS:
            return None
        distances = self.distances
        return float(np.maximum.reduce(distances[1:GAPS] - distances[: GAPS - 1]))

    @once
    def reach(self) -> float | None:
        """The distance of the last of `WIDE` levels, in basis points."""
        return float(self.distances[WIDE - 1]) if self.count >= WIDE else None

    @once
    def largest(self) -> float | None:
        """The distance of the largest of `WIDE` levels, in basis points; the nearest of equal ones."""
        return float(self.distances[int(self.sizes[:WIDE].argmax())]) if self.count >= WIDE else None

    @once
    def median(self) -> float | None:
        """The median size of `WIDE` levels."""
        return None if self.count < WIDE else _middle_of(self.ordered)

    @once
    def ordered(self) -> Floats:
        """The sizes of `WIDE` levels, rising."""
        found = self.sizes[:WIDE].copy()
        found.sort()
        return found

    @once
    def anomaly(self) -> float | None:
        """The largest of `WIDE` sizes: its logarithm in robust deviations from the median of all.

        Source: Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (1993). None where more than half are equal.
        """
        if self.median is None:
            return None
        logs = np.log(self.ordered)
        typical = _middle_of(logs)
        spread = middle(np.abs(logs - typical)) * MAD_TO_DEVIATION
        return (float(logs[-1]) - typical) / spread if spread > 0.0 else None

    @once
    def hot_spot(self) -> tuple[float, float] | None:
        """The densest bucket of `WIDE` levels: its middle's distance, and its size over the mean of the buckets."""
        if self.reach is None:
            return None
        # By prices, not by distances: levels at the edge of a bucket are then in the same one on every scale.
        offsets = np.abs(self.prices[:WIDE] - self.mid)
        places = (offsets * float(BUCKETS) / float(offsets[-1])).astype(np.intp)
        # The last place is `BUCKETS`, or one less where the quotient of the last offset is rounded down.
        sizes = np.bincount(places, self.sizes[:WIDE], minlength=BUCKETS + 1)
        sizes[BUCKETS - 1] += sizes[BUCKETS]
        densest = int(sizes[:BUCKETS].argmax())
        width = self.reach / BUCKETS
        return (densest + 0.5) * width, float(sizes[densest]) * BUCKETS / self.first_sums[WIDE - 1]

    @once
    def clusters(self) -> tuple[int, float] | None:
        """The number of clusters in `WIDE` levels and their size; a cluster is two or more dense neighbours."""
        if self.median is None:
            return None
        number, inside, before, last = 0, 0.0, -2, -2
        sizes = self.sizes
        for place in (sizes[:WIDE] >= DENSE * self.median).nonzero()[0].tolist():
            if place == before + 1:
                if last != before:
                    number += 1
                    inside += float(sizes[before])
                inside += float(sizes[place])
                last = place
            before = place
        return number, inside


class Ladder:
    """Both sides of a book that is neither empty nor crossed. `mid` is in quote currency."""

    def __init__(self, depth: Depth, bid: float, ask: float) -> None:
        """Takes the best prices beside the levels: the caller has read them already."""
        self.bid, self.ask = bid, ask
        self.mid = (bid + ask) / 2.0
        self.bids = Side(depth.bid_prices, depth.bid_sizes, self.mid, -1.0)
        self.asks = Side(depth.ask_prices, depth.ask_sizes, self.mid, 1.0)

    @property
    def spread(self) -> float:
        """Best ask - best bid, in basis points of the mid price."""
        return (self.ask - self.bid) * BPS / self.mid

    def imbalance(self, levels: int) -> float | None:
        """(bids - asks) / (bids + asks) of the sizes of so many levels."""
        bids, asks = self.bids.depth(levels), self.asks.depth(levels)
        return None if bids is None or asks is None else (bids - asks) / (bids + asks)

    @property
    def band_imbalance(self) -> float | None:
        """(bids - asks) / (bids + asks) of the sizes up to `BAND` basis points; None where nothing is there."""
        bids, asks = self.bids.band, self.asks.band
        if bids is None or asks is None or bids == asks == (0.0, 0.0):
            return None
        return (bids[0] - asks[0]) / (bids[0] + asks[0])

    @property
    def decayed_imbalance(self) -> float | None:
        """(bids - asks) / (bids + asks), each size weighted by exp(-distance / `DECAY`).

        None where all levels are so far away that no weight is left: about 15 % of the mid price.
        """
        below, above = self.bids.decayed, self.asks.decayed
        return (below - above) / (below + above) if below + above > 0.0 else None

    @property
    def pressure(self) -> float | None:
        """ln(bids / asks) of the sums of size / distance of `FAR` levels."""
        below, above = self.bids.pressure, self.asks.pressure
        return None if below is None or above is None else log(below / above)

    def microprice(self) -> float:
        """The mid price weighted by the opposite best sizes - the mid price, in basis points."""
        below, above = self.bids.best_size, self.asks.best_size
        return ((self.ask * below + self.bid * above) / (below + above) - self.mid) * BPS / self.mid

    @property
    def ladder_price(self) -> float | None:
        """The mean prices of `NEAR` levels, weighted by the opposite sizes, - the mid price, in basis points."""
        bids, asks = self.bids.near_value, self.asks.near_value
        if bids is None or asks is None:
            return None
        below, above = self.bids.first_sums[NEAR - 1], self.asks.first_sums[NEAR - 1]
        bid, ask = bids / below, asks / above
        return ((ask * below + bid * above) / (below + above) - self.mid) * BPS / self.mid

    @once
    def spread_of_sizes(self) -> tuple[float, float] | None:
        """Σ share² and Σ share · ln share; shares are the sizes of `FAR` levels of both sides over their sum."""
        bids, asks = self.bids.depth(FAR), self.asks.depth(FAR)
        if bids is None or asks is None:
            return None
        sizes = np.concatenate((self.bids.sizes[:FAR], self.asks.sizes[:FAR]))
        shares = sizes * (1.0 / (bids + asks))
        return float(shares @ shares), float(shares @ np.log(shares))

    @property
    def cluster_share(self) -> float | None:
        """The size in clusters / the size of `WIDE` levels of both sides."""
        bids, asks = self.bids.clusters, self.asks.clusters
        if bids is None or asks is None:
            return None
        return (bids[1] + asks[1]) / (self.bids.first_sums[WIDE - 1] + self.asks.first_sums[WIDE - 1])


def middle(values: Floats) -> float:
    """The median of values of the shape (n,), n > 0."""
    ordered = values.copy()
    ordered.sort()
    return _middle_of(ordered)


def _middle_of(ordered: Floats) -> float:
    count = len(ordered)
    return float(ordered[(count - 1) // 2] + ordered[count // 2]) / 2.0
