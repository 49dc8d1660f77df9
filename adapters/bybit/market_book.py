"""An order book that is kept by Bybit's rule of update numbers: pure, without time and I/O.

A snapshot replaces the book. A delta is applied where its number follows the last one by 1; number 1 means that the
service has restarted, and replaces the book whatever its type says. Any other number is a gap: the book is not known
until the next snapshot, and deltas are refused until then.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import Enum, auto

from msgspec import Struct

from domain.market import Level

_RESTARTED = 1
Side = dict[Decimal, Decimal]


class Taken(Enum):
    """What became of a message: it replaced the book, changed it, was known already, or was refused.

    GAP: it shows that the book is wrong. REFUSED: the book is not known. OLD: an earlier snapshot, or a delta that
    changes nothing under the last number.
    """

    REPLACED = auto()
    CHANGED = auto()
    OLD = auto()
    REFUSED = auto()
    GAP = auto()


class Message(Struct, frozen=True, gc=False, kw_only=True):
    """A snapshot or a delta; `at` is Bybit's time of it in ms, `number` its `u`."""

    is_snapshot: bool
    number: int
    at: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class Book:
    """The book of one instrument at one depth. `number` is that of the last update; `why` states the last gap."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self.bids: Side = {}
        self.asks: Side = {}
        self.is_known, self.number, self.at, self.why = False, 0, 0, ""

    def forget(self, why: str) -> None:
        """From now on the book is not known, until a snapshot."""
        self.is_known, self.why = False, why
        self.bids, self.asks = {}, {}

    def take(self, message: Message) -> Taken:
        """Applies a message, or refuses it."""
        if message.is_snapshot or message.number == _RESTARTED:
            return self._replace(message)
        if not self.is_known:
            return Taken.REFUSED
        if message.number == self.number and not self._changes(message):
            return Taken.OLD
        if message.number != self.number + 1:
            return self._lost(f"update {message.number} came after {self.number}")
        _apply(self.bids, message.bids)
        _apply(self.asks, message.asks)
        return self._settled(message, Taken.CHANGED)

    def best(self) -> tuple[Level, Level] | None:
        """The best bid and ask; None for a book with an empty side."""
        if not self.bids or not self.asks:
            return None
        bid, ask = max(self.bids), min(self.asks)
        return Level(bid, self.bids[bid]), Level(ask, self.asks[ask])

    def levels(self) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """Bids and asks, the best prices first."""
        return _ordered(self.bids, best_is_highest=True), _ordered(self.asks, best_is_highest=False)

    def _replace(self, message: Message) -> Taken:
        if self.is_known and message.number != _RESTARTED and message.at < self.at:
            return Taken.OLD
        self.bids, self.asks = {}, {}
        _apply(self.bids, message.bids)
        _apply(self.asks, message.asks)
        return self._settled(message, Taken.REPLACED)

    def _settled(self, message: Message, taken: Taken) -> Taken:
        best = self.best()
        if best is not None and best[0].price >= best[1].price:
            return self._lost(f"bid {best[0].price} is not below ask {best[1].price}")
        if max(len(self.bids), len(self.asks)) > self._depth:
            return self._lost(f"a side has more than {self._depth} levels")
        self.is_known, self.number, self.at, self.why = True, message.number, message.at, ""
        return taken

    def _lost(self, why: str) -> Taken:
        self.forget(why)
        return Taken.GAP

    def _changes(self, message: Message) -> bool:
        halves = ((self.bids, message.bids), (self.asks, message.asks))
        return any(side.get(one.price, 0) != one.size for side, levels in halves for one in levels)


def _apply(side: Side, levels: Iterable[Level]) -> None:
    for level in levels:
        if level.size:
            side[level.price] = level.size
        else:
            side.pop(level.price, None)


def _ordered(side: Side, *, best_is_highest: bool) -> tuple[Level, ...]:
    return tuple([Level(price, side[price]) for price in sorted(side, reverse=best_is_highest)])
