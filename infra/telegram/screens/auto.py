"""What each strategy does now in each instrument, why it does not enter, and its start and stop in two taps."""

from __future__ import annotations

from typing import Final

from adapters.telegram.content import Button, Content, fits
from adapters.telegram.text import Text, bold, code
from infra.telegram.screens.figures import UNKNOWN, age, badge, moment, money, number
from infra.telegram.screens.next_entry import NEXT
from infra.telegram.screens.screen import OPEN, Data, Scene, Screen, page
from infra.telegram.screens.strategies import ROLE, confirmations, instances_of, named, switches
from infra.telegram.screens.unrealised import unrealised_of
from infra.telegram.screens.watched import AutoState, Proposed, Watched, watched_of

START: Final = "start"
"""The verb of the button that starts a strategy: `start:KEY:ACCOUNT/STRATEGY`."""
STOP: Final = "stop"
"""The verb of the button that stops one: `stop:KEY:ACCOUNT/STRATEGY`."""
LABELS: Final = ("auto-stop", "auto-start")
CONFIRMS: Final = ("auto-stop-confirm", "auto-start-confirm")
"""The words of the buttons for a strategy that runs and for one that is stopped."""
_MOST: Final = 8
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
    shown = list({one.instance.reference: one.instance for one in found[:_MOST]}.values())
    rows = switches(shown, START, "switch", LABELS, scene) if scene.role >= ROLE else ()
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


def _render_switch(data: Data, scene: Scene) -> Content:
    words = scene.words
    key, _, own = scene.argument.partition(":")
    instances = named(instances_of(data), own)
    accounts = [one.account for one in instances]
    found = [one for one in watched_of(data) if one.instance in instances]
    body: list[Text | str] = [] if found else [words("strategy-unknown", strategy=own)]
    for one in found[:_MOST]:
        body += _shown(one, data, scene)
    confirmed = confirmations(instances, key, (STOP, START), CONFIRMS, scene)
    rows: list[tuple[Button, ...]] = [(button,) for button in confirmed]
    if found:
        body.append(words("auto-question" if confirmed else "strategy-long"))
    if instances and fits(f"{NEXT}:{instances[0].name}"):
        rows.append((Button(words("next-entry-button"), f"{NEXT}:{instances[0].name}"),))
    rows.append((Button(words("cancel"), f"{OPEN}:auto"),))
    own_scene = Scene(words, scene.role, scene.now, own)
    return page(own_scene, "switch", badge(accounts or data["accounts"]), body, tuple(rows))


AUTO = Screen("auto", _QUERY, _render, is_live=True)
SWITCH = Screen("switch", _QUERY, _render_switch, ROLE, drafts=True, is_listed=False, needs_argument=True)
