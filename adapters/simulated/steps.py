"""Rounds prices to the tick and quantities to the lot, never in the account's favour."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal

from domain.arithmetic import ONE
from domain.direction import Side

_AGAINST = {Side.BUY: ROUND_CEILING, Side.SELL: ROUND_FLOOR}


def to_tick(price: Decimal, side: Side, tick: Decimal) -> Decimal:
    """The nearest multiple of the tick that is not better than `price` for this side; at least one tick."""
    steps = (price / tick).to_integral_value(rounding=_AGAINST[side])
    return max(steps, ONE) * tick


def to_lot(quantity: Decimal, lot: Decimal) -> Decimal:
    """The largest whole number of lots in `quantity`."""
    return (quantity / lot).to_integral_value(rounding=ROUND_DOWN) * lot
