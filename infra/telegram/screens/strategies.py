"""The instances of strategies with their state and results, and their pause and resumption in two taps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from adapters.telegram.content import Button, Content, Rows, fits
from adapters.telegram.text import Text, bold
from commands.request import PauseStrategy
from commands.roles import LEAST_ROLE
from infra.telegram.screens.accounts import same_query
from infra.telegram.screens.figures import UNKNOWN, badge, moment, money, percent
from infra.telegram.screens.screen import OPEN, Data, Scene, Screen, page

PAUSE: Final = "pause"
"""The verb of the button that pauses a strategy: `pause:KEY:STRATEGY`."""
RESUME: Final = "resume"
"""The verb of the button that resumes one: `resume:KEY:STRATEGY`."""
_ROLE: Final = LEAST_ROLE[PauseStrategy]
_MOST: Final = 12
_MOST_INSTRUMENTS: Final = 5
_IN_A_ROW: Final = 2
_QUERY: Final = """query {
  accounts { account openedBy currency settings }
  tradingStates { account paused pauses { strategy losses until } }
  performance(by: STRATEGY) { account value trades winRate net largestLoss maxDrawdown }
  positions(where: {status: OPEN}, first: 200) { edges { node { account owner } } }
}"""


@dataclass(frozen=True, slots=True)
class Instance:
    """A strategy of an account. `settings` is None for one that only a pause names, such as a scanner's."""

    account: Data
    state: Data
    name: str
    settings: Data | None

    @property
    def is_paused(self) -> bool:
        """Whether a person has paused it."""
        return self.name in self.state["paused"]


def instances_of(data: Data) -> Sequence[Instance]:
    """The strategies in force in every account, and those that are paused without being in force."""
    states = {state["account"]: state for state in data["tradingStates"]}
    found: list[Instance] = []
    for account in data["accounts"]:
        state = states.get(account["account"], {"paused": (), "pauses": ()})
        named = {_id(one): one for one in account["settings"].get("strategies", ())}
        names = dict.fromkeys([*named, *state["paused"]])
        found += [Instance(account, state, name, named.get(name)) for name in names]
    return found


def _id(settings: Data) -> str:
    """As `StrategySettings.instance`."""
    return str(settings.get("id") or settings.get("name") or settings.get("strategy") or "")


def _render(data: Data, scene: Scene) -> Content:
    found = instances_of(data)
    body: list[Text | str] = []
    for one in found[:_MOST]:
        body += _shown(one, data, scene)
    if len(found) > _MOST:
        body += [scene.words("more", n=len(found) - _MOST), scene.words("strategies-more")]
    rows = _switches(found[:_MOST], scene) if scene.role >= _ROLE else ()
    return page(scene, "strategies", badge(data["accounts"]), body or [scene.words("strategies-none")], rows)


def _shown(one: Instance, data: Data, scene: Scene) -> list[Text | str]:
    words, currency = scene.words, one.account["currency"]
    head = bold(f"{one.account['account']} {one.name}" if len(data["accounts"]) > 1 else one.name)
    result = _result(one, data)
    return [
        head + f"  {words('strategy-is-paused' if one.is_paused else 'strategy-is-running')}",
        *(_loss_pause(pause, scene) for pause in one.state["pauses"] if pause["strategy"] == one.name),
        *([] if one.settings is None else [_trades(one.settings, scene)]),
        f"{words('open-positions')}: {_open_positions(one, data)}",
        f"{words('trades')}: {result['trades']}, {words('won')}: {_share(result['winRate'])}",
        f"{words('net')}: {money(result['net'], currency, signed=True)}",
        f"{words('largest-loss')}: {money(result['largestLoss'], currency, signed=True)}",
        f"{words('largest-drawdown')}: {money(result['maxDrawdown'], currency)}",
        "",
    ]


def _trades(settings: Data, scene: Scene) -> str:
    """The strategy's name, its instruments and its interval."""
    instruments = settings.get("instruments", ())
    shown = ", ".join(instruments[:_MOST_INSTRUMENTS]) or scene.words("all-instruments")
    if len(instruments) > _MOST_INSTRUMENTS:
        shown += " " + scene.words("more", n=len(instruments) - _MOST_INSTRUMENTS)
    kind = settings.get("strategy") or settings.get("name")
    return " ".join(one for one in (f"{kind}:", shown, settings.get("interval", "")) if one)


def _loss_pause(pause: Data, scene: Scene) -> str:
    values = {"what": pause["strategy"], "losses": pause["losses"], "until": moment(pause["until"])}
    return scene.words("pause", **values)


def _result(one: Instance, data: Data) -> Data:
    """The results of its closed positions; zeros before the first."""
    nothing: dict[str, Any] = {
        "trades": 0,
        "winRate": None,
        "net": "0",
        "largestLoss": "0",
        "maxDrawdown": "0",
    }
    own = (one.account["account"], one.name)
    return next((row for row in data["performance"] if (row["account"], row["value"]) == own), nothing)


def _open_positions(one: Instance, data: Data) -> int:
    own = (one.account["account"], one.name)
    positions = [edge["node"] for edge in data["positions"]["edges"]]
    return sum((position["account"], position["owner"]) == own for position in positions)


def _share(rate: str | None) -> str:
    return UNKNOWN if rate is None else percent(float(Decimal(rate)))


def _switches(instances: Sequence[Instance], scene: Scene) -> Rows:
    """A button for each strategy whose id a button has room for."""
    buttons: dict[str, Button] = {}
    for one in instances:
        if fits(f"{RESUME}:{'0' * 16}:{one.name}"):
            label = scene.words("strategy-resume" if one.is_paused else "strategy-pause", strategy=one.name)
            buttons.setdefault(one.name, Button(label, f"{OPEN}:strategy:{one.name}"))
    row = list(buttons.values())
    return tuple(tuple(row[n : n + _IN_A_ROW]) for n in range(0, len(row), _IN_A_ROW))


def _render_one(data: Data, scene: Scene) -> Content:
    words = scene.words
    _, _, name = scene.argument.partition(":")
    found = [one for one in instances_of(data) if one.name == name]
    body: list[Text | str] = [] if found else [words("strategy-unknown", strategy=name)]
    for one in found:
        body += _shown(one, data, scene)
    rows: list[tuple[Button, ...]] = []
    if found and not fits(f"{RESUME}:{scene.argument}"):
        body.append(words("strategy-long"))
    elif found:
        body.append(words("strategy-question"))
        rows = [(button,) for button in _confirmations(found, scene)]
    rows.append((Button(words("cancel"), f"{OPEN}:strategies"),))
    own = replace(scene, argument=name)
    return page(own, "strategy", badge(data["accounts"]), body, tuple(rows))


def _confirmations(found: Sequence[Instance], scene: Scene) -> list[Button]:
    """Pause where it runs in an account, and resume where it is paused in one."""
    buttons: list[Button] = []
    if not all(one.is_paused for one in found):
        buttons.append(Button(scene.words("pause-confirm"), f"{PAUSE}:{scene.argument}"))
    if any(one.is_paused for one in found):
        buttons.append(Button(scene.words("resume-confirm"), f"{RESUME}:{scene.argument}"))
    return buttons


STRATEGIES = Screen("strategies", _QUERY, _render, is_live=True, by_account=same_query)
STRATEGY = Screen("strategy", _QUERY, _render_one, _ROLE, drafts=True, is_listed=False, needs_argument=True)
