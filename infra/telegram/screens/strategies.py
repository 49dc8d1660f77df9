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
"""The verb of the button that pauses a strategy: `pause:KEY:ACCOUNT/STRATEGY`."""
RESUME: Final = "resume"
"""The verb of the button that resumes one: `resume:KEY:ACCOUNT/STRATEGY`."""
ROLE: Final = LEAST_ROLE[PauseStrategy]
ALL: Final = {"pause": False, "resume": True}
"""What is done to all strategies of an account, and whether those that it is done to are paused."""
LABELS: Final = ("strategy-pause", "strategy-resume")
CONFIRMS: Final = ("pause-confirm", "resume-confirm")
"""The words of the buttons for a strategy that runs and for one that is paused."""
_MOST: Final = 12
_MOST_INSTRUMENTS: Final = 5
_IN_A_ROW: Final = 2
QUERY: Final = """query {
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
    def reference(self) -> str:
        """What a button names it by: `ACCOUNT/STRATEGY`, because accounts may share ids."""
        return f"{self.account['account']}/{self.name}"

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


def named(found: Sequence[Instance], own: str) -> Sequence[Instance]:
    """The strategy of this reference, or those of this name in every account."""
    return [one for one in found if own in (one.reference, one.name)]


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
    rows = _switches(found, scene) if scene.role >= ROLE else ()
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
    """A button for each strategy whose id a button has room for, and those for all strategies of an account."""
    return (*of_all(instances, scene), *switches(instances[:_MOST], RESUME, "strategy", LABELS, scene))


def switches(
    instances: Sequence[Instance], verb: str, screen: str, labels: tuple[str, str], scene: Scene
) -> Rows:
    """A button to `screen` for each strategy; `labels` are the words for one that runs and for one that is paused. An
    id has one where the button with the longest `verb` has room for it, too."""
    several = len({one.account["account"] for one in instances}) > 1
    row = [
        Button(
            scene.words(labels[one.is_paused], strategy=one.reference if several else one.name),
            f"{OPEN}:{screen}:{one.reference}",
        )
        for one in instances
        if fits(f"{verb}:{'0' * 16}:{one.reference}")
    ]
    return tuple(tuple(row[n : n + _IN_A_ROW]) for n in range(0, len(row), _IN_A_ROW))


def of_all(instances: Sequence[Instance], scene: Scene) -> Rows:
    """For each account with several strategies a button that pauses those that run, and one that resumes those that
    are paused."""
    rows: list[tuple[Button, ...]] = []
    accounts = dict.fromkeys(one.account["account"] for one in instances)
    for account in accounts:
        own = [one for one in instances if one.account["account"] == account]
        wanted = [do for do, paused in ALL.items() if any(one.is_paused is paused for one in own)]
        named = f" {account}" if len(accounts) > 1 else ""
        row = tuple(
            Button(scene.words(f"{do}-all") + named + " …", f"{OPEN}:all:{do}/{account}") for do in wanted
        )
        rows += [row] if len(own) > 1 and row else []
    return tuple(rows)


def _render_one(data: Data, scene: Scene) -> Content:
    words = scene.words
    key, _, own = scene.argument.partition(":")
    found = named(instances_of(data), own)
    body: list[Text | str] = [] if found else [words("strategy-unknown", strategy=own)]
    for one in found:
        body += _shown(one, data, scene)
    confirmed = confirmations(found, key, (PAUSE, RESUME), CONFIRMS, scene)
    if found:
        body.append(words("strategy-question" if confirmed else "strategy-long"))
    rows = (*((button,) for button in confirmed), (Button(words("cancel"), f"{OPEN}:strategies"),))
    return page(
        replace(scene, argument=own), "strategy", badge(_accounts(found) or data["accounts"]), body, rows
    )


def _accounts(found: Sequence[Instance]) -> Sequence[Data]:
    return [one.account for one in found]


def confirmations(
    found: Sequence[Instance], key: str, verbs: tuple[str, str], labels: tuple[str, str], scene: Scene
) -> list[Button]:
    """The first verb for a strategy that runs, the second one for one that is paused, each for its own account."""
    several = len(found) > 1
    buttons = [
        Button(
            scene.words(labels[one.is_paused]) + (f": {one.account['account']}" if several else ""),
            f"{verbs[one.is_paused]}:{key}:{one.reference}",
        )
        for one in found
    ]
    return [one for one in buttons if fits(one.data)]


STRATEGIES = Screen("strategies", QUERY, _render, is_live=True, by_account=same_query)
STRATEGY = Screen("strategy", QUERY, _render_one, ROLE, drafts=True, is_listed=False, needs_argument=True)
