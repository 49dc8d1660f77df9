"""What is open: positions and working orders, each with a screen on which it is closed, protected or cancelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from adapters.telegram.content import Button, Content, Rows, fits
from adapters.telegram.text import Text, bold, code
from commands.request import CancelOrder, ClosePosition
from commands.roles import LEAST_ROLE
from domain.instrument import fitted
from infra.telegram.screens.entered import (
    FAULT,
    KEY,
    REASON,
    WANTS,
    Values,
    argument_of,
    fault_of,
    given_of,
    is_number,
    setter,
)
from infra.telegram.screens.entered import values_of as _values_of
from infra.telegram.screens.figures import UNKNOWN, age, badge, money, number, owner
from infra.telegram.screens.order_terms import nearest, steps_of
from infra.telegram.screens.screen import HOME, OPEN, Data, Scene, Screen, page
from infra.telegram.screens.unrealised import unrealised_of

CLOSE: Final = "close"
"""The verb of the button that closes the position of the screen: `close:KEY`."""
PROTECT: Final = "protect"
"""The verb of the button that moves its stop and target: `protect:KEY`."""
CANCEL: Final = "cancel"
"""The verb of the button that cancels the order of the screen: `cancel:KEY`."""
LEVELS: Final = ("stop", "target")
_MOST: Final = 12
_WORKING: Final = (
    "[PLACED, SUBMITTED, ACCEPTED, PARTIALLY_FILLED, TRIGGERED, CANCEL_REQUESTED, AMEND_REQUESTED, "
    "OUTCOME_UNKNOWN]"
)
_POSITION: Final = (
    "account id instrument direction quantity averagePrice cost stop target net owner openedAt closeReason"
)
_ORDER: Final = (
    "account id instrument side type purpose status quantity leaves limitPrice triggerPrice placedAt"
)
_QUERY: Final = f"""query {{
  accounts {{ account openedBy currency }}
  prices {{ instrument price at }}
  positions(where: {{status: OPEN}}, first: {_MOST}) {{ totalCount edges {{ node {{ {_POSITION} }} }} }}
  orders(where: {{status: {_WORKING}}}, first: {_MOST}) {{ totalCount edges {{ node {{ {_ORDER} }} }} }}
}}"""
_POSITION_QUERY: Final = f"""query ($id: ID!, $instrument: String!, $moves: Boolean!) {{
  accounts {{ account openedBy currency }}
  prices {{ instrument price at }}
  position(id: $id) {{ {_POSITION} }}
  rules: events(
    where: {{types: ["InstrumentListed", "InstrumentRulesChanged"], search: $instrument}}, first: 5
  ) @include(if: $moves) {{ edges {{ node {{ json }} }} }}
}}"""
_ORDER_QUERY: Final = f"""query ($id: ID!) {{
  accounts {{ account openedBy currency }}
  prices {{ instrument price at }}
  order(id: $id) {{ {_ORDER} }}
}}"""


def values_of(argument: str) -> Values:
    """The values of a screen's argument, which begins as `KEY:ID`."""
    if argument.startswith(f"{KEY}="):
        return _values_of(argument)
    key, _, own = argument.partition(":")
    return {KEY: key, "id": own}


def _variables(argument: str) -> Mapping[str, object]:
    return {"id": values_of(argument)["id"]}


def _variables_of_position(argument: str) -> Mapping[str, object]:
    values = values_of(argument)
    own, moves = values["id"], any(name in values for name in LEVELS)
    return {"id": own, "instrument": own.rsplit("-", 2)[0], "moves": moves}


def levels_of(data: Data, values: Values) -> Mapping[str, str]:
    """The entered stop and target of the position, rounded to the nearest tick of the instrument."""
    entered, position = {name: values[name] for name in LEVELS if name in values}, data["position"]
    if not entered or position is None:
        return entered
    steps = steps_of([edge["node"] for edge in data["rules"]["edges"]], position["instrument"])
    if steps is None:
        return entered
    return {name: f"{fitted(Decimal(text), steps.tick, nearest):f}" for name, text in entered.items()}


def _set(argument: str, given: str, key: str) -> str:
    """The argument after a level was entered; its request has a new key."""
    values = dict(values_of(argument)) | {KEY: key}
    name, value = given_of(values, given)
    for gone in (FAULT, REASON):
        values.pop(gone, None)
    if name == WANTS and value in LEVELS:
        return argument_of(values | {WANTS: value})
    if name not in LEVELS:
        return argument_of(values | {FAULT: "trade-no-field"})
    if value and not is_number(value):
        return argument_of(values | {FAULT: "trade-no-number"})
    values.pop(WANTS, None)
    return argument_of(values | {name: value})


def _render(data: Data, scene: Scene) -> Content:
    words, positions, orders = scene.words, _nodes(data["positions"]), _nodes(data["orders"])
    body: list[Text | str] = [bold(words("open-positions"))]
    for one in positions:
        body += _position(one, data, scene)
    if not positions:
        body.append(words("portfolio-flat"))
    body += _more(data["positions"], scene)
    body += ["", bold(words("working-orders"))]
    body += [_order(one, scene) for one in orders] or [words("positions-no-order")]
    body += _more(data["orders"], scene)
    return page(scene, "positions", badge(data["accounts"]), body, _opening(positions, orders, scene))


def _nodes(connection: Data) -> Sequence[Data]:
    return [edge["node"] for edge in connection["edges"]][:_MOST]


def _more(connection: Data, scene: Scene) -> list[Text | str]:
    rest = connection["totalCount"] - _MOST
    return [scene.words("more", n=rest)] if rest > 0 else []


def _opening(positions: Sequence[Data], orders: Sequence[Data], scene: Scene) -> Rows:
    """A button for each of them whose id a button has room for, for users who may act on them."""
    if scene.role < LEAST_ROLE[ClosePosition]:
        return ()
    rows = [
        *((f"{one['id']} …", f"{OPEN}:{POSITION.name}:{one['id']}") for one in positions),
        *(
            (
                f"{scene.words.code('Purpose', one['purpose'])} {one['id']} …",
                f"{OPEN}:{ORDER.name}:{one['id']}",
            )
            for one in orders
        ),
    ]
    return tuple((Button(label, data),) for label, data in rows if fits(data))


def _position(position: Data, data: Data, scene: Scene) -> list[Text | str]:
    words, profit = scene.words, unrealised_of([position], data["prices"])
    shown = "" if profit is None else money(str(profit.profit), _currency(position, data), signed=True)
    stop, target = number(position["stop"]), number(position["target"])
    size = f"{number(position['quantity'])} @ {number(position['averagePrice'])}"
    lines: list[Text | str] = [
        bold(position["instrument"]) + f"  {words(position['direction'].lower())} {size}",
        *([f"{words('unrealised')}: {shown}"] if shown else []),
        f"{words('stop')} {stop}, {words('target')} {target}, {owner(position['owner'], words)}",
        code(position["id"]) + f"  {age(position['openedAt'], scene.now, words)}",
    ]
    if position["closeReason"]:
        lines.append(words("position-closing", reason=words.code("CloseReason", position["closeReason"])))
    return lines


def _order(order: Data, scene: Scene) -> Text:
    words, price = scene.words, number(order["limitPrice"] or order["triggerPrice"])
    side, type_ = words.code("Side", order["side"]), words.code("OrderType", order["type"])
    purpose, status = words.code("Purpose", order["purpose"]), words.code("OrderStatus", order["status"])
    what = f"{side} {type_} {number(order['leaves'])} @ {price}"
    return (
        bold(order["instrument"])
        + f"  {purpose} {what}, {status}, {age(order['placedAt'], scene.now, words)}  "
        + code(order["id"])
    )


def _render_position(data: Data, scene: Scene) -> Content:
    words, values, position = scene.words, values_of(scene.argument), data["position"]
    if position is None or position["quantity"] == "0":
        return _ended(POSITION.name, words("position-gone", id=values["id"]), data, scene)
    body: list[Text | str] = [
        *fault_of(values, scene),
        *_position(position, data, scene),
        f"{words('net')}: {money(position['net'], _currency(position, data), signed=True)}",
        f"{words('position-price')}: {_last(position, data, scene)}",
        "",
        *_protection(position, values, levels_of(data, values), scene),
    ]
    content = page(replace(scene, argument=values["id"]), POSITION.name, badge(data["accounts"]), body)
    return replace(content, buttons=(*_position_rows(values, scene), *content.buttons))


def _last(position: Data, data: Data, scene: Scene) -> str:
    """The last price of the instrument with its age, which a close at the market is near to."""
    price = next((one for one in data["prices"] or () if one["instrument"] == position["instrument"]), None)
    return (
        UNKNOWN if price is None else f"{number(price['price'])}, {age(price['at'], scene.now, scene.words)}"
    )


def _protection(position: Data, values: Values, levels: Mapping[str, str], scene: Scene) -> list[Text | str]:
    """The level that the user has to send, the levels that are moved, old beside new, or what a close does."""
    words, wanted = scene.words, values.get(WANTS)
    if wanted:
        return [words("trade-send", what=words(f"trade-{wanted}"))]
    moved = [
        bold(f"{words(f'trade-{name}')}: {number(position[name])} → {number(level)}")
        + _rounded(level, values[name], scene)
        for name, level in levels.items()
    ]
    return [*moved, words("protect-question")] if moved else [words("close-question")]


def _rounded(level: str, entered: str, scene: Scene) -> str:
    """What was entered, where it differs from the level."""
    is_same = Decimal(level) == Decimal(entered)
    return "" if is_same else f" ({scene.words('trade-rounded', entered=entered)})"


def _position_rows(values: Values, scene: Scene) -> Rows:
    words = scene.words
    levels = tuple(setter(words(f"trade-{one}") + " …", WANTS, one) for one in LEVELS)
    if any(one in values for one in LEVELS):
        undone = tuple(setter(f"✕ {words(f'trade-{one}')}", one) for one in LEVELS if one in values)
        return ((Button(words("protect-confirm"), f"{PROTECT}:{values[KEY]}"),), undone, levels)
    return ((Button(words("close-confirm"), f"{CLOSE}:{values[KEY]}"),), levels)


def _render_order(data: Data, scene: Scene) -> Content:
    words, values, order = scene.words, values_of(scene.argument), data["order"]
    if order is None or order["leaves"] == "0" or order["status"] in _OVER:
        return _ended(ORDER.name, words("order-gone", id=values["id"]), data, scene)
    body: list[Text | str] = [*fault_of(values, scene), _order(order, scene), "", words("cancel-question")]
    confirm = (Button(words("cancel-confirm"), f"{CANCEL}:{values[KEY]}"),)
    return page(
        replace(scene, argument=values["id"]),
        ORDER.name,
        badge(data["accounts"]),
        body,
        (confirm, _back(scene)),
    )


_OVER: Final = frozenset({"FILLED", "CANCELLED", "REJECTED", "EXPIRED", "DENIED"})


def _ended(name: str, text: str, data: Data, scene: Scene) -> Content:
    title = bold(scene.words(f"screen-{name}")) + f"  {badge(data['accounts'])}".rstrip()
    home = Button(scene.words("menu"), f"{OPEN}:{HOME}")
    return Content(title + "\n\n" + text, (_back(scene), (home,)))


def _back(scene: Scene) -> tuple[Button, ...]:
    return (Button(scene.words("screen-positions"), f"{OPEN}:{POSITIONS.name}"),)


def _currency(position: Data, data: Data) -> str:
    return next((one["currency"] for one in data["accounts"] if one["account"] == position["account"]), "")


POSITIONS = Screen("positions", _QUERY, _render, is_live=True)
POSITION = Screen(
    "position",
    _POSITION_QUERY,
    _render_position,
    LEAST_ROLE[ClosePosition],
    variables=_variables_of_position,
    is_live=True,
    drafts=True,
    is_listed=False,
    needs_argument=True,
    sets=_set,
)
ORDER = Screen(
    "order",
    _ORDER_QUERY,
    _render_order,
    LEAST_ROLE[CancelOrder],
    variables=_variables,
    is_live=True,
    drafts=True,
    is_listed=False,
    needs_argument=True,
)
