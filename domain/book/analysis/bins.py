"""Half seconds of one instrument: the book at the end of each, and what happened in it, as columns."""

from __future__ import annotations

from enum import IntEnum
from math import nan

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BIN_MS = 500
"""Bins begin at multiples of it in Unix time, so those of two instruments are the same times."""
PER_SECOND = 1_000 // BIN_MS
SHORT, MINUTE, LONG = 10 * PER_SECOND, 60 * PER_SECOND, 120 * PER_SECOND
"""The windows of figures: 10, 60 and 120 seconds, in bins."""
KEPT = LONG + SHORT + 1
"""The bins that can be read: the longest window, and what is compared with its beginning."""
_ROOM = 1_024
_ONES: Floats = np.ones(KEPT)


class Flow(IntEnum):
    """What is summed during a bin. Sizes are in base currency, products with prices in quote currency."""

    BOUGHT = 0
    SOLD = 1
    NOTIONAL = 2
    SIGNED_NOTIONAL = 3
    TRADES = 4
    SPREAD_PAID = 5
    MONEY_FLOW = 6
    OFI = 7
    MLOFI = 8
    ADDED = 9
    CANCELLED = 10
    HIDDEN_BIDS = 11
    HIDDEN_ASKS = 12
    REMOVED_LEVELS = 13
    LIFETIMES = 14
    FLEETING = 15
    UPDATES = 16
    BEST_CHANGES = 17


class State(IntEnum):
    """The book at the end of a bin; NaN where the figure was missing."""

    MID = 18
    """Quote currency."""
    LOG_MID = 19
    SPREAD = 20
    IMBALANCE = 21
    BEST_SIZE = 22
    DEPTH = 23
    CLUSTER_SHARE = 24
    HOT_BID = 25
    HOT_ASK = 26
    DENSITY = 27


_FLOWS = len(Flow)
TRADED = Flow.SIGNED_NOTIONAL + 1
"""The columns of `Flow` that begin with BOUGHT and end with SIGNED_NOTIONAL."""
_COLUMNS = _FLOWS + len(State)


class Bins:
    """The last closed bins, oldest first, shape (columns, bins); `count` is their number since the last reset."""

    __slots__ = ("_end", "_values", "count", "last")

    def __init__(self) -> None:
        self._values: Floats = np.full((_COLUMNS, _ROOM), nan)
        self._end = 0
        self.count = 0
        self.last = 0
        """The number of the last closed bin: its beginning in Unix milliseconds / `BIN_MS`."""

    def append(self, number: int, flow: list[float], state: list[float]) -> None:
        """Appends the bin of this number, which follows the last one."""
        if self._end == _ROOM:
            self._values[:, :KEPT] = self._values[:, _ROOM - KEPT :]
            self._end = KEPT
        self._values[:_FLOWS, self._end] = flow
        self._values[_FLOWS:, self._end] = state
        self._end += 1
        self.count += 1
        self.last = number

    def reset(self) -> None:
        """Forgets all bins."""
        self.count = 0

    @property
    def table(self) -> tuple[Floats, int]:
        """All columns, shape (columns, room), and the place after the last bin. They are not to be written."""
        return self._values, self._end

    def column(self, of: Flow | State, bins: int, back: int = 0) -> Floats | None:
        """The values of so many bins that end `back` bins before the last one; None where there are fewer."""
        if self.count < bins + back:
            return None
        end = self._end - back
        return self._values[of, end - bins : end]

    def sums(self, bins: int, columns: int = _FLOWS) -> list[float] | None:
        """The sums of the first columns of `Flow` over the last bins; None where there are fewer bins."""
        if self.count < bins:
            return None
        window: Floats = self._values[:columns, self._end - bins : self._end]
        found: list[float] = (window @ _ONES[:bins]).tolist()
        return found

    def bin_at(self, back: int = 0) -> list[float] | None:
        """All columns, first those of `Flow`, of the bin that is so many before the last one; None without it."""
        if self.count <= back:
            return None
        found: list[float] = self._values[:, self._end - 1 - back].tolist()
        return found


def total(values: Floats) -> float:
    """The sum of at most `KEPT` values: a product with ones, which is faster than a sum of so few."""
    return float(values @ _ONES[: len(values)])
