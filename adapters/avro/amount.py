"""Decimals as they are read: finite, in plain notation, and with no more digits than are ever written."""

from __future__ import annotations

from decimal import Clamped, Context, Decimal, Inexact, InvalidOperation, Overflow, Rounded, Underflow
from typing import Final, NoReturn

MOST_DIGITS: Final = 1_000

amount: Final = Context(
    prec=MOST_DIGITS,
    Emax=MOST_DIGITS,
    Emin=-MOST_DIGITS,
    traps=[Clamped, Inexact, InvalidOperation, Overflow, Rounded, Underflow],
).create_decimal
"""The decimal that a text spells; raises ArithmeticError for what spells none, or one out of bounds.

NaN and Infinity are within them: `is_finite` tells those.
"""


def not_finite(read: Decimal) -> NoReturn:
    """Raises ValueError."""
    raise ValueError(f"{read} is not a number")
