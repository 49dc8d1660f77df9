"""What the figures of one row have in common; each is computed once, when the first figure reads it."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan, pi, sqrt

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from domain.book.analysis.bins import LONG, MINUTE, SHORT, TRADED, Bins, Flow, State, total
from domain.book.analysis.book_analysis import STALE_MS, BookAnalysis
from domain.book.analysis.ladder import BPS, Ladder
from domain.book.analysis.once import once
from domain.book.analysis.profile import ProfileShape
from domain.book.analysis.trades import TradeSums
from domain.book.analysis.walls import Wall

Floats = NDArray[np.float64]
# A member of an enumeration is looked up by a function call; these are read for each row.
_BOUGHT, _SOLD, _OFI = Flow.BOUGHT, Flow.SOLD, Flow.OFI
_NOTIONAL, _SIGNED_NOTIONAL = Flow.NOTIONAL, Flow.SIGNED_NOTIONAL
_MID, _LOG_MID, _SPREAD = State.MID, State.LOG_MID, State.SPREAD
_IMBALANCE, _BEST_SIZE = State.IMBALANCE, State.BEST_SIZE
AGGREGATE = 10
"""The bins that the variance ratio adds up: 5 s."""


class Centred(Struct, frozen=True, gc=False):
    """Values of which their mean was subtracted, shape (n,), and the sum of their squares."""

    mean: float
    values: Floats
    square: float


class ReturnSums(Struct, frozen=True, gc=False, kw_only=True):
    """Sums over the returns of 120 s: of their squares, of the products of successive absolute ones, and of the
    squares of falls; and over the centred ones: of squares, cubes, products of successive ones, and of the squares of
    the sums of `AGGREGATE` ones.
    """

    square: float
    products: float
    falls: float
    centred_square: float
    cubes: float
    successive: float
    aggregates: float


class DeltaSums(Struct, frozen=True, gc=False, kw_only=True):
    """Sums over bought - sold of each bin of 120 s, centred: its squares, its products with the centred returns, and
    those with the returns.
    """

    square: float
    with_centred: float
    with_returns: float


class PairSums(Struct, frozen=True, gc=False, kw_only=True):
    """Sums over the centred returns of two books in the last 120 s that both have: the squares of this one and of the
    other, their products, and those of the other with returns of this one that are not centred. `later` and `earlier`
    are the squares of this one without its first and of the other without its last, `lead` is their products.
    """

    own: float
    other: float
    product: float
    slope: float
    later: float
    earlier: float
    lead: float


class View:
    """A book at one time. Members are None where what they need is missing.

    Each is computed when the first figure reads it, or filled in before by a `Preparation`.
    """

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
        """The sums of what was traded over 120 s: the columns of `TRADED`."""
        return self.bins.sums(LONG, TRADED)

    @once
    def volume(self) -> float | None:
        """What was traded in 60 s, in base currency."""
        return None if self.minute is None else self.minute[_BOUGHT] + self.minute[_SOLD]

    @once
    def volume_ratio(self) -> float | None:
        """The volume of 10 s over its mean in 120 s; None where nothing was traded."""
        if self.short is None or self.long is None:
            return None
        short, whole = (sums[_BOUGHT] + sums[_SOLD] for sums in (self.short, self.long))
        return short * LONG / (whole * SHORT) if whole * SHORT > 0.0 else None

    @once
    def best_sizes(self) -> float | None:
        """The sum of the mean best sizes at the end of each bin of 10 s."""
        sizes = self.bins.column(_BEST_SIZE, SHORT)
        return None if sizes is None else total(sizes)

    @once
    def returns(self) -> Floats | None:
        """The returns of the mid price from bin to bin over 120 s, logarithmic, in basis points, shape (LONG,)."""
        return returns_of(self.bins, 0)

    @once
    def centred_returns(self) -> Centred | None:
        """The returns of 120 s, centred."""
        return None if self.returns is None else centred(self.returns)

    @once
    def return_sums(self) -> ReturnSums | None:
        """The sums over the returns of 120 s."""
        returns, whole = self.returns, self.centred_returns
        return None if returns is None or whole is None else _return_sums(returns, whole)

    @once
    def square(self) -> float | None:
        """The sum of the squared returns of 120 s."""
        return None if self.return_sums is None else self.return_sums.square

    @once
    def bipower(self) -> float | None:
        """π / 2 · the sum of the products of successive absolute returns of 120 s."""
        return None if self.return_sums is None else self.return_sums.products * pi / 2.0

    @once
    def variance(self) -> float | None:
        """The mean of the squared returns of a bin over 120 s; None where nothing moved."""
        return None if self.square is None else self.square / LONG or None

    @once
    def delta_sums(self) -> DeltaSums | None:
        """The sums over bought - sold of each bin of 120 s, in base currency."""
        bought, sold = self.bins.column(_BOUGHT, LONG), self.bins.column(_SOLD, LONG)
        returns, whole = self.returns, self.centred_returns
        if bought is None or sold is None or returns is None or whole is None:
            return None
        delta = centred(bought - sold)
        return DeltaSums(
            square=delta.square,
            with_centred=float(whole.values @ delta.values),
            with_returns=float(delta.values @ returns),
        )

    @once
    def impacts(self) -> tuple[float, int] | None:
        """The sum of |return| / value traded over the bins of 120 s with trades, and their number."""
        notional = self.bins.column(_NOTIONAL, LONG)
        if self.returns is None or notional is None:
            return None
        places = notional.nonzero()[0]
        return float(np.abs(self.returns[places]) @ (1.0 / notional[places])), len(places)

    @once
    def flow_square(self) -> float | None:
        """The sum of the squares of the order-flow imbalance of each bin of 120 s."""
        flows = self.bins.column(_OFI, LONG)
        return None if flows is None else float(flows @ flows)

    @once
    def realised(self) -> tuple[float, float] | None:
        """Of the 60 s that ended 10 s ago: Σ 2 · side · (price - mid 10 s later) · size, and the volume."""
        later = self.bins.column(_MID, MINUTE)
        signed = self.bins.column(_SIGNED_NOTIONAL, MINUTE, SHORT)
        bought = self.bins.column(_BOUGHT, MINUTE, SHORT)
        sold = self.bins.column(_SOLD, MINUTE, SHORT)
        if later is None or signed is None or bought is None or sold is None:
            return None
        kept = 2.0 * (total(signed) - float((bought - sold) @ later))
        return kept, float(np.add.reduce(bought + sold))

    @once
    def mid_range(self) -> tuple[float, float] | None:
        """The lowest and the highest mid price at the end of the bins of 120 s."""
        mids = self.bins.column(_MID, LONG)
        return None if mids is None else (float(np.minimum.reduce(mids)), float(np.maximum.reduce(mids)))

    @once
    def spread_moments(self) -> tuple[float, float] | None:
        """The mean of the spread at the end of the bins of 60 s, and its second central moment."""
        spreads = self.bins.column(_SPREAD, MINUTE)
        return None if spreads is None else moments(centred(spreads))[:2]

    @once
    def move(self) -> float | None:
        """The change of the mid price in 10 s, in basis points."""
        return _move(self.last, self.before)

    @once
    def earlier_move(self) -> float | None:
        """The change of the mid price in the 10 s before these, in basis points."""
        return _move(self.before, self.first)

    @once
    def last(self) -> list[float] | None:
        """The columns of the last bin."""
        return self.bins.bin_at(0)

    @once
    def before(self) -> list[float] | None:
        """The columns of the bin 10 s before the last one."""
        return self.bins.bin_at(SHORT)

    @once
    def first(self) -> list[float] | None:
        """The columns of the bin 20 s before the last one."""
        return self.bins.bin_at(2 * SHORT)

    @once
    def noise(self) -> float | None:
        """The standard deviation of the change in 10 s, if the changes of the bins of 120 s were independent."""
        return None if self.variance is None else sqrt(self.variance * SHORT)

    @once
    def imbalance_moments(self) -> tuple[float, float, float] | None:
        """Mean and central moments of the imbalance of five levels at the end of each bin of 60 s; None where one is
        missing.
        """
        found = self.bins.column(_IMBALANCE, MINUTE)
        return None if found is None or isnan(total(found)) else moments(centred(found))

    @once
    def trade_sums(self) -> TradeSums | None:
        """The sums over the last trades."""
        return self.analysis.trades.sums() if self.is_fresh else None

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
    def buy(self) -> tuple[float, float] | None:
        """What a market buy of the order's value costs (see `Side.cost`)."""
        return None if self.ladder is None or self.size is None else self.ladder.asks.cost(self.size)

    @once
    def sale(self) -> tuple[float, float] | None:
        """What a market sale of the order's value costs (see `Side.cost`)."""
        return None if self.ladder is None or self.size is None else self.ladder.bids.cost(self.size)

    @once
    def reference_sums(self) -> PairSums | None:
        """The sums over the returns of this instrument and of the reference."""
        return self._pair(self.reference)

    @once
    def venue_sums(self) -> PairSums | None:
        """The sums over the returns here and at the other venue."""
        return self._pair(self.venue)

    def _pair(self, other: Bins | None) -> PairSums | None:
        backs = None if other is None else self.backs(other)
        if other is None or backs is None:
            return None
        back, other_back = backs
        own = returns_of(self.bins, back) if back else self.returns
        others = returns_of(other, other_back)
        if own is None or others is None:
            return None
        whole = centred(own) if back else self.centred_returns
        return None if whole is None else _pair_sums(own, whole, others)

    def backs(self, other: Bins) -> tuple[int, int] | None:
        """How many bins before the last one of this book, and of the other, the last one is that both have closed.

        None where one is more than 10 s behind.
        """
        last = min(self.bins.last, other.last)
        back, other_back = self.bins.last - last, other.last - last
        return None if max(back, other_back) > SHORT else (back, other_back)

    @once
    def basis(self) -> tuple[float, float, float] | None:
        """ln(mid here / mid at the other venue) at the end of each bin of 60 s, in basis points: the last one, their
        mean, and their second central moment.
        """
        if self.venue is None:
            return None
        last = min(self.bins.last, self.venue.last)
        own = back_column(self.bins, last, MINUTE)
        other = back_column(self.venue, last, MINUTE)
        if own is None or other is None:
            return None
        found = (own - other) * BPS
        mean, second, _ = moments(centred(found))
        return float(found[-1]), mean, second


Preparation = Callable[[View], None]
"""Fills in what a view, its ladder and the sides of it compute once, before figures read it; equal bit for bit."""


def back_column(bins: Bins, last: int, count: int) -> Floats | None:
    """The logarithms of the mid prices of so many bins up to the number `last`; None where they are not there."""
    back = bins.last - last
    return bins.column(_LOG_MID, count, back) if 0 <= back <= SHORT else None


def returns_of(bins: Bins, back: int) -> Floats | None:
    """The returns of the bins of 120 s that end so many bins ago, in basis points."""
    logs = bins.column(_LOG_MID, LONG + 1, back)
    return None if logs is None else (logs[1:] - logs[:-1]) * BPS


def _move(now: list[float] | None, before: list[float] | None) -> float | None:
    """The change of the mid price between two bins, in basis points."""
    return None if now is None or before is None else (now[_MID] - before[_MID]) * BPS / before[_MID]


def centred(values: Floats) -> Centred:
    """The values without their mean, n > 0."""
    mean = total(values) / len(values)
    found = values - mean
    return Centred(mean, found, float(found @ found))


def _return_sums(returns: Floats, whole: Centred) -> ReturnSums:
    sizes, down, values = np.abs(returns), np.minimum(returns, 0.0), whole.values
    sums = np.zeros(len(values) + 1)
    values.cumsum(out=sums[1:])
    wide = sums[AGGREGATE:] - sums[:-AGGREGATE]
    return ReturnSums(
        square=float(returns @ returns),
        products=float(sizes[1:] @ sizes[:-1]),
        falls=float(down @ down),
        centred_square=whole.square,
        cubes=float((values * values) @ values),
        successive=float(values[1:] @ values[:-1]),
        aggregates=float(wide @ wide),
    )


def _pair_sums(own: Floats, whole: Centred, others: Floats) -> PairSums:
    other, later, earlier = centred(others), centred(own[1:]), centred(others[:-1])
    return PairSums(
        own=whole.square,
        other=other.square,
        product=float(whole.values @ other.values),
        slope=float(other.values @ own),
        later=later.square,
        earlier=earlier.square,
        lead=float(later.values @ earlier.values),
    )


def correlation_of(product: float, one: float, other: float) -> float | None:
    """Pearson's correlation from the sums of products and of squares; None where one of them does not vary."""
    spread = one * other
    return product / sqrt(spread) if spread > 1e-24 else None


def slope_of(product: float, square: float) -> float | None:
    """The slope of least squares from the sums of products and of squares; None where there is no variation."""
    return product / square if square > 1e-24 else None


def moments(of: Centred) -> tuple[float, float, float]:
    """The mean and the second and third central moments."""
    count, values = len(of.values), of.values
    return of.mean, of.square / count, float((values * values) @ values) / count
