"""The rules of one instrument as a response states them, checked and turned into a listing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from commands.instrument import check_rules
from domain.arithmetic import EXACT, ONE, ZERO
from domain.catalogue import GUESSED_LEVERAGE, GUESSED_MAINTENANCE, MAKER_FEE, TAKER_FEE, Listing
from domain.errors import InvalidInput
from domain.instrument import Instrument, RulesOrigin, instrument_id
from domain.number import number
from domain.quotes import QUOTES

_CURRENCY = re.compile(r"[A-Z0-9]{1,20}")
_MOST_PLACES = 30

FEES: Mapping[tuple[str, str], tuple[Decimal, Decimal]] = {
    ("BYBIT", "LINEAR"): (MAKER_FEE, TAKER_FEE),
    ("BYBIT", "SPOT"): (Decimal("0.001"), Decimal("0.001")),
    ("BINANCE", "LINEAR"): (Decimal("0.0002"), Decimal("0.0005")),
    ("BINANCE", "SPOT"): (Decimal("0.001"), Decimal("0.001")),
}
"""Maker and taker fee by venue and market, of an account without a VIP level (the venues' fee pages).

No instruments endpoint states fees.
"""


class LeftOut(NamedTuple):
    """An instrument of a response that is not imported, and why."""

    symbol: str
    reason: str


class Stated(NamedTuple):
    """The values of a response, unchecked; None for a value that the response does not state."""

    symbol: object
    market: str
    base: object
    quote: object
    tick: object
    lot: object
    min_quantity: object
    max_quantity: object
    min_notional: object = None
    max_leverage: object = None
    maker_fee: object = None
    taker_fee: object = None


Row = Listing | LeftOut


def listed(stated: Stated, venue: str, origin: RulesOrigin) -> Row:
    """The listing of these rules, or the reason why they are left out.

    A least notional that is not stated is that of the quote currency. The maintenance margin is half the initial margin
    at the largest leverage, as in the first tier of Bybit's and Binance's tables; without a stated leverage both are
    the catalogue's defaults. A spot market has no leverage and no maintenance margin.
    """
    try:
        rules = _rules(stated, venue)
        check_rules(rules)
    except InvalidInput as fault:
        return LeftOut(_text(stated.symbol), str(fault))
    return Listing(rules, _with_assumptions(stated, origin))


def _with_assumptions(stated: Stated, origin: RulesOrigin) -> RulesOrigin:
    """The origin, whose source names the figures that the response does not state."""
    assumed = [name for name, is_missing in _ASSUMED.items() if is_missing(stated)]
    return replace(origin, source=f"{origin.source}; assumed: {', '.join(assumed)}") if assumed else origin


_ASSUMED: Mapping[str, Callable[[Stated], bool]] = {
    "least notional": lambda stated: stated.min_notional is None,
    "fees": lambda stated: stated.maker_fee is None or stated.taker_fee is None,
    "leverage": lambda stated: stated.max_leverage is None and stated.market != "SPOT",
}
"""Whether a response lacks each figure that has a default."""


def _rules(stated: Stated, venue: str) -> Instrument:
    base, quote = _currency("base", stated.base), _currency("quote", stated.quote)
    maker, taker = FEES.get((venue, stated.market), (MAKER_FEE, TAKER_FEE))
    leverage, maintenance = _margins(stated)
    return Instrument(
        id=instrument_id(_text(stated.symbol), stated.market, venue),
        base=base,
        quote=quote,
        tick=figure("tick", stated.tick),
        lot=figure("lot", stated.lot),
        min_quantity=figure("least quantity", stated.min_quantity),
        max_quantity=figure("largest quantity", stated.max_quantity),
        min_notional=_least_notional(stated, quote),
        maker_fee=_fee("maker fee", stated.maker_fee, maker),
        taker_fee=_fee("taker fee", stated.taker_fee, taker),
        max_leverage=leverage,
        maintenance_margin=maintenance,
    )


def _fee(name: str, stated: object, usual: Decimal) -> Decimal:
    return usual if stated is None else figure(name, stated)


def figure(name: str, value: object) -> Decimal:
    """The finite decimal of a JSON text or number. Raises InvalidInput for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidInput(f"{name} is missing" if value is None else f"{name} {value!r} is not a number")
    try:
        read = number(str(value), Decimal)
    except ValueError:
        raise InvalidInput(f"{name} {str(value)[:40]!r} is not a number") from None
    if read and abs(read.adjusted()) > _MOST_PLACES:
        raise InvalidInput(f"{name} {str(value)[:40]} is out of range")
    return Decimal(format(read.normalize(EXACT), "f"))


def _least_notional(stated: Stated, quote: str) -> Decimal:
    if stated.min_notional is not None:
        return figure("least notional", stated.min_notional)
    return QUOTES[quote].least if quote in QUOTES else ZERO


def _margins(stated: Stated) -> tuple[Decimal, Decimal]:
    if stated.market == "SPOT":
        return ONE, ZERO
    if stated.max_leverage is None:
        return GUESSED_LEVERAGE, GUESSED_MAINTENANCE
    leverage = figure("largest leverage", stated.max_leverage)
    if leverage < ONE:
        raise InvalidInput(f"largest leverage {leverage} is below 1")
    return leverage, (ONE / (2 * leverage)).quantize(Decimal("0.000001"))


def _currency(name: str, value: object) -> str:
    if not isinstance(value, str) or _CURRENCY.fullmatch(value) is None:
        raise InvalidInput(f"{name} currency {_text(value)!r} is not a currency")
    return value


def _text(value: object) -> str:
    return str(value)[:40]
