"""What the figures of one row have in common; each is computed once, when the first figure reads it."""

from __future__ import annotations

from math import isnan, sqrt

import numpy as np
from numpy.typing import NDArray

from domain.book.analysis.bins import LONG, MINUTE, SHORT, Bins, Flow, State, total
from domain.book.analysis.book_analysis import STALE_MS, BookAnalysis
from domain.book.analysis.ladder import BPS, Ladder, Side
from domain.book.analysis.once import once
from domain.book.analysis.profile import ProfileShape
from domain.book.analysis.walls import Wall

Floats = NDArray[np.float64]


class View:
    """A book at one time. Members are None where what they need is missing."""

    def __init__(self, analysis: BookAnalysis, at: int, reference: Bins | None, venue: Bins | None) -> None:
        """`at` in Unix ms; `reference` are the bins of another instrument, `venue` those of this one elsewhere."""
        self.analysis, self.at = analysis, at
        depth = analysis.depth
        self.is_fresh = depth is not None and at - depth.matched_ms < STALE_MS
        self.ladder: Ladder | None = analysis.ladder if self.is_fresh else None
        self.bins = analysis.bins if self.is_fresh else Bins()
        self.reference, self.venue = reference, venue

    @once
    def short(self) -> list[float] | None:
        """The sums of `Flow` over 10 s."""
        return self.bins.sums(SHORT)

    @once
    def minute(self) -> list[float] | None:
        """The sums of `Flow` over 60 s."""
        return self.bins.sums(MINUTE)

    @once
    def long(self) -> list[float] | None:
        """The sums of `Flow` over 120 s."""
        return self.bins.sums(LONG)

    @once
    def returns(self) -> Floats | None:
        """The returns of the mid price from bin to bin over 120 s, logarithmic, in basis points, shape (LONG,)."""
        return returns_of(self.bins, 0)

    @once
    def variance(self) -> float | None:
        """The mean of the squared returns of a bin over 120 s; None where nothing moved."""
        returns = self.returns
        if returns is None:
            return None
        return float(returns @ returns) / LONG or None

    @once
    def delta(self) -> Floats | None:
        """Bought - sold of each bin over 120 s, in base currency, shape (LONG,)."""
        bought, sold = self.bins.column(Flow.BOUGHT, LONG), self.bins.column(Flow.SOLD, LONG)
        return None if bought is None or sold is None else bought - sold

    @once
    def move(self) -> float | None:
        """The change of the mid price in 10 s, in basis points."""
        return move_of(self.bins, 0)

    @once
    def noise(self) -> float | None:
        """The standard deviation of the change in 10 s, if the changes of the bins of 120 s were independent."""
        return None if self.variance is None else sqrt(self.variance * SHORT)

    @once
    def imbalances(self) -> Floats | None:
        """The imbalance of five levels at the end of each bin of 60 s; None where one is missing."""
        found = self.bins.column(State.IMBALANCE, MINUTE)
        return None if found is None or isnan(total(found)) else found

    @once
    def imbalance_moments(self) -> tuple[float, float, float] | None:
        """Their mean and central moments."""
        return None if self.imbalances is None else moments(self.imbalances)

    @once
    def profile(self) -> ProfileShape | None:
        """The shape of the volume profile."""
        return self.analysis.profile.shape(self.at) if self.is_fresh else None

    @once
    def support(self) -> Wall | None:
        """The strongest steady wall of bids."""
        return self.analysis.bid_walls.strongest(self.analysis.last_ms) if self.is_fresh else None

    @once
    def resistance(self) -> Wall | None:
        """The strongest steady wall of asks."""
        return self.analysis.ask_walls.strongest(self.analysis.last_ms) if self.is_fresh else None

    @once
    def size(self) -> float | None:
        """The size of the order whose cost is computed, in base currency."""
        return None if self.ladder is None else self.analysis.order / self.ladder.mid

    @once
    def buy_cost(self) -> float | None:
        """The cost of a market buy of the order's value, in basis points of the mid price."""
        return None if self.ladder is None or self.size is None else _cost(self.ladder.asks, self.size)

    @once
    def sell_cost(self) -> float | None:
        """The cost of a market sale of the order's value, in basis points of the mid price."""
        return None if self.ladder is None or self.size is None else _cost(self.ladder.bids, self.size)

    @once
    def with_reference(self) -> tuple[Floats, Floats] | None:
        """The returns of this instrument and of the reference at the bins that both have, each of shape (LONG,)."""
        return self._common(self.reference)

    @once
    def with_venue(self) -> tuple[Floats, Floats] | None:
        """The returns here and at the other venue, as `with_reference`."""
        return self._common(self.venue)

    def _common(self, other: Bins | None) -> tuple[Floats, Floats] | None:
        """The returns of both at the last bins that both have closed; None where one is more than 10 s behind."""
        if other is None:
            return None
        last = min(self.bins.last, other.last)
        back, other_back = self.bins.last - last, other.last - last
        if max(back, other_back) > SHORT:
            return None
        own = returns_of(self.bins, back) if back else self.returns
        others = returns_of(other, other_back)
        return None if own is None or others is None else (own, others)

    @once
    def basis(self) -> Floats | None:
        """ln(mid here / mid at the other venue) at the end of each bin of 60 s, in basis points, shape (MINUTE,)."""
        if self.venue is None:
            return None
        last = min(self.bins.last, self.venue.last)
        own = back_column(self.bins, last, MINUTE)
        other = back_column(self.venue, last, MINUTE)
        return None if own is None or other is None else (own - other) * BPS


def _cost(side: Side, size: float) -> float | None:
    price = side.average_price(size)
    return None if price is None else abs(price - side.mid) * BPS / side.mid


def back_column(bins: Bins, last: int, count: int) -> Floats | None:
    """The logarithms of the mid prices of so many bins up to the number `last`; None where they are not there."""
    back = bins.last - last
    return bins.column(State.LOG_MID, count, back) if 0 <= back <= SHORT else None


def returns_of(bins: Bins, back: int) -> Floats | None:
    """The returns of the bins of 120 s that end so many bins ago, in basis points."""
    logs = bins.column(State.LOG_MID, LONG + 1, back)
    return None if logs is None else (logs[1:] - logs[:-1]) * BPS


def move_of(bins: Bins, back: int) -> float | None:
    """The change of the mid price in the 10 s that end so many bins ago, in basis points."""
    now, before = bins.value(State.MID, back), bins.value(State.MID, back + SHORT)
    return None if now is None or before is None else (now - before) * BPS / before


def lead_of(pair: tuple[Floats, Floats] | None) -> float | None:
    """The correlation of our returns with the other's returns one bin before."""
    return None if pair is None else correlation_of(pair[0][1:], pair[1][:-1])


def correlation_of(one: Floats, other: Floats) -> float | None:
    """Pearson's correlation; None where one of them does not vary."""
    first, second = one - total(one) / len(one), other - total(other) / len(other)
    spread = float(first @ first) * float(second @ second)
    return float(first @ second) / sqrt(spread) if spread > 1e-24 else None


def slope_of(values: Floats, on: Floats) -> float | None:
    """The slope of the least squares of `values` on `on`; None where `on` does not vary."""
    centred = on - total(on) / len(on)
    spread = float(centred @ centred)
    return float(centred @ values) / spread if spread > 1e-24 else None


def moments(values: Floats) -> tuple[float, float, float]:
    """The mean and the second and third central moments of the values."""
    count = len(values)
    mean = total(values) / count
    centred = values - mean
    return mean, float(centred @ centred) / count, float((centred * centred) @ centred) / count
