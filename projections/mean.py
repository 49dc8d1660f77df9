"""A mean of prices or sums, as it is displayed."""

from __future__ import annotations

from decimal import Decimal

from domain.arithmetic import EXACT


def mean(value: Decimal) -> Decimal:
    """A mean rounded to twelve decimals for display, without the zeros that rounding leaves at its end."""
    return EXACT.normalize(round(value, 12))
