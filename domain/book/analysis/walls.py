"""Levels that are much larger than those around them: support, resistance, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from msgspec import Struct

from domain.book.analysis.ladder import BPS, READ, Floats
from domain.book.depth import Depth

USUAL = 0.9
"""The usual size of a side: so many of its levels have less. A median says little of sizes with heavy tails."""
LARGE = 2.5
"""A wall begins where a level has so many times the usual size of its side."""
SMALL = LARGE / 2.0
"""It ends where it has less than so many times the usual size."""
STEADY_MS = 5_000
"""A wall that has stood so long is a support or a resistance."""


class Way(StrEnum):
    """The side of a book on which a wall stands."""

    BID = "BID"
    ASK = "ASK"


class Ending(StrEnum):
    """TOUCHED: the best price reached it. WITHDRAWN: it was cancelled before. OUT_OF_SIGHT: levels end before it."""

    TOUCHED = "TOUCHED"
    WITHDRAWN = "WITHDRAWN"
    OUT_OF_SIGHT = "OUT_OF_SIGHT"


class Wall(Struct, gc=False, kw_only=True):
    """A standing wall. `multiple` is its largest size / the usual size then, `distance` that from the mid at its start
    in basis points. `bought` and `sold` are what takers had traded by then, in base currency. `returns` counts how
    often the best price was at the wall and left it.
    """

    way: Way
    price: float
    size: float
    multiple: float
    distance: float
    born_ms: int
    bought: float
    sold: float
    was_touched: bool = False
    is_touched: bool = False
    returns: int = 0

    @property
    def strength(self) -> float:
        """Its multiple of the usual size, once more for each return of the price."""
        return self.multiple * (1 + self.returns)


class Ended(Struct, frozen=True, gc=False, kw_only=True):
    """A wall and its end: `bought` and `sold` are what takers traded while it stood."""

    wall: Wall
    ending: Ending
    at: int
    bought: float
    sold: float

    @property
    def life_ms(self) -> int:
        """How long it stood."""
        return self.at - self.wall.born_ms


class Walls:
    """The walls of one side. Give it the book ten times a second."""

    __slots__ = ("_sign", "_usual", "_way", "standing")

    def __init__(self, way: Way) -> None:
        self._way, self._sign = way, 1.0 if way is Way.ASK else -1.0
        self._usual: float | None = None
        self.standing: dict[float, Wall] = {}

    def measure(self, depth: Depth) -> None:
        """Takes the usual size, to which sizes are compared until the next call."""
        self._usual = usual_size(self._side(depth)[1])

    def step(self, depth: Depth, mid: float, bought: float, sold: float) -> Sequence[Ended]:
        """Takes the book, with all that takers have traded so far (base currency); returns the walls that ended."""
        at = depth.matched_ms
        prices, sizes = self._side(depth)
        usual = self._usual
        if usual is None:
            usual = self._usual = usual_size(sizes)
        found = _large(prices, sizes, SMALL * usual)
        touch = float(prices[0])
        ended: list[Ended] = []
        for price, wall in list(self.standing.items()):
            size = found.pop(price, None)
            is_passed = self._sign * (touch - price) > 0.0
            self._touch(wall, at_wall=touch == price, is_passed=is_passed)
            if size is None:
                del self.standing[price]
                ending = self._ending(wall, float(prices[-1]))
                ended.append(
                    Ended(wall=wall, ending=ending, at=at, bought=bought - wall.bought, sold=sold - wall.sold)
                )
            elif size > wall.size:
                wall.size, wall.multiple = size, max(wall.multiple, size / usual)
        for price, size in found.items():
            if size >= LARGE * usual:
                self.standing[price] = Wall(
                    way=self._way,
                    price=price,
                    size=size,
                    multiple=size / usual,
                    distance=self._sign * (price - mid) * BPS / mid,
                    born_ms=at,
                    bought=bought,
                    sold=sold,
                    was_touched=touch == price,
                    is_touched=touch == price,
                )
        return ended

    def strongest(self, at: int) -> Wall | None:
        """The strongest wall that has stood for five seconds; the nearest of equal ones. None where there is none."""
        found, most, until = None, 0.0, at - STEADY_MS
        for one in self.standing.values():
            if one.born_ms > until:
                continue
            strength = one.multiple * (1 + one.returns)
            if found is None or strength > most:
                found, most = one, strength
            elif strength == most and self._sign * (one.price - found.price) < 0.0:
                found = one
        return found

    def _side(self, depth: Depth) -> tuple[Floats, Floats]:
        """The prices and sizes of the levels that are read."""
        if self._way is Way.ASK:
            return depth.ask_prices[:READ], depth.ask_sizes[:READ]
        return depth.bid_prices[:READ], depth.bid_sizes[:READ]

    def _touch(self, wall: Wall, *, at_wall: bool, is_passed: bool) -> None:
        if at_wall or is_passed:
            wall.was_touched = wall.is_touched = True
        elif wall.is_touched:
            wall.is_touched = False
            wall.returns += 1

    def _ending(self, wall: Wall, last: float) -> Ending:
        if wall.was_touched:
            return Ending.TOUCHED
        if self._sign * (wall.price - last) > 0.0:
            return Ending.OUT_OF_SIGHT
        return Ending.WITHDRAWN


def _large(prices: Floats, sizes: Floats, least: float) -> dict[float, float]:
    places = (sizes >= least).nonzero()[0]
    found: list[float] = sizes[places].tolist()
    return dict(zip(prices[places].tolist(), found, strict=True))


def usual_size(sizes: Floats) -> float:
    """The size below which 90 % of the levels are, rounded down to a level's own size."""
    place = int(USUAL * (len(sizes) - 1))
    return float(np.partition(sizes, place)[place])
