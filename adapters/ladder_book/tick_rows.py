"""Rows of a message as ticks and whole sizes, which are rows of texts to whoever reads them one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import msgspec
import numpy as np
from numpy.typing import NDArray

from adapters.ladder_book.kernel import read_rows
from adapters.ladder_book.scale import Scale
from domain.book.frame import Row


class TickRows(Sequence[Row]):
    """The first `length` rows of a side of the grid (see `kernel.read_push`); side 0 has the bids, 1 the asks."""

    __slots__ = ("grid", "length", "scale", "side")

    def __init__(self, grid: NDArray[np.int64], side: int, length: int, scale: Scale) -> None:
        self.grid, self.side, self.length, self.scale = grid, side, length, scale

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, number: int) -> Row: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Row]: ...
    def __getitem__(self, number: int | slice) -> Row | Sequence[Row]:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(self.length))]
        ticks, units = self.grid[self.side * 2 : self.side * 2 + 2, range(self.length)[number]].tolist()
        return self.scale.price_text(ticks), self.scale.size_text(units)


def tick_rows(rows: Sequence[Row], side: int, scale: Scale) -> TickRows:
    """The rows in this scale. Raises InvalidInput for a row that no ladder of this scale has."""
    if isinstance(rows, TickRows) and rows.scale is scale and rows.side == side:
        return rows
    grid, text = np.empty((4, len(rows) + 1), np.int64), msgspec.json.encode(rows)
    count, _ = read_rows(text, 0, scale.units, grid, side)
    if count < 0:
        grid[side * 2 : side * 2 + 2, : len(rows)] = np.array([scale.row(row) for row in rows], np.int64).T
    return TickRows(grid, side, len(rows), scale)
