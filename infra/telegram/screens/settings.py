"""The settings in force, read only: those that differ from the defaults, or all of one group.

A group is a field of `domain.settings.Settings` that has fields of its own; all others are in the group `GENERAL`. The
strategies are listed by their ids, each compared with an instance without any setting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Final, cast

from adapters.telegram.content import Button, Content, Rows, fits
from adapters.telegram.text import Text, bold
from domain.settings import Settings, StrategySettings
from infra.telegram.screens.figures import UNKNOWN, badge
from infra.telegram.screens.screen import OPEN, Data, Scene, Screen, fitting, page
from projections.accounts import plain

GENERAL: Final = "general"
"""The group of settings that have no group of their own."""
MARK: Final = "●"
"""Stands before a value other than the default, and before a group that has one."""
_STRATEGIES: Final = "strategies"
_IDENTITY: Final = ("id", "name", "strategy")
"""The fields of a strategy's settings that name it, and have no default."""
_IN_A_ROW: Final = 3
_LONGEST_VALUE: Final = 200
_QUERY: Final = "query { accounts { account openedBy settings settingsVersion } }"


@dataclass(frozen=True, slots=True)
class Value:
    """One setting by its path, as in `risk.max_positions`, and its default."""

    path: str
    value: object
    default: object

    @property
    def group(self) -> str:
        """The group that it belongs to."""
        group, _, rest = self.path.partition(".")
        return group if rest else GENERAL

    @property
    def is_changed(self) -> bool:
        """Whether it differs from the default; decimals are compared as numbers."""
        return self.value != self.default and _decimal(self.value) != _decimal(self.default)


def values_of(settings: Data) -> Sequence[Value]:
    """All settings in their order; of a strategy its names and what it has of its own."""
    defaults = _defaults()
    found: list[Value] = []
    for name, value in settings.items():
        if name == _STRATEGIES:
            found += _strategies(value)
        else:
            found += _compared(name, value, defaults.get(name))
    return found


@cache
def _defaults() -> Data:
    return cast("Data", plain(Settings()))


def _strategies(strategies: Sequence[Data]) -> Iterator[Value]:
    unset = plain(StrategySettings())
    for one in strategies:
        names = {field: one[field] for field in _IDENTITY if one.get(field)}
        path = f"{_STRATEGIES}.{next(iter(names.values()), '')}"
        yield from (Value(f"{path}.{field}", name, name) for field, name in names.items())
        own = {field: value for field, value in one.items() if field not in _IDENTITY}
        yield from (value for value in _compared(path, own, unset) if value.is_changed)


def _compared(path: str, value: object, default: object) -> Iterator[Value]:
    """The value's leaves, each with the default at the same place."""
    parts, others = _parts(value), _parts(default) or {}
    if parts is None:
        yield Value(path, value, default)
        return
    for name, one in parts.items():
        yield from _compared(f"{path}.{name}", one, others.get(name))


def _parts(value: object) -> Mapping[str, object] | None:
    """The named parts of a value that has any; those of a list are numbered. None for a leaf."""
    if isinstance(value, Mapping) and value:
        return cast("Mapping[str, object]", value)
    if isinstance(value, list) and any(isinstance(one, Mapping) for one in cast("list[object]", value)):
        return {str(n): one for n, one in enumerate(cast("list[object]", value))}
    return None


def _decimal(value: object) -> object:
    """The number that a text or a number is; the value itself where it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return value


def _render(data: Data, scene: Scene) -> Content:
    words, wanted = scene.words, scene.argument.lower()
    body: list[Text | str] = []
    marked: dict[str, bool] = {}
    for account in data["accounts"]:
        values = values_of(account["settings"])
        for one in values:
            marked[one.group] = marked.get(one.group, False) or one.is_changed
        version = words("settings-version", version=account["settingsVersion"])
        body += [bold(account["account"]) + f"  {version}", *_listed(values, wanted, scene), ""]
    if data["accounts"]:
        body.append(words("settings-mark", mark=MARK))
    shown = fitting(body, scene) or [words("no-account")]
    return page(scene, "settings", badge(data["accounts"]), shown, _groups(marked, wanted, scene))


def _listed(values: Sequence[Value], wanted: str, scene: Scene) -> list[Text | str]:
    """The values of the group; without one, those that are changed."""
    found = [one for one in values if (one.group == wanted if wanted else one.is_changed)]
    nothing = scene.words("settings-no-group", group=wanted) if wanted else scene.words("settings-default")
    return [_line(one, scene) for one in found] or [nothing]


def _line(one: Value, scene: Scene) -> Text:
    line = f"{one.path} = {_shown(one.value)}"
    if not one.is_changed:
        return Text(line)
    default = scene.words("settings-instead", default=_shown(one.default))
    return bold(f"{MARK} {line}") + f"  ({default})"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    listed = cast("list[object]", value) if isinstance(value, list) else [value]
    text = ", ".join(str(one) for one in listed)
    return Text(UNKNOWN if value in (None, "", [], {}) else text).cut(_LONGEST_VALUE).plain


def _groups(marked: Mapping[str, bool], wanted: str, scene: Scene) -> Rows:
    row = [
        Button(f"{MARK} {group}" if is_changed else group, f"{OPEN}:settings:{group}")
        for group, is_changed in marked.items()
        if group != wanted and fits(f"{OPEN}:settings:{group}")
    ]
    if wanted:
        row.insert(0, Button(scene.words("settings-changed"), f"{OPEN}:settings"))
    return tuple(tuple(row[n : n + _IN_A_ROW]) for n in range(0, len(row), _IN_A_ROW))


SETTINGS = Screen("settings", _QUERY, _render)
