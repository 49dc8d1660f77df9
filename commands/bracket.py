"""A bracket: the stop and the target that rest at the exchange from the first fill of an entry on."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from commands.order import PlaceOrder
from domain.direction import Purpose
from domain.instrument import Instrument
from domain.order import OrderPlaced, OrderType


def bracket(
    chain: str,
    entry_id: str,
    entry: OrderPlaced,
    rules: Instrument,
    stop: Decimal | None,
    target: Decimal | None,
) -> Sequence[PlaceOrder]:
    """The stop `<chain>-s1` at `stop` and the target `<chain>-t1` at `target` (quote currency); None omits an order.

    Both become active when `entry` fills; they have its quantity and the opposite side.
    """
    orders: list[PlaceOrder] = []
    if stop is not None:
        terms = _child(entry, entry_id, OrderType.STOP, Purpose.STOP, stop)
        orders.append(PlaceOrder(f"{chain}-s1", terms, rules))
    if target is not None:
        terms = _child(entry, entry_id, OrderType.LIMIT, Purpose.TARGET, target)
        orders.append(PlaceOrder(f"{chain}-t1", terms, rules))
    return orders


def _child(
    entry: OrderPlaced, entry_id: str, kind: OrderType, purpose: Purpose, level: Decimal
) -> OrderPlaced:
    return OrderPlaced(
        instrument=entry.instrument,
        side=entry.side.opposite,
        type=kind,
        quantity=entry.quantity,
        limit_price=level if kind is OrderType.LIMIT else None,
        trigger_price=level if kind is OrderType.STOP else None,
        reduce_only=True,
        purpose=purpose,
        parent=entry_id,
        fresh_until=entry.fresh_until,
    )
