"""All strategies of an account at once: those that run are paused, or the paused ones resumed, by a second tap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from adapters.telegram.content import Button, Content
from adapters.telegram.text import Text, bold
from infra.telegram.screens.accounts import of_accounts, same_query
from infra.telegram.screens.entered import ACCOUNT, KEY, Values, argument_of, fault_of
from infra.telegram.screens.entered import values_of as _values_of
from infra.telegram.screens.figures import badge
from infra.telegram.screens.screen import OPEN, Data, Pins, Scene, Screen, page
from infra.telegram.screens.strategies import ALL, QUERY, ROLE, Instance, instances_of

PAUSE_ALL: Final = "pauseall"
"""The verb of the button that pauses the strategies of the screen: `pauseall:KEY`."""
RESUME_ALL: Final = "resumeall"
"""The verb of the button that resumes them: `resumeall:KEY`."""
VERBS: Final = {"pause": PAUSE_ALL, "resume": RESUME_ALL}
CONFIRMS: Final = {"pause": "pause-all-confirm", "resume": "resume-all-confirm"}
DO: Final = "do"
"""The value that is `pause` or `resume`."""
_NAMES: Final = "names"
_BETWEEN: Final = "\n"
"""Separates the strategies that were shown; no id has a line break."""


def values_of(argument: str) -> Values:
    """The values of the screen's argument, which begins as `KEY:pause/ACCOUNT`, or without the account."""
    if argument.startswith(f"{KEY}="):
        return _values_of(argument)
    key, _, own = argument.partition(":")
    do, _, account = own.partition("/")
    return {KEY: key, DO: do.strip().lower(), **({ACCOUNT: account} if account else {})}


def names_of(values: Values) -> Sequence[str]:
    """The strategies that the screen showed; what is not among them is not changed by its button."""
    return [one for one in values.get(_NAMES, "").split(_BETWEEN) if one]


def _pinned(argument: str, data: Data) -> str:
    values = {**values_of(argument)}
    if len(data["accounts"]) == 1:
        values.setdefault(ACCOUNT, data["accounts"][0]["account"])
    if values[DO] in ALL and ACCOUNT in values and _NAMES not in values:
        values[_NAMES] = _BETWEEN.join(one.name for one in _affected(data, values))
    return argument_of(values)


def _affected(data: Data, values: Values) -> Sequence[Instance]:
    own = [one for one in instances_of(data) if one.account["account"] == values[ACCOUNT]]
    return [one for one in own if one.is_paused is ALL[values[DO]]]


def _render(data: Data, scene: Scene) -> Content:
    words, values = scene.words, values_of(scene.argument)
    accounts = of_accounts(data["accounts"], values.get(ACCOUNT, ""))
    rows: list[tuple[Button, ...]] = [(Button(words("cancel"), f"{OPEN}:strategies"),)]
    names = names_of(values)
    body: list[Text | str] = [*fault_of(values, scene)]
    if values[DO] not in ALL:
        body.append(words("all-usage"))
    elif ACCOUNT not in values:
        body.append(words("trade-no-account"))
    elif not names:
        body.append(words("all-none"))
    else:
        body += [*(bold(name) for name in names), "", words(f"{values[DO]}-all-question", n=len(names))]
        rows.insert(0, (Button(words(CONFIRMS[values[DO]]), f"{VERBS[values[DO]]}:{values[KEY]}"),))
    own = "/".join(one for one in (values[DO], values.get(ACCOUNT, "")) if one)
    return page(replace(scene, argument=own), "all", badge(accounts), body, tuple(rows))


ALL_STRATEGIES = Screen(
    "all",
    QUERY,
    _render,
    ROLE,
    drafts=True,
    is_listed=False,
    needs_argument=True,
    by_account=same_query,
    pins=Pins(lambda argument: values_of(argument).get(ACCOUNT, ""), _pinned),
)
