"""Decimals read from text: finite, with at most as many digits as the writer accepts."""

from __future__ import annotations

from decimal import Clamped, Context, Decimal, Inexact, InvalidOperation, Overflow, Rounded, Underflow
from typing import Final, NoReturn

from adapters.avro.binary import text_at

MOST_DIGITS: Final = 1_000

amount: Final = Context(
    prec=MOST_DIGITS,
    Emax=MOST_DIGITS,
    Emin=-MOST_DIGITS,
    traps=[Clamped, Inexact, InvalidOperation, Overflow, Rounded, Underflow],
).create_decimal
"""Parses a decimal; raises ArithmeticError where the text is not a decimal or is out of bounds.

NaN and Infinity are parsed, too: the caller checks `is_finite`.
"""


def amount_at(data: bytes, at: int) -> tuple[Decimal, int]:
    """Reads the text at `at` as a decimal; returns it and the offset after it.

    Raises ArithmeticError or ValueError where the text is not a finite decimal within bounds.
    """
    text, at = text_at(data, at)
    read = amount(text)
    return read if read.is_finite() else not_finite(read), at


def not_finite(read: Decimal) -> NoReturn:
    """Raises ValueError: the decimal is NaN or infinite."""
    raise ValueError(f"{read} is not a number")
