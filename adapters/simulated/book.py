"""The account's working orders in one market, in order of arrival, and the filled quantities of ended orders."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from adapters.simulated.order import WorkingOrder
from domain.direction import Side
from domain.order import OrderType


class Book:
    """An order is removed when it ends. Its filled quantity is kept, because its children depend on it."""

    def __init__(self) -> None:
        self._working: dict[str, WorkingOrder] = {}
        self._ended: dict[str, Decimal] = {}

    def __contains__(self, order: WorkingOrder) -> bool:
        return order.id in self._working

    def __iter__(self) -> Iterator[WorkingOrder]:
        """Iterates over a copy, as orders may be added or end in the loop: check `order in book` before each use."""
        return iter(tuple(self._working.values()))

    def get(self, order_id: str | None) -> WorkingOrder | None:
        return self._working.get(order_id) if order_id is not None else None

    def add(self, order: WorkingOrder) -> None:
        self._working[order.id] = order

    def end(self, order_id: str, filled: Decimal) -> None:
        """Records that the order has ended, or was never admitted."""
        self._working.pop(order_id, None)
        self._ended[order_id] = filled

    def knows(self, order_id: str) -> bool:
        return order_id in self._working or order_id in self._ended

    def filled(self, order_id: str) -> Decimal:
        """The filled quantity of a working or ended order; raises KeyError for an unknown id."""
        working = self._working.get(order_id)
        return self._ended[order_id] if working is None else working.filled

    def children(self, order_id: str) -> list[WorkingOrder]:
        """The working orders whose parent is this order."""
        return [order for order in self._working.values() if order.terms.parent == order_id]

    def limits(self, *, reduce_only: bool) -> list[WorkingOrder]:
        """The active limit orders that are reduce-only, or else those that are not."""
        return [
            order
            for order in self._working.values()
            if order.awake and order.terms.type is OrderType.LIMIT and order.terms.reduce_only is reduce_only
        ]

    def reducing(self) -> list[WorkingOrder]:
        """The active reduce-only orders."""
        return [order for order in self._working.values() if order.awake and order.terms.reduce_only]


def waits_for_fall(order: WorkingOrder) -> bool:
    """Whether the order trades when the price falls to its level: true of sell stops and buy limits."""
    return (order.terms.side is Side.SELL) is (order.terms.type is OrderType.STOP)
