"""What keeps entries out, the limits in force, and the kill switch in two taps."""

from __future__ import annotations

from typing import Any, cast

from adapters.telegram.content import Button, Content, Rows, fits
from adapters.telegram.text import Text, bold
from commands.request import ChangeSettings, TripKillSwitch
from commands.roles import LEAST_ROLE
from domain.held import line_of
from infra.telegram.screens.accounts import same_query
from infra.telegram.screens.figures import UNKNOWN, badge, moment, money
from infra.telegram.screens.screen import OPEN, Data, Scene, Screen, page

TRIP = "trip"
"""The verb of the button that trips the kill switch of an account: `trip:KEY:ACCOUNT`."""
_LIMITS = ("max_risk_per_trade", "max_daily_loss", "max_positions", "max_total_risk", "on_kill")
_ACCOUNTS = (
    "account openedBy currency balance dayBalance dayRealised exposure openRisk openPositions settings"
)
_STATES = "account isHalted reasons killSwitch killSwitchAt killSwitchBy pauses { strategy losses until }"
_HELD = "heldSettings { id since changes { name before after by reason closes } }"
_QUERY = f"query {{ accounts {{ {_ACCOUNTS} }} tradingStates {{ {_STATES} {_HELD} }} }}"
_KILL_QUERY = f"""query {{
  accounts {{ {_ACCOUNTS} }}
  tradingStates {{ {_STATES} }}
  orders(
    where: {{status: [SUBMITTED, ACCEPTED, PARTIALLY_FILLED, CANCEL_REQUESTED, AMEND_REQUESTED, OUTCOME_UNKNOWN]}}
    first: 1
  ) {{ totalCount }}
}}"""


def _render(data: Data, scene: Scene) -> Content:
    words = scene.words
    body: list[Text | str] = []
    for state in data["tradingStates"]:
        body += _state(state, scene)
    for account in data["accounts"]:
        body += [*_figures(account, scene), *_limits(account), ""]
    is_tripped = all(state["killSwitch"] for state in data["tradingStates"])
    may_trip = scene.role >= LEAST_ROLE[TripKillSwitch] and data["tradingStates"] and not is_tripped
    kill = ((Button(words("kill"), f"{OPEN}:kill"),),) if may_trip else ()
    may_change = scene.role >= LEAST_ROLE[ChangeSettings]
    change = ((Button(words("risk-limits"), f"{OPEN}:limits"),),) if may_change else ()
    return page(scene, "risk", badge(data["accounts"]), body or [words("no-account")], (*change, *kill))


def _state(state: Data, scene: Scene) -> list[Text | str]:
    words = scene.words
    found: list[Text | str] = [
        bold(f"{state['account']}: {words('halted' if state['isHalted'] else 'trading')}")
    ]
    if state["reasons"]:
        found.append(words.reasons(state["reasons"]))
    if state["killSwitch"] and state["killSwitchAt"]:
        found.append(words("tripped", at=moment(state["killSwitchAt"]), by=state["killSwitchBy"] or UNKNOWN))
        found.append(words.reason(state["killSwitch"]))
    found += [
        words(
            "pause",
            what=one["strategy"] or state["account"],
            losses=one["losses"],
            until=moment(one["until"]),
        )
        for one in state["pauses"]
    ]
    return [*found, *_held(state, scene), ""]


def _held(state: Data, scene: Scene) -> list[Text | str]:
    """The changes of settings that wait for a review, which is made on the dashboard or at a shell."""
    held = state["heldSettings"]
    if held is None:
        return []
    words = scene.words
    lines: list[Text | str] = [words("held-settings", since=moment(held["since"]))]
    for one in held["changes"]:
        difference = line_of(one["name"], one["before"], one["after"])
        closes = f", {words('held-closes', count=one['closes'])}" if one["closes"] else ""
        reason = f": {one['reason']}" if one["reason"] else ""
        lines.append(f"{difference}{closes} ({one['by']}{reason})")
    return lines


def _figures(account: Data, scene: Scene) -> list[Text | str]:
    words, currency = scene.words, account["currency"]
    return [
        bold(account["account"]),
        f"{words('day-realised')}: {money(account['dayRealised'], currency, signed=True)}",
        f"{words('exposure')}: {money(account['exposure'], currency)}",
        f"{words('open-risk')}: {money(account['openRisk'], currency)}",
        f"{words('open-positions')}: {account['openPositions']}",
    ]


def _limits(account: Data) -> list[Text | str]:
    settings = cast("dict[str, Any]", account["settings"])
    risk = cast("dict[str, Any]", settings.get("risk", {}))
    return [f"{name}: {risk[name]}" for name in _LIMITS if name in risk]


def _render_kill(data: Data, scene: Scene) -> Content:
    words = scene.words
    body: list[Text | str] = [words("kill-question"), ""]
    for account in data["accounts"]:
        body += [
            *_figures(account, scene),
            f"on_kill: {account['settings'].get('risk', {}).get('on_kill', UNKNOWN)}",
        ]
    body.append(f"{words('working-orders')}: {data['orders']['totalCount']}")
    rows = (*_trips(data, scene), (Button(words("cancel"), f"{OPEN}:risk"),))
    return page(scene, "kill", badge(data["accounts"]), body, rows)


def _trips(data: Data, scene: Scene) -> Rows:
    """A button for each account, which names it where there are several; one for the engine's own in a log without."""
    names = [str(one["account"]) for one in data["accounts"]]
    if len(names) < 2:
        own = "".join(f":{name}" for name in names)
        return ((Button(scene.words("kill-confirm"), f"{TRIP}:{scene.argument}{own}"),),)
    return tuple(
        (Button(f"{scene.words('kill-confirm')}: {name}", f"{TRIP}:{scene.argument}:{name}"),)
        for name in names
        if fits(f"{TRIP}:{scene.argument}:{name}")
    )


RISK = Screen("risk", _QUERY, _render, is_live=True, by_account=same_query)
KILL = Screen("kill", _KILL_QUERY, _render_kill, LEAST_ROLE[TripKillSwitch], drafts=True, is_listed=False)
