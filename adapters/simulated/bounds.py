"""The bounds that an instrument sets to an order's quantity and price, for both doors of the simulation."""

from __future__ import annotations

from decimal import Decimal

from domain.arithmetic import EXACT, ONE
from domain.direction import Side
from domain.instrument import Instrument


def is_off_step(value: Decimal, step: Decimal) -> bool:
    """Whether `value` is no multiple of the tick or lot `step`."""
    return EXACT.remainder(value, step) != 0


def is_worth_too_little(instrument: Instrument, quantity: Decimal, price: Decimal) -> bool:
    """Whether the order's value is below the instrument's least notional."""
    return EXACT.multiply(quantity, price) < instrument.min_notional


def band_bound(side: Side, last: Decimal, band: Decimal) -> Decimal:
    """The worst limit price that is admitted: `last` plus (BUY) or minus (SELL) the share `band` of it."""
    return EXACT.multiply(last, ONE + band if side is Side.BUY else ONE - band)


def is_outside_band(side: Side, limit: Decimal, last: Decimal, band: Decimal) -> bool:
    """Whether a buy limit is above its bound, or a sell limit below it."""
    bound = band_bound(side, last, band)
    return limit > bound if side is Side.BUY else limit < bound
