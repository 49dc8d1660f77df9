"""A bracket: the stop and the target that rest at the exchange from the first fill of an entry on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from commands.order import PlaceOrder
from domain.direction import Direction, Purpose, exit_side
from domain.instrument import Instrument, closing_quantity, fitted, round_down, round_up
from domain.order import OrderPlaced, OrderType
from domain.position import Open


def bracket(
    chain: str,
    entry_id: str,
    entry: OrderPlaced,
    rules: Instrument,
    stop: Decimal | None,
    target: Decimal | None,
    number: int = 1,
) -> Sequence[PlaceOrder]:
    """The stop `<chain>-s<number>` at `stop` and the target `<chain>-t<number>` at `target` (quote currency).

    None omits an order. Both become active when `entry` fills; they have its quantity and the opposite side.
    """
    orders: list[PlaceOrder] = []
    if stop is not None:
        terms = _child(entry, entry_id, OrderType.STOP, Purpose.STOP, stop)
        orders.append(PlaceOrder(f"{chain}-s{number}", terms, rules))
    if target is not None:
        terms = _child(entry, entry_id, OrderType.LIMIT, Purpose.TARGET, target)
        orders.append(PlaceOrder(f"{chain}-t{number}", terms, rules))
    return orders


def renewed(
    chain: str,
    number: int,
    held: Open,
    rules: Instrument,
    covered: Decimal,
    aimed: Decimal,
    fresh_until: datetime,
) -> Sequence[PlaceOrder]:
    """The stop `<chain>-s<number>` and the target `<chain>-t<number>` of an open position, at its recorded prices.

    They have no parent, so that each is an order of its own at the exchange. The stop covers `covered`, the target
    `aimed` (base currency); 0 omits an order, as a missing price does. Where the rules have coarser steps than the
    recorded figures, both orders leave earlier, and the stop covers more.
    """
    up, down = (round_up, round_down) if held.direction is Direction.LONG else (round_down, round_up)
    orders: list[PlaceOrder] = []
    if held.stop is not None and covered:
        level, quantity = fitted(held.stop, rules.tick, up), closing_quantity(covered, rules)
        stop = _own(held, OrderType.STOP, Purpose.STOP, level, quantity, fresh_until)
        orders.append(PlaceOrder(f"{chain}-s{number}", stop, rules))
    if held.target is not None and (quantity := fitted(aimed, rules.lot, round_down)):
        level = fitted(held.target, rules.tick, down)
        target = _own(held, OrderType.LIMIT, Purpose.TARGET, level, quantity, fresh_until)
        orders.append(PlaceOrder(f"{chain}-t{number}", target, rules))
    return orders


def _own(
    held: Open, kind: OrderType, purpose: Purpose, level: Decimal, quantity: Decimal, fresh_until: datetime
) -> OrderPlaced:
    return OrderPlaced(
        instrument=held.instrument,
        side=exit_side(held.direction),
        type=kind,
        quantity=quantity,
        limit_price=level if kind is OrderType.LIMIT else None,
        trigger_price=level if kind is OrderType.STOP else None,
        reduce_only=True,
        purpose=purpose,
        parent=None,
        fresh_until=fresh_until,
    )


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
