"""The sandbox's account, positions and latest signals, under the mark [SANDBOX]."""

from __future__ import annotations

from typing import Final

from adapters.telegram.content import Button, Content
from adapters.telegram.text import Text, bold, code, lines
from infra.telegram.screens.figures import UNKNOWN, age, money, number
from infra.telegram.screens.screen import HOME, OPEN, Data, Scene

BADGE: Final = "[SANDBOX]"
QUERY: Final = """query {
  accounts { account openedBy currency balance equity unrealised }
  prices { instrument price at }
  positions(where: {status: OPEN}, first: 10) {
    edges { node { instrument direction quantity averagePrice stop target openedAt } }
  }
  orders(
    where: {status: [SUBMITTED, ACCEPTED, PARTIALLY_FILLED, CANCEL_REQUESTED, AMEND_REQUESTED, OUTCOME_UNKNOWN]}
    first: 1
  ) { totalCount }
  signals(first: 5) { edges { node { id instrument direction verdict reasons detectedAt } } }
}"""


def sandbox_content(data: Data | None, scene: Scene, note: str = "", *, is_starting: bool = False) -> Content:
    """The state of the running sandbox; `data` is None where none runs, or where it is starting. `note` is what has
    just been done."""
    words = scene.words
    body: list[Text | str] = [bold(f"{words('sandbox-title')}  {BADGE}"), ""]
    body += [note, ""] if note else []
    if data is None:
        body += [] if is_starting else [words("sandbox-off")]
    else:
        body += [*_account(data, scene), *_market(data, scene)]
    body += ["", words("sandbox-help")]
    return Content(lines(body).cut(), ((Button(words("menu"), f"{OPEN}:{HOME}"),),))


def _account(data: Data, scene: Scene) -> list[Text | str]:
    words = scene.words
    found: list[Text | str] = []
    for one in data["accounts"]:
        currency = one["currency"]
        found += [
            bold(one["account"]),
            f"{words('balance')}: {money(one['balance'], currency)}",
            f"{words('equity')}: {money(one['equity'], currency)}",
            f"{words('unrealised')}: {money(one['unrealised'], currency, signed=True)}",
        ]
    return [*found, f"{words('working-orders')}: {data['orders']['totalCount']}"]


def _market(data: Data, scene: Scene) -> list[Text | str]:
    words, now = scene.words, scene.now
    found: list[Text | str] = [
        f"{one['instrument']} {number(one['price'])} ({age(one['at'], now, words)})"
        for one in data["prices"] or ()
    ]
    for edge in data["positions"]["edges"]:
        one = edge["node"]
        size = f"{number(one['quantity'])} @ {number(one['averagePrice'])}"
        found += [
            bold(one["instrument"]) + f"  {words(one['direction'].lower())} {size}",
            f"{words('stop')} {number(one['stop'])}, {words('target')} {number(one['target'])}",
        ]
    for edge in data["signals"]["edges"]:
        one = edge["node"]
        reasons = words.reasons(one["reasons"] or [UNKNOWN])
        verdict = words.code("Verdict", one["verdict"] or UNKNOWN)
        direction = words.code("Direction", one["direction"])
        line = f"{verdict} {direction} {one['instrument']} {reasons}, "
        found.append(Text(line + age(one["detectedAt"], now, words) + "  ") + code(one["id"]))
    return found
