"""The order book of one market: price levels, each a queue of quantities by time.

A queue holds own orders (of the venue's accounts) and quantities of the market that the venue plays. A quantity of the
market that is withdrawn is taken from the end of the queue, so an own order never gains a place by it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from adapters.simulated.venue.account import Account
from adapters.simulated.venue.order import Order
from adapters.simulated.venue.requests import Prevention
from domain.arithmetic import EXACT, ZERO
from domain.direction import Side

_ENDS_TAKER = frozenset({Prevention.CANCEL_TAKER, Prevention.CANCEL_BOTH})


@dataclass(slots=True, eq=False)
class Entry:
    """A quantity in a queue, of an own order or of the market (`order` is None)."""

    price: Decimal
    size: Decimal
    order: Order | None

    def of(self, account: Account) -> Order | None:
        """The order where it is one of this account."""
        return self.order if self.order is not None and self.order.account is account else None


@dataclass(slots=True, eq=False)
class Level:
    """The queue at one price; `size` is the sum over its entries, `foreign` the sum over those of the market."""

    price: Decimal
    queue: deque[Entry] = field(default_factory=deque[Entry])
    size: Decimal = ZERO
    foreign: Decimal = ZERO

    def add(self, entry: Entry) -> None:
        self.queue.append(entry)
        self.change(entry, entry.size)

    def remove(self, entry: Entry) -> None:
        self.queue.remove(entry)
        self.change(entry, -entry.size)

    def take(self, entry: Entry, quantity: Decimal) -> None:
        """Fills the first entry of the queue by `quantity`."""
        entry.size = EXACT.subtract(entry.size, quantity)
        self.change(entry, -quantity)
        if not entry.size:
            self.queue.popleft()

    def change(self, entry: Entry, by: Decimal) -> None:
        self.size = EXACT.add(self.size, by)
        if entry.order is None:
            self.foreign = EXACT.add(self.foreign, by)


class BookSide:
    """The levels of one side, the best of them last in `_keys`; a key grows as the price gets better."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._keys: list[Decimal] = []
        self._levels: dict[Decimal, Level] = {}

    @property
    def best(self) -> Level | None:
        return self._levels[self._keys[-1]] if self._keys else None

    def level(self, price: Decimal) -> Level:
        """The level at the price, which is added where it is missing."""
        key = self._key(price)
        level = self._levels.get(key)
        if level is None:
            level = self._levels[key] = Level(price)
            self._keys.insert(bisect_left(self._keys, key), key)
        return level

    def at(self, price: Decimal) -> Level | None:
        """The level at the price; None where nothing rests there."""
        return self._levels.get(self._key(price))

    def drop_if_empty(self, level: Level) -> None:
        if not level.queue:
            key = self._key(level.price)
            del self._levels[key]
            del self._keys[bisect_left(self._keys, key)]

    def within(self, limit: Decimal) -> Iterator[Level]:
        """The levels that an order of the other side with this limit may trade with, the best first."""
        worst = self._key(limit)
        for key in reversed(self._keys):
            if key < worst:
                return
            yield self._levels[key]

    def __iter__(self) -> Iterator[Level]:
        """Every level, the best first."""
        return (self._levels[key] for key in reversed(self._keys))

    def __len__(self) -> int:
        return len(self._keys)

    def _key(self, price: Decimal) -> Decimal:
        return price if self._side is Side.BUY else -price


class OrderBook:
    """Both sides; `changes` counts changes, so that a reader knows whether to look again."""

    def __init__(self) -> None:
        self.sides = {side: BookSide(side) for side in Side}
        self.changes = 0

    def best(self, side: Side) -> Decimal | None:
        """The best price of the side (BUY: the best bid)."""
        level = self.sides[side].best
        return None if level is None else level.price

    def shown(self, side: Side) -> Decimal | None:
        """The best price of the side at which the market that is played shows a quantity."""
        return next((level.price for level in self.sides[side] if level.foreign), None)

    def depth(self, side: Side, levels: int) -> list[tuple[Decimal, Decimal]]:
        """Price and quantity of the best levels."""
        return [(level.price, level.size) for level, _ in zip(self.sides[side], range(levels), strict=False)]

    def crosses(self, side: Side, limit: Decimal) -> bool:
        """Whether an order of this side and limit would trade on arrival."""
        return next(self.sides[side.opposite].within(limit), None) is not None

    def fillable(self, order: Order) -> Decimal:
        """The quantity that the order could trade on arrival. Left out are orders of its own account that its
        `smp_type` cancels, what lies behind one that cancels the order itself, and reduce-only orders of the account,
        which shrink with the position.
        """
        quantity, prevention = ZERO, order.request.smp_type
        for level in self.sides[order.side.opposite].within(order.price):
            for entry in level.queue:
                own = entry.of(order.account)
                if own is not None and prevention in _ENDS_TAKER:
                    return quantity
                if own is None or not (prevention is Prevention.CANCEL_MAKER or own.reduces):
                    quantity = EXACT.add(quantity, entry.size)
        return quantity

    def rest(self, order: Order, quantity: Decimal) -> None:
        """Puts the order at the end of its price's queue."""
        order.entry = Entry(order.price, quantity, order)
        self.sides[order.side].level(order.price).add(order.entry)
        self.changes += 1

    def withdraw(self, order: Order) -> None:
        """Takes a resting order out of the book; no effect for an order that does not rest."""
        if order.entry is not None:
            self._remove(order.side, order.entry)
            order.entry = None

    def lessen(self, order: Order, by: Decimal) -> None:
        """Lowers a resting order's quantity; it keeps its place in the queue."""
        if order.entry is not None:
            order.entry.size = EXACT.subtract(order.entry.size, by)
            self.sides[order.side].level(order.entry.price).change(order.entry, -by)
            self.changes += 1

    def add_foreign(self, side: Side, price: Decimal, quantity: Decimal) -> None:
        """Adds a quantity of the market at the end of the queue."""
        self.sides[side].level(price).add(Entry(price, quantity, None))
        self.changes += 1

    def set_foreign(self, side: Side, price: Decimal, quantity: Decimal) -> None:
        """Makes the market's quantity at this price equal `quantity`: adds to the end of the queue or removes there."""
        level = self.sides[side].at(price)
        shown = ZERO if level is None else level.foreign
        if quantity > shown:
            self.add_foreign(side, price, quantity - shown)
        elif level is not None and quantity < shown:
            self._cut_foreign(side, level, shown - quantity)

    def first(self, side: Side, limit: Decimal) -> Entry | None:
        """The entry that an order of this side and limit meets first."""
        level = next(self.sides[side.opposite].within(limit), None)
        return None if level is None else level.queue[0]

    def take(self, side: Side, entry: Entry, quantity: Decimal) -> None:
        """An order of this side fills the entry that it meets first by `quantity`."""
        across = self.sides[side.opposite]
        level = across.level(entry.price)
        level.take(entry, quantity)
        across.drop_if_empty(level)
        if entry.order is not None and not entry.size:
            entry.order.entry = None
        self.changes += 1

    def _cut_foreign(self, side: Side, level: Level, excess: Decimal) -> None:
        for entry in [one for one in reversed(level.queue) if one.order is None]:
            if excess < entry.size:
                entry.size = EXACT.subtract(entry.size, excess)
                level.change(entry, -excess)
                break
            excess = EXACT.subtract(excess, entry.size)
            level.remove(entry)
        self.sides[side].drop_if_empty(level)
        self.changes += 1

    def _remove(self, side: Side, entry: Entry) -> None:
        level = self.sides[side].level(entry.price)
        level.remove(entry)
        self.sides[side].drop_if_empty(level)
        self.changes += 1
