"""Our working orders in one market, by arrival; and what became of those that ended."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from adapters.simulated.order import WorkingOrder
from domain.direction import Side
from domain.order import OrderType


class Book:
    """Orders leave it when they end; what they had filled by then is remembered, because children ask."""

    def __init__(self) -> None:
        self._working: dict[str, WorkingOrder] = {}
        self._ended: dict[str, Decimal] = {}

    def __contains__(self, order: WorkingOrder) -> bool:
        return order.id in self._working

    def __iter__(self) -> Iterator[WorkingOrder]:
        """As they stand now: orders may come and go while this is walked; ask `in` again before acting."""
        return iter(tuple(self._working.values()))

    def get(self, order_id: str | None) -> WorkingOrder | None:
        return self._working.get(order_id) if order_id is not None else None

    def add(self, order: WorkingOrder) -> None:
        self._working[order.id] = order

    def end(self, order_id: str, filled: Decimal) -> None:
        """The order works no longer (or never did)."""
        self._working.pop(order_id, None)
        self._ended[order_id] = filled

    def knows(self, order_id: str) -> bool:
        return order_id in self._working or order_id in self._ended

    def filled(self, order_id: str) -> Decimal:
        """What a known order has filled so far, working or ended."""
        working = self._working.get(order_id)
        return self._ended[order_id] if working is None else working.filled

    def children(self, order_id: str) -> list[WorkingOrder]:
        """The protective orders of this parent."""
        return [order for order in self if order.terms.parent == order_id]

    def limits(self, *, reduce_only: bool) -> list[WorkingOrder]:
        """The limit orders that are awake."""
        return [
            order
            for order in self
            if order.awake and order.terms.type is OrderType.LIMIT and order.terms.reduce_only is reduce_only
        ]

    def reducing(self) -> list[WorkingOrder]:
        """The reduce-only orders that are awake."""
        return [order for order in self if order.awake and order.terms.reduce_only]


def waits_for_fall(order: WorkingOrder) -> bool:
    """Whether it is a falling price that moves the order: a sell stop, a buy limit."""
    return (order.terms.side is Side.SELL) is (order.terms.type is OrderType.STOP)
