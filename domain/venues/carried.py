"""The prices of a proposal, carried over to an equal instrument."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from domain.arithmetic import EXACT
from domain.committees.plan import TO_TICK
from domain.direction import Direction


class Prices(Struct, frozen=True, gc=False):
    """The price, stop and target of an entry or exit, in quote currency."""

    price: Decimal
    stop: Decimal
    target: Decimal


def carried(of: Prices, direction: Direction, price: Decimal, tick: Decimal) -> Prices:
    """The same proposal at `price` in another instrument with this tick, at least one tick each.

    Stop and target are as far from the price as before, as a ratio: level·price / proposed price. They are rounded to
    the tick as those of every signal, never in our favour (`domain/committees/plan.py`).
    """

    def at(level: Decimal) -> Decimal:
        scaled = EXACT.divide(EXACT.multiply(level, price), of.price)
        return max(TO_TICK[direction](scaled, tick), tick)

    return Prices(price, at(of.stop), at(of.target))
