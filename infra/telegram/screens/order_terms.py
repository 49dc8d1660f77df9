"""The terms of an order that a user enters, in the steps of the instrument's rules.

A quantity is rounded down to a multiple of the lot. Prices are rounded to the nearest tick, apart from a limit, which
is never worse than the entered one: down to buy, up to sell. `size` is a share of the balance, or the share of the
balance that is lost at the stop: the rules PERCENT and RISK of docs/sizing.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Any, Final

from domain.instrument import fitted, round_down, round_up
from infra.telegram.screens.entered import Values, is_number

RISK: Final = "r"
"""The end of a size that is a share at risk, in percent: `1r`. One without it is a share of the balance: `10`."""
REDUCE: Final = "reduceOnly"
"""The entered value, and the term, of an order that may only reduce a position."""
PRICED: Final = ("LIMIT", "STOP")
"""The types of orders that have a price of their own."""
_FLOOR: Final = Context(prec=60, rounding=ROUND_FLOOR)
_HUNDRED: Final = Decimal(100)


RULES_FIELDS: Final = "account instrument quote tick lot minQuantity maxQuantity minNotional"
"""The fields of GraphQL's `InstrumentRules` that `rules_of` reads."""


BOUNDS: Final = ("min-quantity", "max-quantity", "min-notional")
"""The bounds of an order, as `Rules.beyond` names them."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The steps of an instrument's price and quantity and the bounds of one order: `tick` and `min_notional` in
    `quote` currency; `lot`, `min_quantity` and `max_quantity` in base currency."""

    quote: str
    tick: Decimal
    lot: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    min_notional: Decimal

    def beyond(self, quantity: Decimal, price: Decimal | None, *, reduces: bool = False) -> str:
        """The first of `BOUNDS` that an order of this quantity breaks, at `price` in quote currency; empty for none.
        One that only reduces has no least notional."""
        is_small = price is not None and not reduces and quantity * price < self.min_notional
        broken = (quantity < self.min_quantity, quantity > self.max_quantity, is_small)
        return next((name for name, is_broken in zip(BOUNDS, broken, strict=True) if is_broken), "")


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """What is sent to the engine. `missing` is the name of the first value that is still to be entered; empty where
    the order is complete. `rounded` are the names of the values that differ from the entered ones."""

    terms: Mapping[str, str | bool]
    missing: str
    rounded: frozenset[str]


def rules_of(listed: Sequence[Mapping[str, Any]], instrument: str, account: str = "") -> Rules | None:
    """The rules of the instrument in a response's `instruments`, of the account where one is named; None where they
    are not known."""
    for one in listed:
        if one["instrument"] == instrument and account in ("", one["account"]):
            steps = (
                Decimal(one[name]) for name in ("tick", "lot", "minQuantity", "maxQuantity", "minNotional")
            )
            return Rules(one["quote"], *steps)
    return None


def order_terms(
    values: Values, rules: Rules | None, balance: Decimal | None, last: Decimal | None
) -> OrderTerms:
    """The terms of the entered values. `balance` is the account's, in quote currency, `last` the last price."""
    side, type_ = values.get("side", ""), values.get("type", "MARKET")
    found: dict[str, str | bool] = {"instrument": values.get("instrument", ""), "side": side, "type": type_}
    if values.get(REDUCE):
        found[REDUCE] = True
    rounded: set[str] = set()
    for name in ("price", "stop", "target"):
        if name in values and (name != "price" or type_ in PRICED):
            _put(found, rounded, name, values[name], _price(Decimal(values[name]), name, found, rules))
    quantity = _quantity(values, found, balance, last)
    if quantity is not None:
        _put(found, rounded, "quantity", values.get("quantity", ""), _stepped(quantity, rules))
    return OrderTerms(found, _missing(found), frozenset(rounded))


def drafted_terms(terms: Mapping[str, str | bool], values: Values) -> OrderTerms:
    """The terms that were drafted of the entered values."""
    numbers = {name: text for name, text in values.items() if name in terms and is_number(text)}
    rounded = {name for name, text in numbers.items() if Decimal(text) != Decimal(str(terms[name]))}
    return OrderTerms(terms, "", frozenset(rounded))


def sent(terms: Mapping[str, str | bool]) -> Mapping[str, str | bool]:
    """The terms as the input `OrderTerms` of GraphQL names them."""
    names = {"price": "limitPrice" if terms["type"] == "LIMIT" else "triggerPrice"}
    return {names.get(name, name): value for name, value in terms.items()}


def _put(found: dict[str, str | bool], rounded: set[str], name: str, entered: str, used: Decimal) -> None:
    if used <= 0:
        return
    found[name] = f"{used:f}"
    if is_number(entered) and Decimal(entered) != used:
        rounded.add(name)


def _price(price: Decimal, name: str, found: Mapping[str, str | bool], rules: Rules | None) -> Decimal:
    if rules is None:
        return price
    if name == "price" and found["type"] == "LIMIT":
        return fitted(price, rules.tick, round_down if found["side"] == "BUY" else round_up)
    return fitted(price, rules.tick, nearest)


def nearest(price: Decimal, tick: Decimal) -> Decimal:
    """The multiple of the tick that is nearest to the price; the higher one of two."""
    below = round_down(price, tick)
    return below if price - below < tick / 2 else below + tick


def _stepped(quantity: Decimal, rules: Rules | None) -> Decimal:
    return quantity if rules is None else fitted(quantity, rules.lot, round_down)


def _quantity(
    values: Values, found: Mapping[str, str | bool], balance: Decimal | None, last: Decimal | None
) -> Decimal | None:
    """The entered quantity, or that of the size; None where one is missing that it depends on."""
    if "quantity" in values:
        return Decimal(values["quantity"])
    size = values.get("size", "")
    price = Decimal(str(found["price"])) if "price" in found else last
    if not size or balance is None or price is None:
        return None
    part = balance * Decimal(size.removesuffix(RISK)) / _HUNDRED
    if not size.endswith(RISK):
        return _FLOOR.divide(part, price)
    apart = abs(price - Decimal(str(found["stop"]))) if "stop" in found else Decimal(0)
    return _FLOOR.divide(part, apart) if apart else None


def _missing(found: Mapping[str, str | bool]) -> str:
    needed = ("instrument", "side", *(("price",) if found["type"] in PRICED else ()), "quantity")
    return next((name for name in needed if not found.get(name)), "")
