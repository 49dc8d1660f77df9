"""One side of an order book: exact prices in order, and the rows of the exchange by price."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Protocol

import numpy as np

from domain.book.frame import Row
from domain.errors import InvalidInput
from domain.market import Level

MOST_CHARACTERS = 16
"""The longest price: 15 digits and a point. Decimals of at most 15 significant digits have different floats, in the
same order (`sys.float_info.dig`), so a float is an exact key of such a price. A longer price is refused."""

_SHOWN = 40
_MOST_REMEMBERED = 4_096
"""Keys of prices that come and go; more of them cost memory, and fewer cost the parsing of texts."""


class LevelStore(Protocol):
    """What a `Book` needs of one of its sides.

    `reach` is the worst price up to which all levels are known, where those beyond it are not kept; None where all are
    kept. Keys are numbers in the order of the prices.
    """

    def __len__(self) -> int: ...

    @property
    def is_bid(self) -> bool:
        """Whether the highest price is best."""
        ...

    @property
    def reach(self) -> float | None:
        """See the class."""
        ...

    def clear(self) -> None:
        """Forgets every level."""
        ...

    def replace(self, rows: Sequence[Row], *, is_cut: bool) -> None:
        """The levels of a snapshot; `is_cut` states that the exchange has more than it listed. Raises
        InvalidInput."""
        ...

    def apply(self, rows: Sequence[Row]) -> None:
        """The levels of a delta. Raises InvalidInput for a row that no book has; the levels before it are applied."""
        ...

    def best(self) -> float | None:
        """The key of the best price; None for an empty side."""
        ...

    def text(self, key: float) -> str:
        """The price of a key that the side has."""
        ...

    def best_rows(self, count: int | None = None) -> list[Row]:
        """The best `count` rows, or all, best first."""
        ...

    def arrays(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Prices and sizes of the best `count` rows, best first (float64, equal lengths)."""
        ...

    def levels(self) -> Iterator[Level]:
        """The levels, best first, each made when it is needed."""
        ...


class BookSide:
    """Rows by the text of their price, and the keys of the prices in ascending order. Nothing is rounded.

    A message mostly changes the sizes of known prices, and none of their texts is parsed then. `texts` has the text
    of each key, so that a price in another spelling is the same level.

    `reach` is the key of the worst price that the last snapshot had, where the exchange has levels beyond it that the
    snapshot did not list. What lies beyond is not kept, because a delta names only those of its levels that have
    changed.
    """

    __slots__ = ("_remembered", "is_bid", "keys", "reach", "rows", "texts")

    def __init__(self, *, is_bid: bool) -> None:
        self.is_bid = is_bid
        self._remembered: dict[str, float] = {}
        self.clear()

    def __len__(self) -> int:
        return len(self.keys)

    def clear(self) -> None:
        """Forgets every level."""
        self.keys: list[float] = []
        self.texts: dict[float, str] = {}
        self.rows: dict[str, Row] = {}
        self.reach: float | None = None

    def replace(self, rows: Sequence[Row], *, is_cut: bool) -> None:
        """The levels of a snapshot; `is_cut` states that the exchange has more than it listed. Raises
        InvalidInput."""
        self.clear()
        self.apply(rows)
        if is_cut and self.keys:
            self.reach = self.keys[0] if self.is_bid else self.keys[-1]

    def apply(self, rows: Sequence[Row]) -> None:
        """The levels of a delta. Raises InvalidInput for a row that no book has; the levels before it are applied."""
        kept = self.rows
        for row in rows:
            price, size = row
            if not size.replace(".", "", 1).isdecimal():
                raise not_a_size(size)
            if size[0] == "0" and not size.strip("0."):
                self._remove(price)
            elif price in kept:
                kept[price] = row
            else:
                self._add(price, row)

    def best(self) -> float | None:
        """The key of the best price; None for an empty side."""
        if not self.keys:
            return None
        return self.keys[-1 if self.is_bid else 0]

    def text(self, key: float) -> str:
        """See `LevelStore.text`."""
        return self.texts[key]

    def best_rows(self, count: int | None = None) -> list[Row]:
        """The best `count` rows, or all, best first."""
        keys, texts, rows = self.keys, self.texts, self.rows
        if self.is_bid:
            chosen = keys[::-1] if count is None else keys[: -count - 1 : -1]
        else:
            chosen = keys if count is None else keys[:count]
        return [rows[texts[key]] for key in chosen]

    def arrays(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """See `LevelStore.arrays`."""
        rows = self.best_rows(count)
        found = np.array(rows, dtype=np.float64).reshape(len(rows), 2)
        return found[:, 0].copy(), found[:, 1].copy()

    def levels(self) -> Iterator[Level]:
        """The levels, best first, each made when it is needed."""
        for key in reversed(self.keys) if self.is_bid else self.keys:
            price, size = self.rows[self.texts[key]]
            yield Level(Decimal(price), Decimal(size))

    def _add(self, price: str, row: Row) -> None:
        """Puts a price in its place, unless it lies beyond the reach; another spelling of a price replaces it."""
        key = self._remembered.get(price) or self._key(price)
        known = self.texts.get(key)
        if known is not None:
            del self.rows[known]
        elif self.reach is not None and (key < self.reach if self.is_bid else key > self.reach):
            return
        else:
            insort(self.keys, key)
        self.texts[key] = price
        self.rows[price] = row

    def _remove(self, price: str) -> None:
        """Removes a price, if it is there: an exchange may remove one that its snapshot did not list."""
        key = self._remembered.get(price) or self._key(price)
        known = self.texts.pop(key, None)
        if known is not None:
            del self.rows[known]
            del self.keys[bisect_left(self.keys, key)]

    def _key(self, price: str) -> float:
        key = price_key(price)
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[price] = key
        return key


def price_key(text: str) -> float:
    """The key of a price. Raises InvalidInput for a text that is not a price above 0 of at most 15 digits."""
    if len(text) > MOST_CHARACTERS or not text.replace(".", "", 1).isdecimal():
        raise InvalidInput(f"{text[:_SHOWN]!r} is not a price of at most 15 digits")
    key = float(text)
    if not key:
        raise InvalidInput("a price is 0")
    return key


def not_a_size(text: str) -> InvalidInput:
    """The error for a text that is not a size of at least 0."""
    return InvalidInput(f"{text[:_SHOWN]!r} is not a size")
