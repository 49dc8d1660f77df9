"""Decimal arithmetic that depends on no thread's context: the same figures give the same digits anywhere.

Sixty digits hold every product of quantity, price and fee exactly; only quotients are rounded, and their rounding
is chosen where they are made.
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
    """The sum, exactly; 0 of none."""
    result = ZERO
    for amount in amounts:
        result = EXACT.add(result, amount)
    return result


def is_within(value: Decimal | float, low: Decimal | float, high: Decimal | float) -> bool:
    """Whether low <= value <= high; what is not a number is nowhere."""
    nowhere = value.is_nan() if isinstance(value, Decimal) else isnan(value)
    return not nowhere and low <= value <= high


def distance(one: Decimal, other: Decimal) -> Decimal:
    """How far apart two prices are, exactly; never negative."""
    return EXACT.abs(EXACT.subtract(one, other))


def exactly(opinion: float) -> Decimal:
    """The decimal a person wrote when they wrote this float: 0.05, not the binary fraction beside it."""
    return Decimal(repr(opinion))
