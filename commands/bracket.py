"""A bracket: the stop and the target that rest at the exchange from an entry's first fill on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from commands.order import PlaceOrder
from domain.instrument import Instrument
from domain.order import OrderPlaced, OrderType, Purpose


def bracket(
    chain: str,
    entry_id: str,
    entry: OrderPlaced,
    rules: Instrument,
    stop: Decimal | None,
    target: Decimal | None,
) -> Sequence[PlaceOrder]:
    """`<chain>-s1` at `stop` and `<chain>-t1` at `target` (quote currency, each left out where None).

    They wait for `entry`, are of its quantity and trade against it.
    """
    out = replace(
        entry,
        side=entry.side.opposite,
        reduce_only=True,
        parent=entry_id,
        limit_price=None,
        trigger_price=None,
    )
    orders: list[PlaceOrder] = []
    if stop is not None:
        terms = replace(out, type=OrderType.STOP, purpose=Purpose.STOP, trigger_price=stop)
        orders.append(PlaceOrder(f"{chain}-s1", terms, rules))
    if target is not None:
        terms = replace(out, type=OrderType.LIMIT, purpose=Purpose.TARGET, limit_price=target)
        orders.append(PlaceOrder(f"{chain}-t1", terms, rules))
    return orders
