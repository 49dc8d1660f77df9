"""The terms of an order at an exchange."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct


class Terms(Struct, frozen=True, gc=False):
    """What an amendment can change: quantity in base currency, prices in quote currency."""

    quantity: Decimal
    limit_price: Decimal | None
    trigger_price: Decimal | None
