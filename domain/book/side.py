"""One side of an order book: exact prices in order, and the rows of the exchange by price."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from decimal import Decimal

from domain.book.frame import Row
from domain.errors import InvalidInput
from domain.market import Level

DECIMALS = 16
"""A price is kept as a whole number of 10**-16 of quote currency. Integers are exact, and compare faster than
Decimal."""

_MOST_CHARACTERS = 40
_MOST_REMEMBERED = 4_096


class BookSide:
    """Prices in ascending order, and the row of each price. Rows are the texts of the exchange, so nothing is
    rounded.

    `reach` is the worst price that the last snapshot had, where the exchange has levels beyond it that the snapshot
    did not list. What lies beyond is not kept, because a delta names only those of its levels that have changed.
    """

    __slots__ = ("_keys", "is_bid", "prices", "reach", "rows")

    def __init__(self, *, is_bid: bool) -> None:
        self.is_bid = is_bid
        self._keys: dict[str, int] = {}
        self.prices: list[int] = []
        self.rows: dict[int, Row] = {}
        self.reach: int | None = None

    def __len__(self) -> int:
        return len(self.prices)

    def clear(self) -> None:
        """Forgets every level."""
        self.prices, self.rows, self.reach = [], {}, None

    def replace(self, rows: Sequence[Row], *, is_cut: bool) -> None:
        """The levels of a snapshot; `is_cut` states that the exchange has more than it listed. Raises
        InvalidInput."""
        self.clear()
        self.apply(rows)
        if is_cut and self.prices:
            self.reach = self.prices[0] if self.is_bid else self.prices[-1]

    def apply(self, rows: Sequence[Row]) -> None:
        """The levels of a delta. Raises InvalidInput for a row that no book has; the levels before it are applied."""
        keys, prices, kept = self._keys, self.prices, self.rows
        for row in rows:
            price, size = row
            key = keys.get(price) or self._key(price)
            if not size.replace(".", "", 1).isdecimal() or not size.isascii() or len(size) > _MOST_CHARACTERS:
                raise InvalidInput(f"{size[:_MOST_CHARACTERS]!r} is not a size")
            if size[0] != "0" or size.strip("0."):
                if key not in kept:
                    if self.reach is not None and self._is_beyond(key):
                        continue
                    insort(prices, key)
                kept[key] = row
            elif kept.pop(key, None) is not None:
                del prices[bisect_left(prices, key)]

    def best(self) -> int | None:
        """The key of the best price; None for an empty side."""
        if not self.prices:
            return None
        return self.prices[-1 if self.is_bid else 0]

    def best_rows(self, count: int | None = None) -> list[Row]:
        """The best `count` rows, or all, best first."""
        prices = self.prices
        if self.is_bid:
            chosen = prices[::-1] if count is None else prices[: -count - 1 : -1]
        else:
            chosen = prices if count is None else prices[:count]
        return [self.rows[price] for price in chosen]

    def levels(self) -> Iterator[Level]:
        """The levels, best first, each made when it is needed."""
        for price in reversed(self.prices) if self.is_bid else self.prices:
            text, size = self.rows[price]
            yield Level(Decimal(text), Decimal(size))

    def _is_beyond(self, key: int) -> bool:
        assert self.reach is not None
        return key < self.reach if self.is_bid else key > self.reach

    def _key(self, text: str) -> int:
        key = price_key(text)
        if len(self._keys) >= _MOST_REMEMBERED:
            self._keys.clear()
        self._keys[text] = key
        return key


def price_key(text: str) -> int:
    """The price in units of 10**-16. Raises InvalidInput for a text that is not a price above 0."""
    whole, _, part = text.partition(".")
    digits = whole + part
    if not digits.isdecimal() or not digits.isascii() or len(text) > _MOST_CHARACTERS or len(part) > DECIMALS:
        raise InvalidInput(f"{text[:_MOST_CHARACTERS]!r} is not a price of at most {DECIMALS} decimals")
    key = int(digits.ljust(len(digits) + DECIMALS - len(part), "0"))
    if not key:
        raise InvalidInput("a price is 0")
    return key
