"""Numbers as the API writes them: text without exponent."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from domain.arithmetic import EXACT

_EIGHT = Decimal("1e-8")


def exact(value: Decimal) -> str:
    """Every digit of the value, without trailing zeros."""
    return format(EXACT.normalize(value), "f") if value else "0"


def rounded(value: Decimal) -> str:
    """The value rounded to eight decimals, without trailing zeros."""
    return exact(value.quantize(_EIGHT, ROUND_HALF_EVEN, EXACT))


def in_steps(value: Decimal, step: Decimal) -> str:
    """A price or quantity with the decimals of its tick or lot."""
    return format(value.quantize(step, ROUND_HALF_EVEN, EXACT), "f") if value else "0"


def price_or_empty(value: Decimal | None) -> str:
    """Empty where there is no such price."""
    return exact(value) if value else ""
