"""Stop and target of a proposal: prices of ten places on either side of the close."""

from __future__ import annotations

from decimal import Decimal

from domain.arithmetic import EXACT
from domain.direction import Direction

_TEN_PLACES = Decimal("1e-10")


def levels_at(
    direction: Direction, close: Decimal, stop: float, target: float
) -> tuple[Decimal, Decimal] | None:
    """Stop and target at these prices; None unless both are positive and the close is strictly between them."""
    return _checked(direction, close, Decimal(stop), Decimal(target))


def levels_around(
    direction: Direction, close: Decimal, risk: float, reward: float
) -> tuple[Decimal, Decimal] | None:
    """Stop and target at these distances from the close; None unless the levels are as `levels_at` demands."""
    below, above = (risk, reward) if direction is Direction.LONG else (reward, risk)
    bottom, top = EXACT.subtract(close, Decimal(below)), EXACT.add(close, Decimal(above))
    return _checked(direction, close, *((bottom, top) if direction is Direction.LONG else (top, bottom)))


def _checked(
    direction: Direction, close: Decimal, stop: Decimal, target: Decimal
) -> tuple[Decimal, Decimal] | None:
    stop, target = (price.quantize(_TEN_PLACES, context=EXACT) for price in (stop, target))
    bottom, top = (stop, target) if direction is Direction.LONG else (target, stop)
    return (stop, target) if 0 < bottom < close < top else None
