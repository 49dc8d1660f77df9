"""What is open: positions and working orders, each with a button to the screen on which it is changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from adapters.telegram.content import Button, Content, Rows, fits
from adapters.telegram.text import Text, bold, code
from commands.request import ClosePosition
from commands.roles import LEAST_ROLE
from infra.telegram.screens.accounts import of_account
from infra.telegram.screens.figures import UNKNOWN, age, badge, money, number, owner
from infra.telegram.screens.screen import OPEN, Data, Scene, Screen, page
from infra.telegram.screens.subject import LIST, reference
from infra.telegram.screens.unrealised import unrealised_of

_MOST: Final = 12
_WORKING: Final = (
    "[PLACED, SUBMITTED, ACCEPTED, PARTIALLY_FILLED, TRIGGERED, CANCEL_REQUESTED, AMEND_REQUESTED, "
    "OUTCOME_UNKNOWN]"
)
POSITION_FIELDS: Final = (
    "account id instrument direction quantity averagePrice cost stop target net owner openedAt closeReason"
)
ORDER_FIELDS: Final = (
    "account id instrument side type purpose status quantity leaves limitPrice triggerPrice placedAt"
)
_QUERY: Final = f"""query ($account: String) {{
  accounts {{ account openedBy currency }}
  prices {{ instrument price at }}
  positions(where: {{status: OPEN, account: $account}}, first: {_MOST}) {{
    totalCount edges {{ node {{ {POSITION_FIELDS} }} }}
  }}
  orders(where: {{status: {_WORKING}, account: $account}}, first: {_MOST}) {{
    totalCount edges {{ node {{ {ORDER_FIELDS} }} }}
  }}
}}"""


def _render(data: Data, scene: Scene) -> Content:
    words, positions, orders = scene.words, _nodes(data["positions"]), _nodes(data["orders"])
    body: list[Text | str] = [bold(words("open-positions"))]
    for one in positions:
        body += [*_account(one, data), *position_lines(one, data, scene)]
    if not positions:
        body.append(words("portfolio-flat"))
    body += _more(data["positions"], scene)
    body += ["", bold(words("working-orders"))]
    for one in orders:
        body += [*_account(one, data), order_line(one, scene)]
    if not orders:
        body.append(words("positions-no-order"))
    body += _more(data["orders"], scene)
    return page(scene, "positions", badge(data["accounts"]), body, _opening(positions, orders, scene))


def _account(row: Data, data: Data) -> list[str]:
    """The account of a row, where the log has several."""
    return [str(row["account"])] if len(data["accounts"]) > 1 else []


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
        *((f"{one['id']} …", f"{OPEN}:position:{reference(one)}") for one in positions),
        *(
            (
                f"{scene.words.code('Purpose', one['purpose'])} {one['id']} …",
                f"{OPEN}:order:{reference(one)}",
            )
            for one in orders
        ),
    ]
    return tuple((Button(label, data),) for label, data in rows if fits(data))


def position_lines(position: Data, data: Data, scene: Scene) -> list[Text | str]:
    words, profit = scene.words, unrealised_of([position], data["prices"])
    shown = "" if profit is None else money(str(profit.profit), currency_of(position, data), signed=True)
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


def order_line(order: Data, scene: Scene) -> Text:
    words, price = scene.words, number(order["limitPrice"] or order["triggerPrice"])
    side, type_ = words.code("Side", order["side"]), words.code("OrderType", order["type"])
    purpose, status = words.code("Purpose", order["purpose"]), words.code("OrderStatus", order["status"])
    what = f"{side} {type_} {number(order['leaves'])} @ {price}"
    return (
        bold(order["instrument"])
        + f"  {purpose} {what}, {status}, {age(order['placedAt'], scene.now, words)}  "
        + code(order["id"])
    )


def last_price(row: Data, data: Data, scene: Scene) -> str:
    """The last price of the row's instrument with its age, which a close at the market is near to."""
    price = next((one for one in data["prices"] or () if one["instrument"] == row["instrument"]), None)
    return (
        UNKNOWN if price is None else f"{number(price['price'])}, {age(price['at'], scene.now, scene.words)}"
    )


def currency_of(row: Data, data: Data) -> str:
    """The currency of the row's account."""
    return next((one["currency"] for one in data["accounts"] if one["account"] == row["account"]), "")


POSITIONS = Screen(LIST, _QUERY, _render, is_live=True, by_account=of_account)
