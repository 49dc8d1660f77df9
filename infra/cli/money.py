"""Amounts of money for people."""

from __future__ import annotations

from decimal import Decimal

COINS = frozenset({"BTC", "ETH", "BNB"})
"""Currencies of which small fractions have a value; their amounts are shown with eight decimals."""


def money(amount: Decimal, currency: str) -> str:
    """The amount with its currency: two decimals, or eight of a coin."""
    return f"{amount:,.8f} {currency}" if currency in COINS else f"{amount:,.2f} {currency}"
