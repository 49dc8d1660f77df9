"""Fee rates by account level, as fractions of the traded value."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from adapters.simulated.venue.contract import Contract


class Fees(Struct, frozen=True, gc=False):
    """A negative maker rate is a rebate."""

    maker: Decimal
    taker: Decimal


# Bybit's fee groups (GET /v5/market/fee-group-info), group "G1(Major Coins)".
LEVELS: Mapping[str, Fees] = {
    **dict.fromkeys(("Pro 1", "Pro 2", "Pro 3"), Fees(Decimal(0), Decimal("0.00032"))),
    **dict.fromkeys(("Pro 4", "Pro 5", "Pro 6"), Fees(Decimal(0), Decimal("0.00028"))),
}
NO_LEVEL = "VIP 0"
"""The level of an account that pays the fees of the instrument."""


def fees_of(level: str, contract: Contract) -> Fees:
    """The rates of a level in a market; those of the instrument for a level that the table does not hold."""
    listed = LEVELS.get(level)
    return listed or Fees(contract.instrument.maker_fee, contract.instrument.taker_fee)
