"""One working order: it is cancelled, or its price and quantity are amended, by a second tap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from adapters.telegram.content import Button, Content, Rows
from adapters.telegram.text import Text, bold
from commands.request import AmendOrder
from commands.roles import LEAST_ROLE
from domain.direction import PROTECTION
from domain.instrument import fitted, round_down, round_up
from infra.telegram.screens.accounts import of_account
from infra.telegram.screens.entered import (
    KEY,
    WANTS,
    Values,
    fault_of,
    setter,
)
from infra.telegram.screens.figures import UNKNOWN, money, number
from infra.telegram.screens.order_terms import RULES_FIELDS, nearest, rules_of
from infra.telegram.screens.positions import ORDER_FIELDS, last_price, order_line
from infra.telegram.screens.screen import Data, Scene, Screen, page
from infra.telegram.screens.subject import (
    back,
    ended,
    own_badge,
    own_of,
    pins_of,
    plain_of,
    sets_of,
    values_of,
    variables_of,
)

CANCEL: Final = "cancel"
"""The verb of the button that cancels the order of the screen: `cancel:KEY`."""
AMEND: Final = "amend"
"""The verb of the button that amends its price and quantity: `amend:KEY`."""
TERMS: Final = ("price", "quantity")
_PRICES: Final = ("limitPrice", "triggerPrice")
_CHANGES: Final[Mapping[str, tuple[str, ...]]] = {
    "price": ("-0.5%", "-0.1%", "+0.1%", "+0.5%"),
    "quantity": ("-50%", "-25%", "+25%", "+100%"),
}
"""What buttons change a term by."""
_OVER: Final = frozenset({"FILLED", "CANCELLED", "REJECTED", "EXPIRED", "DENIED"})
_QUERY: Final = f"""query ($id: ID!, $account: String, $instrument: String) {{
  accounts {{ account openedBy currency }}
  prices {{ instrument price at }}
  order(id: $id, account: $account) {{ {ORDER_FIELDS} }}
  instruments(instrument: $instrument) {{ {RULES_FIELDS} }}
}}"""


@dataclass(frozen=True, slots=True)
class Amended:
    """A term of an order: the present value and the new one, in the steps of the instrument, as text."""

    old: str
    new: str
    entered: str


def amended_of(data: Data, values: Values) -> Mapping[str, Amended]:
    """The entered terms that change the order, by name."""
    return {name: one for name, one in _entered(data, values).items() if Decimal(one.old) != Decimal(one.new)}


def requested_of(data: Data, values: Values) -> Mapping[str, str]:
    """The variables of the mutation for all entered terms, so that a repeated tap sends the same request."""
    order = data["order"]
    names = {
        "quantity": "quantity",
        "price": "trigger" if order is not None and order["limitPrice"] is None else "limit",
    }
    return {names[name]: one.new for name, one in _entered(data, values).items()}


def _entered(data: Data, values: Values) -> Mapping[str, Amended]:
    """The entered terms by name. A quantity is rounded down to the lot, a trigger to the nearest tick, a limit to one
    that is not worse."""
    order = data["order"]
    if order is None:
        return {}
    old = {"price": order["limitPrice"] or order["triggerPrice"], "quantity": order["quantity"]}
    entered = plain_of(values, _changeable(order))
    return {name: Amended(old[name], _fitted(name, text, data), text) for name, text in entered.items()}


def _changeable(order: Data) -> tuple[str, ...]:
    """The terms that may be amended: a market order has no price, and the quantity of protection follows the
    position."""
    has_price = any(order[name] is not None for name in _PRICES)
    follows = order["purpose"] in {one.value for one in PROTECTION}
    return (*(("price",) if has_price else ()), *(() if follows else ("quantity",)))


def _fitted(name: str, text: str, data: Data) -> str:
    order = data["order"]
    rules = rules_of(data["instruments"], order["instrument"], order["account"])
    if rules is None:
        return text
    if name == "quantity":
        return f"{fitted(Decimal(text), rules.lot, round_down):f}"
    never_worse = round_down if order["side"] == "BUY" else round_up
    return f"{fitted(Decimal(text), rules.tick, nearest if order['limitPrice'] is None else never_worse):f}"


def _render(data: Data, scene: Scene) -> Content:
    words, values, order = scene.words, values_of(scene.argument), data["order"]
    if order is None or order["leaves"] == "0" or order["status"] in _OVER:
        return ended("order", words("order-gone", id=values["id"]), data, values, scene)
    filled = Decimal(order["quantity"]) - Decimal(order["leaves"])
    body: list[Text | str] = [
        *fault_of(values, scene),
        order_line(order, scene),
        f"{words('trade-quantity')}: {number(order['quantity'])}, {words('order-filled')}: {number(str(filled))}",
        f"{words('position-price')}: {last_price(order, data, scene)}",
        "",
        *_question(order, data, values, scene),
    ]
    content = page(replace(scene, argument=own_of(values)), "order", own_badge(data, values), body)
    return replace(content, buttons=(*_rows(order, data, values, scene), back(scene), *content.buttons))


def _question(order: Data, data: Data, values: Values, scene: Scene) -> list[Text | str]:
    """The term that the user has to send, the terms and the notional old beside new, or what a cancellation does."""
    words, wanted, changed = scene.words, values.get(WANTS), amended_of(data, values)
    if wanted:
        return [words("amend-send", what=words(f"trade-{wanted}"))]
    if not changed:
        same = [words("amend-same")] if plain_of(values, TERMS) else []
        return [*same, words("cancel-question")]
    return [
        *(
            bold(f"{words(f'trade-{name}')}: {number(one.old)} → {number(one.new)}") + _rounded(one, scene)
            for name, one in changed.items()
        ),
        f"{words('trade-notional')}: {_notional(order, changed, data)}",
        words("amend-question"),
    ]


def _rounded(term: Amended, scene: Scene) -> str:
    """What was entered, where it differs from the new term."""
    is_same = Decimal(term.new) == Decimal(term.entered)
    return "" if is_same else f" ({scene.words('trade-rounded', entered=number(term.entered))})"


def _notional(order: Data, changed: Mapping[str, Amended], data: Data) -> str:
    """Quantity x price of the whole order, old and new, in quote currency; at the last price for a market order."""
    last = next(
        (one["price"] for one in data["prices"] or () if one["instrument"] == order["instrument"]), None
    )
    price: str | None = order["limitPrice"] or order["triggerPrice"] or last
    if price is None:
        return UNKNOWN
    old = {"price": price, "quantity": str(order["quantity"])}
    new = old | {name: one.new for name, one in changed.items()}
    rules = rules_of(data["instruments"], order["instrument"], order["account"])
    quote = "" if rules is None else rules.quote
    shown = (money(str(Decimal(one["price"]) * Decimal(one["quantity"])), quote) for one in (old, new))
    return " → ".join(shown)


def _rows(order: Data, data: Data, values: Values, scene: Scene) -> Rows:
    words, wanted = scene.words, values.get(WANTS)
    terms = tuple(
        setter(words(f"trade-{one}") + " …", WANTS, one, is_chosen=wanted == one)
        for one in _changeable(order)
    )
    if wanted is not None:
        return (tuple(setter(one, wanted, one) for one in _CHANGES[wanted]), terms)
    if amended_of(data, values):
        undone = tuple(setter(f"✕ {words(f'trade-{one}')}", one) for one in TERMS if one in values)
        return ((Button(words("amend-confirm"), f"{AMEND}:{values[KEY]}"),), undone, terms)
    return ((Button(words("cancel-confirm"), f"{CANCEL}:{values[KEY]}"),), terms)


ORDER = Screen(
    "order",
    _QUERY,
    _render,
    LEAST_ROLE[AmendOrder],
    variables=variables_of,
    is_live=True,
    drafts=True,
    is_listed=False,
    needs_argument=True,
    sets=sets_of(TERMS),
    by_account=of_account,
    pins=pins_of("order", {"price": _PRICES, "quantity": ("quantity",)}),
)
