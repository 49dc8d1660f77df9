"""Decimal arithmetic in the contexts defined here, so no result depends on a thread's decimal context.

Sixty digits hold every product of quantity, price and fee exactly. Only quotients are rounded; the caller chooses
the rounding by the context.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from math import isnan

EXACT = Context(prec=60)
FLOOR = Context(prec=60, rounding=ROUND_FLOOR)
CEILING = Context(prec=60, rounding=ROUND_CEILING)

ZERO = Decimal(0)
ONE = Decimal(1)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum; 0 for no amounts."""
    result = ZERO
    for amount in amounts:
        result = EXACT.add(result, amount)
    return result


def is_within(value: Decimal | float, low: Decimal | float, high: Decimal | float) -> bool:
    """Whether low <= value <= high; False for NaN."""
    return not _is_nan(value) and low <= value <= high


def _is_nan(value: Decimal | float) -> bool:
    if isinstance(value, Decimal):
        return value.is_nan()
    try:
        return isnan(value)
    except OverflowError:  # an integer of more than 308 digits
        return False


def distance(one: Decimal, other: Decimal) -> Decimal:
    """The exact difference of two prices; never negative."""
    return EXACT.abs(EXACT.subtract(one, other))


def exactly(number: float) -> Decimal:
    """The decimal of the shortest text that reads as this float: 0.05, not its binary fraction."""
    return Decimal(repr(number))
