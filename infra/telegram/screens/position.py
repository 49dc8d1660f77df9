"""One open position: it is closed, or its stop and target are moved, by a second tap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from adapters.telegram.content import Button, Content, Rows
from adapters.telegram.text import Text, bold
from commands.request import ClosePosition
from commands.roles import LEAST_ROLE
from domain.instrument import fitted
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
from infra.telegram.screens.positions import POSITION_FIELDS, currency_of, last_price, position_lines
from infra.telegram.screens.screen import Data, Scene, Screen, page
from infra.telegram.screens.subject import (
    ended,
    own_badge,
    own_of,
    pins_of,
    plain_of,
    sets_of,
    values_of,
    variables_of,
)

CLOSE: Final = "close"
"""The verb of the button that closes the position of the screen: `close:KEY`."""
PROTECT: Final = "protect"
"""The verb of the button that moves its stop and target: `protect:KEY`."""
LEVELS: Final = ("stop", "target")
_CHANGES: Final = ("-1%", "-0.5%", "+0.5%", "+1%")
"""What buttons change a level by, from the present one or, where there is none, from the average price."""
RESULTS: Final = {"stop": "at-stop", "target": "at-target"}
"""The words for the result at each level."""
_QUERY: Final = f"""query ($id: ID!, $account: String, $instrument: String!) {{
  accounts {{ account openedBy currency }}
  prices {{ instrument price at }}
  position(id: $id, account: $account) {{ {POSITION_FIELDS} }}
  instruments(instrument: $instrument) {{ {RULES_FIELDS} }}
}}"""


def _variables(argument: str) -> Mapping[str, object]:
    own = values_of(argument)["id"]
    return {**variables_of(argument), "instrument": own.rsplit("-", 2)[0]}


def levels_of(data: Data, values: Values) -> Mapping[str, str]:
    """The entered stop and target of the position, rounded to the nearest tick of the instrument."""
    entered, position = plain_of(values, LEVELS), data["position"]
    if not entered or position is None:
        return entered
    rules = rules_of(data["instruments"], position["instrument"], position["account"])
    if rules is None:
        return entered
    return {name: f"{fitted(Decimal(text), rules.tick, nearest):f}" for name, text in entered.items()}


def _render(data: Data, scene: Scene) -> Content:
    words, values, position = scene.words, values_of(scene.argument), data["position"]
    if position is None or position["quantity"] == "0":
        return ended("position", words("position-gone", id=values["id"]), data, values, scene)
    body: list[Text | str] = [
        *fault_of(values, scene),
        *position_lines(position, data, scene),
        f"{words('net')}: {money(position['net'], currency_of(position, data), signed=True)}",
        f"{words('position-price')}: {last_price(position, data, scene)}",
        "",
        *_protection(position, data, values, scene),
    ]
    content = page(replace(scene, argument=own_of(values)), "position", own_badge(data, values), body)
    return replace(content, buttons=(*_rows(position, values, scene), *content.buttons))


def _protection(position: Data, data: Data, values: Values, scene: Scene) -> list[Text | str]:
    """The level that the user has to send, the levels that are moved and the results there, old beside new, or what a
    close does."""
    words, wanted, levels = scene.words, values.get(WANTS), levels_of(data, values)
    if wanted:
        return [words("amend-send", what=words(f"trade-{wanted}"))]
    found: list[Text | str] = []
    for name, level in levels.items():
        old, new = (_result(position, one, data) for one in (position[name], level))
        found += [
            bold(f"{words(f'trade-{name}')}: {number(position[name])} → {number(level)}")
            + _rounded(level, values[name], scene),
            f"{words(RESULTS[name])}: {old} → {new}",
        ]
    return [*found, words("protect-question")] if found else [words("close-question")]


def _result(position: Data, level: str | None, data: Data) -> str:
    """The profit or loss of the position at a price, before fees, in the account's currency where that is the quote
    currency of the instrument."""
    if level is None:
        return UNKNOWN
    moved = Decimal(level) - Decimal(position["averagePrice"])
    signed = moved if position["direction"] == "LONG" else -moved
    return money(str(signed * Decimal(position["quantity"])), currency_of(position, data), signed=True)


def _rounded(level: str, entered: str, scene: Scene) -> str:
    """What was entered, where it differs from the level."""
    is_same = Decimal(level) == Decimal(entered)
    return "" if is_same else f" ({scene.words('trade-rounded', entered=number(entered))})"


def _rows(position: Data, values: Values, scene: Scene) -> Rows:
    words = scene.words
    levels = tuple(
        setter(words(f"trade-{one}") + " …", WANTS, one, is_chosen=values.get(WANTS) == one) for one in LEVELS
    )
    if (wanted := values.get(WANTS)) is not None:
        even = setter(words("protect-even"), wanted, number(position["averagePrice"]))
        return (tuple(setter(one, wanted, one) for one in _CHANGES), (even,), levels)
    moved = plain_of(values, LEVELS)
    if moved:
        undone = tuple(setter(f"✕ {words(f'trade-{one}')}", one) for one in moved)
        return ((Button(words("protect-confirm"), f"{PROTECT}:{values[KEY]}"),), undone, levels)
    return ((Button(words("close-confirm"), f"{CLOSE}:{values[KEY]}"),), levels)


POSITION = Screen(
    "position",
    _QUERY,
    _render,
    LEAST_ROLE[ClosePosition],
    variables=_variables,
    is_live=True,
    drafts=True,
    is_listed=False,
    needs_argument=True,
    sets=sets_of(LEVELS),
    by_account=of_account,
    pins=pins_of("position", {name: (name, "averagePrice") for name in LEVELS}),
)
