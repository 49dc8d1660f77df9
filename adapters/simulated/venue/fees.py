"""Fee rates by account level, as fractions of the traded value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from msgspec import Struct

from adapters.simulated.venue.categories import LINEAR, SPOT
from adapters.simulated.venue.contract import Contract
from domain.arithmetic import EXACT


class Fees(Struct, frozen=True, gc=False):
    """A negative maker rate is a rebate."""

    maker: Decimal
    taker: Decimal


# Bybit's help centre, "Trading Fee Structure": maker and taker in percent, of perpetuals and of spot pairs.
_VIP: Mapping[str, tuple[str, str, str, str]] = {
    "VIP 1": ("0.0180", "0.0400", "0.0675", "0.0800"),
    "VIP 2": ("0.0160", "0.0375", "0.0650", "0.0775"),
    "VIP 3": ("0.0140", "0.0350", "0.0625", "0.0750"),
    "VIP 4": ("0.0120", "0.0320", "0.0500", "0.0600"),
    "VIP 5": ("0.0100", "0.0320", "0.0400", "0.0500"),
    "Supreme VIP": ("0.0000", "0.0300", "0.0300", "0.0450"),
}

# Bybit's fee groups (GET /v5/market/fee-group-info), group "G1(Major Coins)", of perpetuals.
_PRO: Mapping[str, Fees] = {
    **dict.fromkeys(("Pro 1", "Pro 2", "Pro 3"), Fees(Decimal(0), Decimal("0.00032"))),
    **dict.fromkeys(("Pro 4", "Pro 5", "Pro 6"), Fees(Decimal(0), Decimal("0.00028"))),
}


def _percent(maker: str, taker: str) -> Fees:
    return Fees(EXACT.scaleb(Decimal(maker), -2), EXACT.scaleb(Decimal(taker), -2))


def _rows() -> Iterator[tuple[tuple[str, str], Fees]]:
    for level, (maker, taker, spot_maker, spot_taker) in _VIP.items():
        yield (level, LINEAR), _percent(maker, taker)
        yield (level, SPOT), _percent(spot_maker, spot_taker)
    for level, fees in _PRO.items():
        yield (level, LINEAR), fees


_RATES: Mapping[tuple[str, str], Fees] = dict(_rows())
NO_LEVEL = "VIP 0"
"""The level of an account that pays the fees of the instrument."""

LEVELS = (NO_LEVEL, *_VIP, *_PRO)


def fees_of(level: str, contract: Contract) -> Fees:
    """The rates of a level in a market; those of the instrument where the tables name none for its category.

    Sources: Bybit's help centre, "Trading Fee Structure" (VIP levels), and its fee groups (Pro levels, perpetuals
    only). VIP 0 pays the fees of the instrument.
    """
    listed = _RATES.get((level, contract.category))
    return listed or Fees(contract.instrument.maker_fee, contract.instrument.taker_fee)
