"""What each strategy does now in each instrument, why it does not enter, and its start and stop in two taps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from adapters.telegram.content import Button, Content, Rows, fits
from adapters.telegram.text import Text, bold, code
from commands.request import PauseStrategy
from commands.roles import LEAST_ROLE
from infra.telegram.screens.figures import UNKNOWN, age, badge, moment, money, number
from infra.telegram.screens.next_entry import NEXT
from infra.telegram.screens.screen import OPEN, Data, Scene, Screen, page
from infra.telegram.screens.strategies import Instance
from infra.telegram.screens.unrealised import unrealised_of
from infra.telegram.screens.watched import AutoState, Proposed, Watched, watched_of

START: Final = "start"
"""The verb of the button that starts a strategy: `start:KEY:STRATEGY`."""
STOP: Final = "stop"
"""The verb of the button that stops one: `stop:KEY:STRATEGY`."""
_ROLE: Final = LEAST_ROLE[PauseStrategy]
_MOST: Final = 8
_IN_A_ROW: Final = 2
_SIGNALS: Final = 100
"""The newest signals that are read, of all strategies together."""
_QUERY: Final = f"""query {{
  accounts {{ account openedBy currency settings }}
  tradingStates {{ account isHalted reasons killSwitch paused pauses {{ strategy losses until }} }}
  positions(where: {{status: OPEN}}, first: 100) {{
    edges {{ node {{ account id instrument direction quantity averagePrice stop target owner openedAt }} }}
  }}
  waiting: orders(
    where: {{status: [SUBMITTED, ACCEPTED, PARTIALLY_FILLED, AMEND_REQUESTED, OUTCOME_UNKNOWN], purpose: ENTRY}}
    first: 50
  ) {{ edges {{ node {{ account instrument side quantity limitPrice placedAt signal {{ strategy }} }} }} }}
  signals(first: {_SIGNALS}) {{
    edges {{ node {{ account id strategy instrument intervalSeconds candleClosedAt direction verdict reasons }} }}
  }}
  prices {{ instrument price at }}
}}"""
STATE_WORDS: Final = {state: f"auto-{state.lower()}" for state in AutoState}
PROPOSED_WORDS: Final = {proposed: f"auto-{proposed.lower()}" for proposed in Proposed}


def _render(data: Data, scene: Scene) -> Content:
    found = [one for one in watched_of(data) if _is_wanted(one, scene.argument)]
    body: list[Text | str] = []
    for one in found[:_MOST]:
        body += _shown(one, data, scene)
    if len(found) > _MOST:
        body += [scene.words("more", n=len(found) - _MOST), scene.words("auto-more")]
    rows = _switches([one.instance for one in found[:_MOST]], scene) if scene.role >= _ROLE else ()
    return page(scene, "auto", badge(data["accounts"]), body or [scene.words("auto-none")], rows)


def _is_wanted(one: Watched, argument: str) -> bool:
    """Whether strategy and instrument have all words of the argument in them."""
    name = f"{one.instance.name} {one.instrument}".lower()
    return all(word in name for word in argument.lower().split())


def _shown(one: Watched, data: Data, scene: Scene) -> list[Text | str]:
    account = f"{one.instance.account['account']} " if len(data["accounts"]) > 1 else ""
    instrument = one.instrument or scene.words("all-instruments")
    return [
        bold(f"{account}{one.instance.name} {instrument}") + f"  {scene.words(STATE_WORDS[one.state])}",
        _proposal(one, scene),
        *(
            []
            if one.position is None
            else _position(one.position, data, one.instance.account["currency"], scene)
        ),
        *([] if one.entry is None else [_entry(one.entry, scene)]),
        *_blocked(one, scene),
        "",
    ]


def _proposal(one: Watched, scene: Scene) -> str:
    proposed, since = one.proposed(scene.now)
    word = scene.words(PROPOSED_WORDS[proposed])
    if since is None:
        return f"{word}, {scene.words('auto-no-signal')}"
    at = since.isoformat()
    return f"{word}, {scene.words('auto-since', at=moment(at), age=age(at, scene.now, scene.words))}"


def _position(position: Data, data: Data, currency: str, scene: Scene) -> list[Text | str]:
    words = scene.words
    size = f"{number(position['quantity'])} @ {number(position['averagePrice'])}"
    return [
        f"{words(position['direction'].lower())} {size}, {age(position['openedAt'], scene.now, words)}",
        f"{words('stop')} {number(position['stop'])}, {words('target')} {number(position['target'])}",
        f"{words('unrealised')}: {_unrealised(position, data, currency)}",
    ]


def _unrealised(position: Data, data: Data, currency: str) -> str:
    found = unrealised_of([position], data["prices"])
    return money(None if found is None else str(found.profit), currency, signed=True)


def _entry(entry: Data, scene: Scene) -> str:
    price = scene.words("auto-market") if entry["limitPrice"] is None else number(entry["limitPrice"])
    placed = age(entry["placedAt"], scene.now, scene.words)
    return scene.words("auto-entry", quantity=number(entry["quantity"]), price=price, age=placed)


def _blocked(one: Watched, scene: Scene) -> list[Text | str]:
    """What keeps its entries out now, and the reasons of its latest signal, where that was skipped."""
    words, state = scene.words, one.instance.state
    named = [*state.get("reasons", ()), *(["STRATEGY_PAUSED"] if one.instance.is_paused else [])]
    found: list[Text | str] = [words("auto-blocked", reasons=words.reasons(named))] if named else []
    found += [
        words(
            "pause",
            what=pause["strategy"] or one.instance.account["account"],
            losses=pause["losses"],
            until=moment(pause["until"]),
        )
        for pause in one.pauses
    ]
    if (skipped := one.skipped) is not None:
        reasons = words.reasons(skipped["reasons"] or [UNKNOWN])
        at = age(skipped["candleClosedAt"], scene.now, words)
        found.append(Text(words("auto-skipped", age=at, reasons=reasons)) + "  " + code(skipped["id"]))
    return found


def _switches(instances: Sequence[Instance], scene: Scene) -> Rows:
    """A button for each strategy whose id a button has room for."""
    buttons: dict[str, Button] = {}
    for one in instances:
        if fits(f"{START}:{'0' * 16}:{one.name}"):
            label = scene.words("auto-start" if one.is_paused else "auto-stop", strategy=one.name)
            buttons.setdefault(one.name, Button(label, f"{OPEN}:switch:{one.name}"))
    row = list(buttons.values())
    return tuple(tuple(row[n : n + _IN_A_ROW]) for n in range(0, len(row), _IN_A_ROW))


def _render_switch(data: Data, scene: Scene) -> Content:
    words = scene.words
    _, _, name = scene.argument.partition(":")
    found = [one for one in watched_of(data) if one.instance.name == name]
    body: list[Text | str] = [] if found else [words("strategy-unknown", strategy=name)]
    for one in found[:_MOST]:
        body += _shown(one, data, scene)
    rows: list[tuple[Button, ...]] = []
    if found and not fits(f"{START}:{scene.argument}"):
        body.append(words("strategy-long"))
    elif found:
        body.append(words("auto-question"))
        rows = [(button,) for button in _confirmations([one.instance for one in found], scene)]
    if found and fits(f"{NEXT}:{name}"):
        rows.append((Button(words("next-entry-button"), f"{NEXT}:{name}"),))
    rows.append((Button(words("cancel"), f"{OPEN}:auto"),))
    own = Scene(words, scene.role, scene.now, name)
    return page(own, "switch", badge(data["accounts"]), body, tuple(rows))


def _confirmations(found: Sequence[Instance], scene: Scene) -> list[Button]:
    """Stop where it runs in an account, and start where it is stopped in one."""
    buttons: list[Button] = []
    if not all(one.is_paused for one in found):
        buttons.append(Button(scene.words("auto-stop-confirm"), f"{STOP}:{scene.argument}"))
    if any(one.is_paused for one in found):
        buttons.append(Button(scene.words("auto-start-confirm"), f"{START}:{scene.argument}"))
    return buttons


AUTO = Screen("auto", _QUERY, _render, is_live=True)
SWITCH = Screen("switch", _QUERY, _render_switch, _ROLE, drafts=True, is_listed=False, needs_argument=True)
