"""The limits of risk and the exits of the manager as typed values, which a second tap changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec

from adapters.telegram.content import Button, Content, Rows
from adapters.telegram.text import Text, bold
from commands.request import ChangeSettings
from commands.roles import LEAST_ROLE
from domain.adjusting import adjusted, as_text
from domain.errors import InvalidInput, Refused
from domain.settings import Settings
from infra.settings_catalogue import Setting, trading
from infra.telegram.screens.accounts import same_query
from infra.telegram.screens.entered import (
    ACCOUNT,
    FAULT,
    KEY,
    WANTS,
    Values,
    argument_of,
    fault_of,
    given_of,
    setter,
    values_of,
)
from infra.telegram.screens.figures import UNKNOWN, badge
from infra.telegram.screens.screen import HOME, OPEN, Data, Pins, Scene, Screen, page

CHANGE: Final = "change"
"""The verb of the button that puts the entered value in force: `change:KEY`."""
NAME: Final = "name"
"""The entered value that is the setting's name, as `risk.max_positions`."""
VALUE: Final = "value"
GIVEN: Final = "given"
"""The entered value that is there once a new value was entered, which may be an empty one."""
_RESET: Final = "reset"
_MARK: Final = "●"
_IN_A_ROW: Final = 2
_QUERY: Final = "query { accounts { account openedBy settings settingsVersion } }"

LIMITS: Final = (
    "risk.max_positions",
    "risk.max_risk_per_trade",
    "risk.max_total_risk",
    "risk.max_daily_loss",
    "risk.on_daily_loss",
    "risk.on_kill",
    "risk.reserved_balance",
    "risk.cooldown_seconds",
    "risk.minimum_win_rate",
    "risk.allowed",
    "caps.max_notional",
    "caps.max_deviation",
    "caps.max_orders_per_minute",
    "margin.max_in_use",
    "margin.max_per_position",
    "margin.liquidation_distance",
    "limits.account_losses",
    "limits.strategy_losses",
    "management.largest_loss",
    "management.break_even_at",
    "management.trailing_levels",
    "management.target_activation",
    "management.target_step",
    "management.early_profit",
    "management.early_loss",
    "management.time_limit_seconds",
    "management.partial_closes",
)
"""The settings that the screen changes."""


def _set(argument: str, given: str, key: str) -> str:
    """The argument after a setting was chosen, or a value entered; its request has a new key."""
    values = values_of(argument, NAME)
    own = {ACCOUNT: values.get(ACCOUNT, "")}
    name, value = given_of({WANTS: VALUE}, given)
    if name == NAME:
        return argument_of({**own, NAME: value, WANTS: VALUE} if value in LIMITS else own)
    if NAME not in values:
        return argument_of({**own, FAULT: "limits-no-setting"})
    if name == _RESET:
        value = as_text(Settings(), values[NAME])
    return argument_of({**own, NAME: values[NAME], VALUE: value, GIVEN: "1", KEY: key})


def _pinned(argument: str, data: Data) -> str:
    """The argument with the account whose settings are shown."""
    values = {**values_of(argument, NAME)}
    if len(data["accounts"]) == 1:
        values.setdefault(ACCOUNT, data["accounts"][0]["account"])
    return argument_of(values)


def _account_of(argument: str) -> str:
    return values_of(argument, NAME).get(ACCOUNT, "")


def _render(data: Data, scene: Scene) -> Content:
    words, values = scene.words, values_of(scene.argument, NAME)
    rows: Rows = ()
    if len(data["accounts"]) != 1:
        body: list[Text | str] = [words("limits-no-account")]
    elif (settings := _settings(data["accounts"][0])) is None:
        body = [words("limits-version")]
    else:
        body, rows = (_one if values.get(NAME) in LIMITS else _all)(settings, values, scene)
    content = page(replace(scene, argument=""), "limits", badge(data["accounts"]), body)
    home = Button(words("menu"), f"{OPEN}:{HOME}")
    return replace(content, buttons=(*rows, (home,)))


def _settings(account: Data) -> Settings | None:
    """The account's settings in force; None for those that only another version of the program can read."""
    try:
        return msgspec.convert(account["settings"], Settings, strict=False)
    except (msgspec.ValidationError, InvalidInput):
        return None


def _all(settings: Settings, values: Values, scene: Scene) -> tuple[list[Text | str], Rows]:
    lines: list[Text | str] = [*fault_of(values, scene)]
    for name in LIMITS:
        line = f"{name} = {_shown(as_text(settings, name))}"
        lines.append(bold(f"{_MARK} {line}") if _is_changed(settings, name) else line)
    row = [setter(name, NAME, name, is_chosen=_is_changed(settings, name)) for name in LIMITS]
    rows = tuple(tuple(row[n : n + _IN_A_ROW]) for n in range(0, len(row), _IN_A_ROW))
    return [*lines, "", scene.words("settings-mark", mark=_MARK), scene.words("limits-help")], rows


def _one(settings: Settings, values: Values, scene: Scene) -> tuple[list[Text | str], Rows]:
    words, name = scene.words, values[NAME]
    setting = _catalogued(name)
    old, default = as_text(settings, name), as_text(Settings(), name)
    head: list[Text | str] = [
        *fault_of(values, scene),
        bold(name),
        words(word_of(name)),
        f"{words('limits-now')}: {_shown(old)}",
        f"{words('limits-default')}: {_shown(default)}",
        *([f"{words('limits-range')}: {setting.range.replace(' to ', ' … ')}"] if setting.range else []),
        "",
    ]
    reset = (setter(words("limits-reset", value=_shown(default)), _RESET, "1"),) if old != default else ()
    back = (Button(words("limits-all"), f"{OPEN}:limits"),)
    ending = tuple(row for row in (reset, back) if row)
    if GIVEN not in values or KEY not in values:
        return [*head, words("limits-send")], ending
    new = values.get(VALUE, "")
    fault = _fault(settings, name, new)
    if fault:
        return [*head, bold(f"✕ {_shown(new)}"), words.reason(fault), "", words("limits-send")], ending
    if as_text(adjusted(settings, {name: new}), name) == old:
        return [*head, words("limits-same", value=_shown(new))], ending
    confirm = (Button(words("limits-confirm"), f"{CHANGE}:{values[KEY]}"),)
    return [*head, bold(f"{_shown(old)} → {_shown(new)}"), words("limits-question")], (confirm, *ending)


def word_of(name: str) -> str:
    """The name of the words with a setting's meaning."""
    return f"limit-{name.replace('.', '-').replace('_', '-')}"


def _fault(settings: Settings, name: str, new: str) -> str:
    """The setting's own error; empty for a value that may be put in force."""
    try:
        adjusted(settings, {name: new})
    except (InvalidInput, Refused) as fault:
        return str(fault)
    return ""


def _catalogued(name: str) -> Setting:
    return next(one for one in trading(Settings()) if one.key == f"trading.{name}")


def _is_changed(settings: Settings, name: str) -> bool:
    return as_text(settings, name) != as_text(Settings(), name)


def _shown(text: str) -> str:
    return text or UNKNOWN


LIMITS_SCREEN = Screen(
    "limits",
    _QUERY,
    _render,
    LEAST_ROLE[ChangeSettings],
    is_live=True,
    sets=_set,
    by_account=same_query,
    pins=Pins(_account_of, _pinned),
)
