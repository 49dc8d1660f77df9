"""The levels at which a price turned several times: swing highs, or swing lows, that are close together."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from functools import reduce
from operator import add
from typing import NamedTuple

from domain.indicators import Extreme


class Level(NamedTuple):
    """A level of several swings: their mean price, their number, and the close that breaks it."""

    price: float
    touches: int
    trigger: float


class Levels:
    """The resistances (of swing highs) or supports (of swing lows) of the last bars.

    Swings in order of price form one level as long as they are within `tolerance` (a fraction) of the lowest of them;
    a level has at least `strength` swings. A close breaks it `threshold` (a fraction) beyond its price.
    """

    __slots__ = ("_kept", "_levels", "_sign", "_strength", "_threshold", "_tolerance", "_triggers")

    def __init__(self, extreme: Extreme, strength: int, tolerance: float, threshold: float) -> None:
        self._sign = extreme.value
        self._strength = strength
        self._tolerance = 1.0 + tolerance
        self._threshold = 1.0 + self._sign * threshold
        self._kept: deque[tuple[int, float]] = deque()
        self._levels: list[Level] | None = []
        self._triggers: list[float] = []  # rising, as the levels are found from the lowest price on

    def add(self, bar: int, price: float) -> None:
        """Takes a confirmed swing, in order of its bar."""
        self._kept.append((bar, price))
        self._levels = None

    def drop_before(self, bar: int) -> None:
        """Forgets the swings before this bar."""
        kept = self._kept
        while kept and kept[0][0] < bar:
            kept.popleft()
            self._levels = None

    def broken(self, before: float, close: float) -> Level | None:
        """The level that this close breaks and the close before did not: of several the furthest."""
        if self._levels is None:
            self._levels = self._found()
            self._triggers = [one.trigger for one in self._levels]
        if not self._levels:
            return None
        triggers = self._triggers
        if self._sign > 0:
            at = bisect_right(triggers, close) - 1
            return self._levels[at] if at >= 0 and triggers[at] > before else None
        at = bisect_left(triggers, close)
        return self._levels[at] if at < len(triggers) and triggers[at] < before else None

    def _found(self) -> list[Level]:
        groups: list[list[float]] = []
        for price in sorted(price for _, price in self._kept):
            if groups and price <= groups[-1][0] * self._tolerance:
                groups[-1].append(price)
            else:
                groups.append([price])
        return [self._level(prices) for prices in groups if len(prices) >= self._strength]

    def _level(self, prices: list[float]) -> Level:
        mean = reduce(add, prices) / len(prices)
        return Level(mean, len(prices), mean * self._threshold)
