"""The last trades of one instrument, and volume-synchronised buckets of them."""

from __future__ import annotations

from collections import deque
from math import sqrt

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from domain.book.analysis.bins import total
from domain.book.analysis.ladder import BPS

Floats = NDArray[np.float64]

KEPT = 200
"""The trades that figures of single trades read."""
BUCKETS = 50
"""The buckets of VPIN."""
CALIBRATION_MS = 60_000
"""A bucket has 1/50 of the volume of the first minute, or of the first 50 trades where those take longer."""
_ROOM = 4_096
LARGEST = KEPT // 10
"""The trades of the largest tenth."""


class TradeSums(Struct, frozen=True, gc=False, kw_only=True):
    """Sums over the last 200 trades.

    Of the changes of price (basis points of the last one): products of successive ones, the changes without the first,
    and those without the last. Of the sides: their mean, and the products of successive ones without it. Of the times:
    the last - the first, and the squares of those between trades (ms). Of the logarithms of sizes without their mean:
    their squares, and the largest. Of the sizes: their sum, and that of the largest tenth.
    """

    successive: float
    after: float
    before: float
    mean_side: float
    sides: float
    span: float
    waits: float
    logs: float
    largest_log: float
    size: float
    largest: float


class Trades:
    """The last 200 trades of a market."""

    __slots__ = ("_end", "_values", "count", "run")

    def __init__(self) -> None:
        self._values: Floats = np.empty((_ROOM, 4))
        self._end = 0
        self.count = 0
        self.run = 0
        """The number of the last trades that were of one side: positive of buys, negative of sells."""

    def take(self, price: float, size: float, at: int, *, is_buy: bool) -> None:
        """Takes the next trade; `at` in Unix milliseconds."""
        if self._end == _ROOM:
            self._values[:KEPT] = self._values[_ROOM - KEPT :]
            self._end = KEPT
        self._values[self._end] = (price, size, 1.0 if is_buy else -1.0, at)
        self._end += 1
        self.count += 1
        way = 1 if is_buy else -1
        self.run = self.run + way if self.run * way > 0 else way

    @property
    def table(self) -> tuple[Floats, int]:
        """Price, size, side (+1, -1) and time of trades, shape (room, 4), and the place after the last one.

        They are not to be written.
        """
        return self._values, self._end

    def sums(self) -> TradeSums | None:
        """The sums over the last 200 trades; None where fewer were taken."""
        if self.count < KEPT:
            return None
        prices, sizes, signs, times = self._values[self._end - KEPT : self._end].T
        last, mean = float(prices[-1]), total(signs) / KEPT
        changes = (prices[1:] - prices[:-1]) * (BPS / last)
        sides, waits, logs, ordered = signs - mean, times[1:] - times[:-1], np.log(sizes), sizes.copy()
        logs -= total(logs) / KEPT
        ordered.partition(KEPT - LARGEST)
        return TradeSums(
            successive=float(changes[1:] @ changes[:-1]),
            after=total(changes[1:]),
            before=total(changes[:-1]),
            mean_side=mean,
            sides=float(sides[1:] @ sides[:-1]),
            span=float(times[-1] - times[0]),
            waits=float(waits @ waits),
            logs=float(logs @ logs),
            largest_log=float(np.maximum.reduce(logs)),
            size=total(sizes),
            largest=total(ordered[KEPT - LARGEST :]),
        )


def roll_spread(sums: TradeSums) -> float | None:
    """2 · sqrt(-cov) of successive changes of price, in basis points of the last; None where cov is not negative.

    Source: Roll, "A Simple Implicit Measure of the Effective Bid-Ask Spread" (1984).
    """
    count = KEPT - 2
    covariance = sums.successive / count - sums.after * sums.before / (count * count)
    return 2.0 * sqrt(-covariance) if covariance < 0.0 else None


def sign_correlation(sums: TradeSums) -> float | None:
    """The correlation of the sides (+1, -1) of successive trades; None where all are of one side.

    Source: Lillo and Farmer, "The Long Memory of the Efficient Market" (2004).
    """
    variance = 1.0 - sums.mean_side * sums.mean_side
    return sums.sides / (KEPT * variance) if variance > 0.0 else None


def burstiness(sums: TradeSums) -> float | None:
    """(deviation - mean) / (deviation + mean) of the times between trades, -1..1; None where all are at once.

    Source: Goh and Barabási, "Burstiness and Memory in Complex Systems" (2008).
    """
    count = KEPT - 1
    mean = sums.span / count
    deviation = sqrt(max(0.0, sums.waits / count - mean * mean))
    whole = deviation + mean
    return (deviation - mean) / whole if whole > 0.0 else None


def anomaly(sums: TradeSums) -> float | None:
    """The largest size: its logarithm in standard deviations from the mean; None where all are equal."""
    variance = sums.logs / KEPT
    return sums.largest_log / sqrt(variance) if variance > 1e-18 else None


def large_share(sums: TradeSums) -> float:
    """The part of the volume that the largest tenth of the trades has."""
    return sums.largest / sums.size


def mean_size(sums: TradeSums) -> float:
    """The mean size, in base currency."""
    return sums.size / KEPT


class Vpin:
    """Order-flow toxicity: the mean of |bought - sold| / volume over 50 buckets of equal volume.

    The sides are those of the takers, so no classification of volume is needed.
    Source: Easley, López de Prado and O'Hara, "Flow Toxicity and Liquidity in a High-Frequency World" (2012).
    """

    __slots__ = ("_begun", "_buckets", "_early", "_filled", "_signed", "_size")

    def __init__(self, bucket: float | None) -> None:
        """`bucket` is the volume of a bucket in base currency; None: from the first minute, and 50 trades at
        least, so that a bucket is as large as a mean trade."""
        self._size = bucket
        self._early: list[tuple[float, bool]] = []
        self._begun: int | None = None
        self._buckets: deque[float] = deque(maxlen=BUCKETS)
        self._filled = self._signed = 0.0

    def take(self, size: float, at: int, *, is_buy: bool) -> None:
        """Takes the next trade; it is split where it fills a bucket."""
        if self._size is None:
            self._calibrate(size, at, is_buy=is_buy)
            return
        sign = 1.0 if is_buy else -1.0
        room = self._size - self._filled
        if size >= room:
            self._buckets.append(abs(self._signed + sign * room))
            self._filled = self._signed = 0.0
            whole, size = divmod(size - room, self._size)
            self._buckets.extend([self._size] * int(min(whole, BUCKETS)))
        self._filled += size
        self._signed += sign * size

    def _calibrate(self, size: float, at: int, *, is_buy: bool) -> None:
        if self._begun is None:
            self._begun = at
        if at - self._begun < CALIBRATION_MS or len(self._early) < BUCKETS:
            self._early.append((size, is_buy))
            return
        self._size = sum(early for early, _ in self._early) / BUCKETS
        for early, was_buy in [*self._early, (size, is_buy)]:
            self.take(early, at, is_buy=was_buy)
        self._early = []

    @property
    def value(self) -> float | None:
        """From 0 (both sides equal in each bucket) to 1; None before 50 buckets are full."""
        if self._size is None or len(self._buckets) < BUCKETS:
            return None
        return min(1.0, sum(self._buckets) / (BUCKETS * self._size))
