"""A market as the venue lists it: here a linear perpetual contract."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from msgspec import Struct

from adapters.simulated.venue.categories import LINEAR
from domain.instrument import Instrument, symbol_of


class Contract(Struct, frozen=True, gc=False, kw_only=True):
    """An instrument with the rules that only the venue's own orders need.

    `band` is the share of the last price by which a limit price may be worse and by which a market order may walk the
    book (`riskParameters.priceLimitRatioX`). `max_market` bounds a market order's quantity, in base currency.
    `funding_interval` is in minutes; `funding_cap` bounds the funding rate on either side of zero.
    """

    category: ClassVar[str] = LINEAR

    instrument: Instrument
    number: int
    band: Decimal
    max_market: Decimal
    funding_interval: int = 480
    funding_cap: Decimal = Decimal("0.00375")
    launched: int = 1_585_526_400_000

    @property
    def symbol(self) -> str:
        return symbol_of(self.instrument.id)


def contract_of(instrument: Instrument, number: int, band: Decimal = Decimal("0.01")) -> Contract:
    """The contract of an instrument; a market order may be as large as a limit order."""
    return Contract(instrument=instrument, number=number, band=band, max_market=instrument.max_quantity)
