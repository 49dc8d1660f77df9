"""A spot pair as the venue lists it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from msgspec.structs import replace

from adapters.simulated.venue.categories import SPOT
from adapters.simulated.venue.contract import Contract
from domain.arithmetic import EXACT, ONE, ZERO
from domain.instrument import Instrument, instrument_id, symbol_of
from domain.quotes import split_symbol

FEE = Decimal("0.001")
"""Maker and taker of an account of level VIP 0, as a fraction of the traded value."""

BAND = Decimal("0.005")
"""`priceLimitRatioX` of BTCUSDT in the example of the documentation."""

_HALF = Decimal("0.5")
_MAX_AMOUNT = Decimal(8_000_000)

# symbol: tick, basePrecision, quotePrecision, minOrderQty, maxOrderQty. BTCUSDT is the example of Bybit's v5
# documentation of instruments-info; ETHUSDT has the precisions and the least quantity of the example of v3, and the
# largest quantity of its contract.
_LISTED: Mapping[str, tuple[str, str, str, str, str]] = {
    "BTCUSDT": ("0.1", "0.000001", "0.0000001", "0.000011", "83"),
    "ETHUSDT": ("0.01", "0.00001", "0.0000001", "0.00224", "7240"),
}


class Pair(Contract, frozen=True, gc=False, kw_only=True):
    """`instrument.lot` is Bybit's `basePrecision`, `instrument.min_notional` its `minOrderAmt`.

    `quote_step` is the step of an amount in quote currency (`quotePrecision`), `max_amount` its bound.
    """

    category: ClassVar[str] = SPOT

    quote_step: Decimal = Decimal("0.0000001")
    max_amount: Decimal = _MAX_AMOUNT


def pairs() -> tuple[Pair, ...]:
    """The pairs of the table, ordered by symbol."""
    return tuple(_listed(symbol, number) for number, symbol in enumerate(sorted(_LISTED), 1))


def pair_of(rules: Instrument, number: int) -> Pair:
    """The pair of an instrument: that of the table where its symbol is listed, with the finer tick of the two.

    Another pair has the steps and bounds of `rules`, and the fees and the band of the table.
    """
    symbol = symbol_of(rules.id)
    if symbol in _LISTED:
        listed = _listed(symbol, number)
        return replace(
            listed, instrument=_with_tick(listed.instrument, min(listed.instrument.tick, rules.tick))
        )
    spot = replace(
        rules,
        id=instrument_id(symbol, "SPOT"),
        maker_fee=FEE,
        taker_fee=FEE,
        max_leverage=ONE,
        maintenance_margin=ZERO,
    )
    return _pair(spot, number, EXACT.multiply(rules.tick, rules.lot))


def _listed(symbol: str, number: int) -> Pair:
    tick, lot, quote_step, least, most = map(Decimal, _LISTED[symbol])
    base, quote = split_symbol(symbol)
    rules = Instrument(
        id=instrument_id(symbol, "SPOT"),
        base=base,
        quote=quote,
        tick=tick,
        lot=lot,
        min_quantity=least,
        max_quantity=most,
        min_notional=Decimal(5),
        maker_fee=FEE,
        taker_fee=FEE,
        max_leverage=ONE,
        maintenance_margin=ZERO,
    )
    return _pair(rules, number, quote_step)


def _pair(rules: Instrument, number: int, quote_step: Decimal) -> Pair:
    return Pair(
        instrument=rules,
        number=number,
        band=BAND,
        max_market=EXACT.multiply(rules.max_quantity, _HALF),
        quote_step=quote_step,
    )


def _with_tick(rules: Instrument, tick: Decimal) -> Instrument:
    return replace(rules, tick=tick)
