"""Which waiting order's trigger a market's prices have reached."""

from __future__ import annotations

from decimal import Decimal

from adapters.simulated.venue.market import Market
from adapters.simulated.venue.order import Order
from domain.arithmetic import EXACT
from domain.direction import Side

RISES, FALLS = 1, 2
"""`triggerDirection`."""


def due(market: Market) -> Order | None:
    """The oldest waiting order whose trigger is reached; moves the triggers of trailing stops on the way."""
    for order in market.waiting.values():
        price = market.price(order.request.trigger_by)
        if price is not None and _reached(order, price):
            return order
    return None


def reaches(direction: int, price: Decimal, trigger: Decimal) -> bool:
    """Whether a price that moves in this direction has reached the trigger."""
    return price >= trigger if direction == RISES else price <= trigger


def direction_of(side: Side, *, with_profit: bool) -> int:
    """The direction of the price at which an order of this side closes a position, with profit or with loss."""
    return RISES if (side is Side.SELL) is with_profit else FALLS


def _reached(order: Order, price: Decimal) -> bool:
    if order.distance is not None:
        return _trailed(order, price, order.distance)
    return order.trigger_price is not None and reaches(
        order.request.trigger_direction, price, order.trigger_price
    )


def _trailed(order: Order, price: Decimal, distance: Decimal) -> bool:
    """A trailing stop begins at its activation price and follows the best price since at its distance."""
    falls = order.side is Side.SELL
    if order.extreme is None:
        if order.activation is not None and not reaches(RISES if falls else FALLS, price, order.activation):
            return False
        order.extreme = price
    best = order.extreme = max(order.extreme, price) if falls else min(order.extreme, price)
    order.trigger_price = EXACT.subtract(best, distance) if falls else EXACT.add(best, distance)
    return reaches(FALLS if falls else RISES, price, order.trigger_price)
