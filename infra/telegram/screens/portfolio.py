"""Balance, equity and open positions of every account."""

from __future__ import annotations

from decimal import Decimal

from adapters.telegram.content import Content
from adapters.telegram.text import Text, bold, code
from domain.drawdown import drawdown_after
from infra.telegram.screens.accounts import of_account
from infra.telegram.screens.figures import age, badge, money, number, owner, percent
from infra.telegram.screens.screen import Data, Scene, Screen, page
from infra.telegram.screens.unrealised import unrealised_of

_MOST = 15
_QUERY = """query ($account: String) {
  accounts {
    account openedBy currency balance equity equityAt unrealised dayRealised exposure openRisk drawdown peak
  }
  prices { instrument price at }
  positions(where: {status: OPEN, account: $account}, first: 15) {
    totalCount
    edges { node { account id instrument direction quantity averagePrice stop target gross owner openedAt } }
  }
}"""


def _render(data: Data, scene: Scene) -> Content:
    body: list[Text | str] = []
    positions = data["positions"]
    for account in data["accounts"]:
        body += _account(_at_last_prices(account, data), scene)
    if not positions["edges"]:
        body.append(scene.words("portfolio-flat"))
    for edge in positions["edges"]:
        body += _position(edge["node"], data, scene)
    if positions["totalCount"] > _MOST:
        body.append(scene.words("more", n=positions["totalCount"] - _MOST))
    return page(scene, "portfolio", badge(data["accounts"]), body or [scene.words("no-account")])


def _at_last_prices(account: Data, data: Data) -> Data:
    """The account with equity, unrealised profit and drawdown at the last prices, where they are known for all its
    positions; the API has those of the last mark."""
    if data["positions"]["totalCount"] > _MOST:
        return account
    nodes = [edge["node"] for edge in data["positions"]["edges"]]
    found = unrealised_of([one for one in nodes if one["account"] == account["account"]], data["prices"])
    if found is None:
        return account
    equity = Decimal(account["balance"]) + found.profit
    now = drawdown_after(Decimal(account["peak"]), equity)
    return {
        **account,
        "equity": str(equity),
        "equityAt": found.at,
        "unrealised": str(found.profit),
        "drawdown": float(now.fraction or 0),
    }


def _account(account: Data, scene: Scene) -> list[Text | str]:
    words, currency = scene.words, account["currency"]
    equity = money(account["equity"], currency)
    if account["equityAt"] is not None:
        equity += f" ({age(account['equityAt'], scene.now, words)})"
    return [
        bold(account["account"]),
        f"{words('balance')}: {money(account['balance'], currency)}",
        f"{words('equity')}: {equity}",
        f"{words('unrealised')}: {money(account['unrealised'], currency, signed=True)}",
        f"{words('day-realised')}: {money(account['dayRealised'], currency, signed=True)}",
        f"{words('exposure')}: {money(account['exposure'], currency)}",
        f"{words('open-risk')}: {money(account['openRisk'], currency)}",
        f"{words('drawdown')}: {percent(account['drawdown'])}",
        "",
    ]


def _position(position: Data, data: Data, scene: Scene) -> list[Text | str]:
    words, profit = scene.words, unrealised_of([position], data["prices"])
    shown = [] if profit is None else [f"{words('unrealised')}: {money(str(profit.profit), signed=True)}"]
    size = f"{number(position['quantity'])} @ {number(position['averagePrice'])}"
    account = f"{position['account']} " if len(data["accounts"]) > 1 else ""
    head = bold(f"{account}{position['instrument']}") + f"  {words(position['direction'].lower())} {size}"
    stop, target = number(position["stop"]), number(position["target"])
    return [
        head,
        *shown,
        f"{words('stop')} {stop}, {words('target')} {target}, {owner(position['owner'], words)}",
        code(position["id"]) + f"  {age(position['openedAt'], scene.now, words)}",
    ]


PORTFOLIO = Screen("portfolio", _QUERY, _render, is_live=True, by_account=of_account)
