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
DENSE = 2.0
"""A level belongs to a cluster where its size is so many times the median size of its side, and a neighbour's too."""
MAD_TO_DEVIATION = 1.4826
"""The standard deviation of a normal distribution over its median absolute deviation."""


class Side:
    """One side of a book. `distances` are those of its levels from the mid price, in basis points of it, rising.

    `sums` are the sums of the sizes from the best level on, in base currency. All arrays have the shape (levels,).
    """

    def __init__(self, prices: Floats, sizes: Floats, mid: float, way: float) -> None:
        """Takes the levels, best first; `way` is 1 for asks, -1 for bids."""
        self.prices, self.sizes = prices[:READ], sizes[:READ]
        self.count = len(self.prices)
        self.distances: Floats = (self.prices - mid) * (way * BPS / mid)
        self.sums: Floats = self.sizes.cumsum()
        self.mid = mid

    def depth(self, levels: int) -> float | None:
        """The size of so many levels; None where there are fewer."""
        return self.first_sums[levels - 1] if self.count >= levels else None

    @once
    def first_sums(self) -> list[float]:
        """The sums of the first `WIDE` sizes."""
        found: list[float] = self.sums[:WIDE].tolist()
        return found

    def within(self, distance: float) -> int | None:
        """The number of levels up to this distance (basis points); None where the levels end before it."""
        if self.distances[-1] < distance:
            return None
        return int(self.distances.searchsorted(distance, side="right"))

    @once
    def swept(self) -> Floats:
        """The sums of price · size from the best level on, in quote currency."""
        return (self.prices * self.sizes).cumsum()

    def last_level(self, size: float) -> int | None:
        """The place of the last level that a market order of this size reaches; None where they do not suffice."""
        place = int(self.sums.searchsorted(size))
        return place if place < self.count else None

    def average_price(self, size: float) -> float | None:
        """The average price of a market order of this size; None where the levels do not suffice."""
        place = self.last_level(size)
        if place is None:
            return None
        missing = size - (float(self.sums[place - 1]) if place else 0.0)
        paid = float(self.swept[place - 1]) if place else 0.0
        return (paid + missing * float(self.prices[place])) / size

    @once
    def slope(self) -> float | None:
        """The size for each basis point: least squares of `sums` on `distances` of `FAR` levels through the origin."""
        if self.count < FAR:
            return None
        distances = self.distances[:FAR]
        return float(distances @ self.sums[:FAR]) / float(distances @ distances)

    def centre(self, levels: int) -> float | None:
        """The mean distance of the size in so many levels, in basis points."""
        if self.count < levels:
            return None
        return float(self.distances[:levels] @ self.sizes[:levels]) / self.first_sums[levels - 1]

    def gap(self, levels: int) -> float | None:
        """The largest distance between neighbours of the best levels, in basis points."""
        if self.count < levels:
            return None
        distances = self.distances
        return float((distances[1:levels] - distances[: levels - 1]).max())

    @once
    def median(self) -> float | None:
        """The median size of `WIDE` levels."""
        return None if self.count < WIDE else _middle_of(self.ordered)

    @once
    def ordered(self) -> Floats:
        """The sizes of `WIDE` levels, rising."""
        return np.sort(self.sizes[:WIDE])

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
        if self.count < WIDE:
            return None
        # By prices, not by distances: levels at the edge of a bucket are then in the same one on every scale.
        offsets = np.abs(self.prices[:WIDE] - self.mid)
        places = (offsets * float(BUCKETS) / float(offsets[-1])).astype(np.intp)
        sizes = np.bincount(places, self.sizes[:WIDE])
        sizes[BUCKETS - 1] += sizes[BUCKETS]
        densest = int(sizes[:BUCKETS].argmax())
        width = float(self.distances[WIDE - 1]) / BUCKETS
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

    def imbalance_within(self, distance: float) -> float | None:
        """(bids - asks) / (bids + asks) of the sizes up to this distance (bps); None where nothing is there."""
        bids, asks = self.bids.within(distance), self.asks.within(distance)
        if bids is None or asks is None or bids + asks == 0:
            return None
        below = float(self.bids.sums[bids - 1]) if bids else 0.0
        above = float(self.asks.sums[asks - 1]) if asks else 0.0
        return (below - above) / (below + above)

    def decayed_imbalance(self, scale: float) -> float:
        """(bids - asks) / (bids + asks), each size weighted by exp(-distance / scale); scale in basis points."""
        below = float(np.exp(self.bids.distances * (-1.0 / scale)) @ self.bids.sizes)
        above = float(np.exp(self.asks.distances * (-1.0 / scale)) @ self.asks.sizes)
        return (below - above) / (below + above)

    def pressure(self, levels: int) -> float | None:
        """ln(bids / asks) of the sums of size / distance."""
        bids, asks = self.bids, self.asks
        if bids.count < levels or asks.count < levels:
            return None
        below = float(bids.sizes[:levels] @ (1.0 / bids.distances[:levels]))
        above = float(asks.sizes[:levels] @ (1.0 / asks.distances[:levels]))
        return log(below / above)

    def microprice(self) -> float:
        """The mid price weighted by the opposite best sizes - the mid price, in basis points."""
        below, above = float(self.bids.sizes[0]), float(self.asks.sizes[0])
        return ((self.ask * below + self.bid * above) / (below + above) - self.mid) * BPS / self.mid

    def ladder_price(self, levels: int) -> float | None:
        """The mean prices of so many levels, weighted by the opposite sizes, - the mid price, in basis points."""
        below, above = self.bids.depth(levels), self.asks.depth(levels)
        if below is None or above is None:
            return None
        bid, ask = float(self.bids.swept[levels - 1]) / below, float(self.asks.swept[levels - 1]) / above
        return ((ask * below + bid * above) / (below + above) - self.mid) * BPS / self.mid

    @once
    def shares(self) -> Floats | None:
        """The sizes of the best `FAR` levels of both sides as parts of their sum, shape (2 · FAR,)."""
        bids, asks = self.bids.depth(FAR), self.asks.depth(FAR)
        if bids is None or asks is None:
            return None
        sizes = np.concatenate((self.bids.sizes[:FAR], self.asks.sizes[:FAR]))
        return sizes * (1.0 / (bids + asks))

    @property
    def cluster_share(self) -> float | None:
        """The size in clusters / the size of `WIDE` levels of both sides."""
        bids, asks = self.bids.clusters, self.asks.clusters
        if bids is None or asks is None:
            return None
        return (bids[1] + asks[1]) / (self.bids.first_sums[WIDE - 1] + self.asks.first_sums[WIDE - 1])


def middle(values: Floats) -> float:
    """The median of values of the shape (n,), n > 0."""
    return _middle_of(np.sort(values))


def _middle_of(ordered: Floats) -> float:
    count = len(ordered)
    return float(ordered[(count - 1) // 2] + ordered[count // 2]) / 2.0
