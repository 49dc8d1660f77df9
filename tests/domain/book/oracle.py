"""The obvious book: a dictionary a side, sorted whenever it is read. The books of the project are compared with it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from domain.book.frame import BookFrame, Row

Levels = list[tuple[Decimal, Decimal]]


class ObviousBook:
    """Applies every message without any rule, so it is given only what follows without a gap."""

    def __init__(self) -> None:
        self._bids: dict[Decimal, Decimal] = {}
        self._asks: dict[Decimal, Decimal] = {}

    def take(self, frame: BookFrame) -> None:
        if frame.is_snapshot:
            self._bids, self._asks = {}, {}
        for side, rows in ((self._bids, frame.bids), (self._asks, frame.asks)):
            side.update(_levels(rows))

    def bids(self) -> Levels:
        return sorted(((price, size) for price, size in self._bids.items() if size), reverse=True)

    def asks(self) -> Levels:
        return sorted((price, size) for price, size in self._asks.items() if size)


def levels(rows: Iterable[Row]) -> Levels:
    """The rows as numbers, in their order."""
    return list(_levels(rows))


def _levels(rows: Iterable[Row]) -> Iterable[tuple[Decimal, Decimal]]:
    return ((Decimal(price), Decimal(size)) for price, size in rows)
