"""One side of an order book as an array of sizes, one slot a tick."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from adapters.ladder_book.kernel import (
    BEST,
    COUNT,
    FAR,
    LOW,
    NO_REACH,
    REACH,
    STATE,
    apply_rows,
    best_levels,
)
from adapters.ladder_book.scale import Scale
from adapters.ladder_book.tick_rows import TickRows, tick_rows
from domain.book.frame import Row
from domain.errors import InvalidInput
from domain.market import Level

_LEAST_SLOTS = 8


class LadderSide:
    """A `LevelStore` of `slots` ticks (at least 8). Nothing is rounded.

    Inside, the key of a bid is the negative of its price in ticks, so that the lowest key is best on both sides. The
    ladder moves with the market. Levels that have no slot are not kept: `reach` then is the worst price up to which
    all levels are known, until the next snapshot, and `far` counts the rows beyond it.
    """

    __slots__ = ("_read", "_scale", "_side", "_sizes", "_state", "is_bid")

    def __init__(self, scale: Scale, slots: int, *, is_bid: bool) -> None:
        if slots < _LEAST_SLOTS:
            raise InvalidInput(f"a ladder has at least {_LEAST_SLOTS} slots, not {slots}")
        self._scale, self.is_bid, self._side = scale, is_bid, 0 if is_bid else 1
        self._sizes = np.zeros(slots, np.int64)
        self._state = np.zeros(STATE, np.int64)
        self._read: list[int] = []
        """The state as Python's numbers, which are read more often than they change."""
        self.clear()

    def __len__(self) -> int:
        return self._read[COUNT]

    @property
    def reach(self) -> float | None:
        """See `LevelStore.reach`."""
        reach = self._read[REACH]
        if reach == NO_REACH:
            return None
        places, tick, _ = self._scale.units
        return abs(reach) * tick / 10.0**places

    @property
    def far(self) -> int:
        """The rows beyond the reach since the ladder was last cleared."""
        return self._read[FAR]

    def clear(self) -> None:
        """Forgets every level."""
        self._sizes[:] = 0
        self._state[:] = 0
        self._state[BEST], self._state[REACH] = self._sizes.size, NO_REACH
        self._read = self._state.tolist()

    def replace(self, rows: Sequence[Row], *, is_cut: bool) -> None:
        """See `LevelStore.replace`."""
        self.clear()
        found = tick_rows(rows, self._side, self._scale)
        self._apply(found)
        if is_cut and len(self):
            prices, sizes = found.grid[self._side * 2 : self._side * 2 + 2, : found.length]
            worst = int((self._sign * prices[sizes > 0]).max())
            self._state[REACH] = min(worst, self._read[REACH])
            self._read = self._state.tolist()

    def apply(self, rows: Sequence[Row]) -> None:
        """See `LevelStore.apply`. Raises InvalidInput, too, for a price that is no multiple of the tick."""
        self._apply(tick_rows(rows, self._side, self._scale))

    def best(self) -> float | None:
        """See `LevelStore.best`; a key is a price in ticks."""
        read = self._read
        return abs(read[LOW] + read[BEST]) if read[COUNT] else None

    def text(self, key: float) -> str:
        """See `LevelStore.text`."""
        return self._scale.price_text(int(key))

    def best_rows(self, count: int | None = None) -> list[Row]:
        """See `LevelStore.best_rows`; the texts have the decimals of the scale."""
        keys, sizes = self._best(count).tolist()
        return [
            (self._scale.price_text(abs(key)), self._scale.size_text(size))
            for key, size in zip(keys, sizes, strict=True)
        ]

    def arrays(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """See `LevelStore.arrays`. A quotient of whole numbers below 2**53 is the float of the exact decimal."""
        keys, sizes = self._best(count)
        places, tick, size_places = self._scale.units
        return np.abs(keys) * tick / 10.0**places, sizes / 10.0**size_places

    def levels(self) -> Iterator[Level]:
        """See `LevelStore.levels`."""
        low = self._read[LOW]
        for slot in range(self._read[BEST], self._sizes.size):
            size = self._sizes.item(slot)
            if size:
                yield Level(
                    abs(low + slot) * self._scale.tick, Decimal(size).scaleb(-self._scale.size_places)
                )

    @property
    def _sign(self) -> int:
        return -1 if self.is_bid else 1

    def _best(self, count: int | None) -> NDArray[np.int64]:
        """Keys and sizes of the best `count` levels, or all."""
        most = len(self) if count is None else min(count, len(self))
        found = np.empty((2, most), np.int64)
        return found[:, : best_levels(self._sizes, self._state, most, found)]

    def _apply(self, rows: TickRows) -> None:
        number = apply_rows(rows.grid, self._side, 0, rows.length, self._sizes, self._state)
        while number < rows.length:
            self._make_room(self._sign * rows.grid.item(self._side * 2, number))
            number = apply_rows(rows.grid, self._side, number, rows.length, self._sizes, self._state)
        self._read = self._state.tolist()

    def _make_room(self, key: int) -> None:
        """Moves the ladder so that it has a slot for the key; a key too far from the best price ends the reach."""
        slots, low = self._sizes.size, self._state.item(LOW)
        best = low + self._state.item(BEST)
        if not self._state.item(COUNT):
            self._move(key - slots // 8)
        elif key < low:
            self._move(key - min(slots // 8, max(0, slots - 1 - (low - key))))
        elif key - best < slots:
            self._move((best + key - slots + 1) // 2)
        else:
            self._state[REACH] = low + slots - 1

    def _move(self, low: int) -> None:
        """Puts the first slot at another key. A level that loses its slot ends the reach."""
        slots, shift = self._sizes.size, low - self._state.item(LOW)
        moved = np.zeros(slots, np.int64)
        if 0 <= shift < slots:
            moved[: slots - shift] = self._sizes[shift:]
        elif -slots < shift < 0:
            moved[-shift:] = self._sizes[:shift]
        count = int(np.count_nonzero(moved))
        if count < self._state.item(COUNT):
            self._state[REACH] = min(self._state.item(REACH), low + slots - 1)
        self._sizes[:] = moved
        self._state[LOW], self._state[COUNT] = low, count
        self._state[BEST] = int(np.argmax(moved > 0)) if count else slots
