"""An instrument: a market on a venue, with its price and quantity steps."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from domain.arithmetic import EXACT
from domain.errors import InvalidInput

_MOST_DIGITS = EXACT.prec
MARKETS = ("SPOT", "LINEAR", "INVERSE")
"""The kinds of markets that an instrument's id names."""
_ID = re.compile(rf"[A-Z0-9]{{2,30}}-({'|'.join(MARKETS)})\.[A-Z0-9]{{2,20}}")


class Instrument(Struct, frozen=True, gc=False, kw_only=True):
    """The rules of one market on one venue at the time they were recorded.

    `id` is spelled `BTCUSDT-LINEAR.BYBIT`. `tick` is the price step in quote currency, `lot` the quantity
    step and `min_quantity`/`max_quantity` bounds in base currency, `min_notional` in quote currency.
    Fees are fractions of the notional (0.00055 = 0.055 %); `maintenance_margin` is a fraction of the notional.
    """

    id: str
    base: str
    quote: str
    tick: Decimal
    lot: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    min_notional: Decimal
    maker_fee: Decimal
    taker_fee: Decimal
    max_leverage: Decimal
    maintenance_margin: Decimal


class RulesOrigin(Struct, frozen=True, gc=False):
    """Where rules come from: real rules name their source and its time (UTC, where known), guessed ones the tape."""

    source: str
    as_of: datetime | None
    guessed: bool


class InstrumentListed(Struct, frozen=True, gc=False):
    """From this event on the instrument may be traded by these rules.

    `origin` is None in logs of versions that did not record it.
    """

    instrument: Instrument
    origin: RulesOrigin | None = None


class InstrumentRulesChanged(Struct, frozen=True, gc=False):
    """Other rules are in force, because the venue changed them or because a longer tape has finer prices.

    Orders that were placed before are not judged again. `origin` is None in logs of versions that did not record it.
    """

    instrument: Instrument
    origin: RulesOrigin | None = None


InstrumentEvent = InstrumentListed | InstrumentRulesChanged
Catalogue = Mapping[str, Instrument]


def evolve(state: Catalogue, event: InstrumentEvent) -> Catalogue:
    """The instruments by id after the event."""
    return {**state, event.instrument.id: event.instrument}


def instrument_id(symbol: str, market: str = "LINEAR", venue: str = "BYBIT") -> str:
    """`BTCUSDT` -> `BTCUSDT-LINEAR.BYBIT`. Raises InvalidInput for text that is not a symbol."""
    spelled = f"{symbol}-{market}.{venue}"
    check_instrument_id(spelled)
    return spelled


def instrument_named(text: str) -> str:
    """The instrument id that a symbol or a full id names. Raises InvalidInput for text that is neither."""
    if "-" not in text:
        return instrument_id(text)
    check_instrument_id(text)
    return text


def check_instrument_id(spelled: str) -> None:
    """Raises InvalidInput unless `spelled` has the form SYMBOL-MARKET.VENUE, as in `BTCUSDT-LINEAR.BYBIT`."""
    if not is_instrument_id(spelled):
        raise InvalidInput(f"{spelled!r} is not an instrument; spell it like BTCUSDT-LINEAR.BYBIT")


def is_instrument_id(spelled: str) -> bool:
    """Whether `spelled` has the form SYMBOL-MARKET.VENUE."""
    return _ID.fullmatch(spelled) is not None


def symbol_of(instrument: str) -> str:
    """`BTCUSDT-LINEAR.BYBIT` -> `BTCUSDT`."""
    return instrument.partition("-")[0]


def market_of(instrument: str) -> str:
    """`BTCUSDT-LINEAR.BYBIT` -> `LINEAR`."""
    return instrument.partition("-")[2].partition(".")[0]


def venue_of(instrument: str) -> str:
    """`BTCUSDT-LINEAR.BYBIT` -> `BYBIT`."""
    return instrument.partition(".")[2]


def round_down(value: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of `step` that is not above `value` (value >= 0), in the digits of `step`."""
    return EXACT.multiply(EXACT.divide_int(value, step), step)


def round_up(value: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of `step` that is not below `value` (value >= 0), in the digits of `step`."""
    below = round_down(value, step)
    return below if below == value else EXACT.add(below, step)


def fitted(value: Decimal, step: Decimal, rounded: Callable[[Decimal, Decimal], Decimal]) -> Decimal:
    """The value, in its own digits where it is a multiple of `step`; else rounded to one."""
    return rounded(value, step) if EXACT.remainder(value, step) else value


def closing_quantity(quantity: Decimal, rules: Instrument) -> Decimal:
    """The smallest quantity (base currency) of a reduce-only order that closes `quantity`: on the lot, and permitted.

    A position may be off the lot or below the minimum, where the venue has changed its rules since it was opened. The
    venue cuts a reduce-only order to the position (https://bybit-exchange.github.io/docs/v5/order/create-order).
    """
    return max(fitted(quantity, rules.lot, round_up), rules.min_quantity)


def check_positive(name: str, value: object) -> Decimal:
    """Returns `value`; raises InvalidInput unless it is a Decimal, finite and above zero."""
    if not isinstance(value, Decimal):
        raise InvalidInput(f"{name} {value!r} is not a Decimal: prices and quantities are exact")
    if not value.is_finite() or value <= 0:
        raise InvalidInput(f"{name} {value} must be a positive, finite number")
    return value


def check_digits(name: str, value: object, step: Decimal) -> None:
    """Raises InvalidInput unless `value` is a positive, finite multiple of `step`."""
    if not _divides(step, check_positive(name, value)):
        raise InvalidInput(f"{name} {value} has more digits than the instrument allows: its step is {step}")


def _divides(step: Decimal, value: Decimal) -> bool:
    """Whether `value` is a multiple of `step`.

    Also False if the quotient has more than sixty digits, which no quantity or price needs.
    """
    return value.adjusted() - step.adjusted() < _MOST_DIGITS and EXACT.remainder(value, step) == 0
