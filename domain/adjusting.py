"""Changes settings that are given as dotted names and values as text: `risk.max_positions` to `3`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from domain.errors import InvalidSettings, Refused
from domain.limits.settings import OnMissing
from domain.number import number
from domain.plain_text import meant
from domain.settings import ExternalRule, OnDailyLoss, OnKill, OnOpposite, OrphanRule, Settings, check
from domain.sizing.settings import KellyFallback, SizingRule
from domain.weights.scale import WeightScale
from domain.weights.settings import Weight, weights_of_text

_Table = TypeVar("_Table", bound=Any)
FIXED: Mapping[str, str] = {
    "strategies": "strategies and their parameters are fixed when the log is opened; pause a strategy instead",
    "simulation": "the behaviour of the simulated exchange is fixed when the log is opened",
    "filters": "the filters read candles from the start on; configure them in whence.toml and start again",
    "regimes": "regimes are read from the start on; configure them in whence.toml and start again",
    "leverage": "candles are read for the leverage from the start on; configure it in whence.toml and start again",
    "groups": "groups are given as a table; configure them in whence.toml and start again",
    "paused": "pause and resume strategies one at a time, each with its reason",
}
"""The settings that cannot be changed while an engine runs, each with the reason."""
_NOT_TEXT: Mapping[str, str] = {
    "strategies": "strategies are given as a whole",
    "groups": "groups are given as a table; write them into a settings file and name it with --config",
    "paused": FIXED["paused"],
}
"""The settings that cannot be changed as text before a log is opened, each with the reason."""


def adjusted(settings: Settings, changes: Mapping[str, str]) -> Settings:
    """The settings with these changes, range-checked.

    Raises InvalidSettings, which lists each unknown name and each value that cannot be read or is out of its range;
    Refused for a setting that cannot be changed after the log is opened.
    """
    return _adjusted(settings, changes, FIXED)


def adjusted_before_opening(settings: Settings, changes: Mapping[str, str], group: str) -> Settings:
    """The settings with these changes, as a new log may be opened with them: also those of the simulated exchange.

    `group` stands before the names in messages, as it does where a person writes them. Raises what `adjusted` raises.
    """
    return _adjusted(settings, changes, _NOT_TEXT, group)


def differences(before: Settings, after: Settings) -> Mapping[str, str]:
    """The changes with which `adjusted_before_opening` makes `after` of `before`, but strategies and pauses."""
    old, new = (_names(one, _NOT_TEXT) for one in (before, after))
    return {name: _text(value, after, name) for name, value in new.items() if value != old[name]}


_NO_ITEMS = ","
"""An empty list as text where a setting may be None, which empty text stands for."""


def _text(value: object, settings: Settings, name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        listed = ",".join(map(str, cast("tuple[object, ...]", value)))
        return listed or (_NO_ITEMS if _kind_of(settings, name)[1] else "")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _adjusted(
    settings: Settings, changes: Mapping[str, str], fixed: Mapping[str, str], group: str = ""
) -> Settings:
    known = _names(settings, fixed)
    faults: list[str] = []
    for name, text in changes.items():
        _check_changeable(name, fixed, group)
        if name not in known:
            faults.append(_unknown(name, known, group))
            continue
        kind, may_be_none = _kind_of(settings, name)
        try:
            value = None if may_be_none and not text.strip() else _READ[kind](text.strip())
        except ValueError:
            faults.append(f"{group}{name} = {text!r} is not {_WANTED[kind]}")
        else:
            settings = _with(settings, name, value)
    if faults:
        raise InvalidSettings("; ".join(faults))
    check(settings)
    return settings


def names(settings: Settings) -> Mapping[str, object]:
    """The current value of every setting that can be changed, by its dotted name."""
    return _names(settings, FIXED)


def as_text(settings: Settings, name: str) -> str:
    """The value of a setting that can be changed, as `adjusted` reads it. Raises KeyError for another name."""
    return _text(names(settings)[name], settings, name)


def _names(settings: Settings, fixed: Mapping[str, str]) -> Mapping[str, object]:
    return {name: value for name, value in _leaves(settings) if name.partition(".")[0] not in fixed}


def _leaves(table: Any, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Each setting of a table and of the tables within it, by its dotted name."""
    for field in fields(table):
        value: Any = getattr(table, field.name)
        if is_dataclass(value):
            yield from _leaves(value, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}", value


def _kind_of(settings: Settings, name: str) -> tuple[type, bool]:
    """The type of a setting that exists, and whether it may be None, which empty text stands for."""
    *path, own = name.split(".")
    table: Any = settings
    for one in path:
        table = getattr(table, one)
    hint = get_type_hints(table.__class__)[own]
    kinds = [one for one in get_args(hint) if one is not NoneType] if isinstance(hint, UnionType) else [hint]
    (kind,) = kinds
    return _ITEMS.get(name) or get_origin(kind) or kind, kind is not hint


def _check_changeable(name: str, fixed: Mapping[str, str], group: str) -> None:
    why = fixed.get(name.partition(".")[0])
    if why is not None:
        raise Refused(f"{group}{name} cannot be changed here: {why}")


def _unknown(name: str, known: Mapping[str, object], group: str) -> str:
    return f"{group}{name}: no such setting{meant(f'{group}{name}', [f'{group}{one}' for one in known])}"


def _with(table: _Table, name: str, value: Any) -> _Table:
    own, dot, rest = name.partition(".")
    changed: dict[str, Any] = {own: _with(getattr(table, own), rest, value) if dot else value}
    return replace(table, **changed)


def _flag(text: str) -> bool:
    """Raises ValueError for any text but `true` and `false`."""
    return ("false", "true").index(text.lower()) == 1


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


_ITEMS: Mapping[str, type] = {"weights.table": Weight}
"""The lists that are read by the kind of their items, by name."""
_READ: Mapping[type, Callable[[str], Any]] = {
    bool: _flag,
    str: str,
    int: lambda text: number(text, int),
    float: lambda text: number(text, float),
    Decimal: lambda text: number(text, Decimal),
    tuple: _listed,
    SizingRule: lambda text: SizingRule(text.upper()),
    OrphanRule: lambda text: OrphanRule(text.upper()),
    OnKill: lambda text: OnKill(text.upper()),
    OnDailyLoss: lambda text: OnDailyLoss(text.upper()),
    OnOpposite: lambda text: OnOpposite(text.upper()),
    ExternalRule: lambda text: ExternalRule(text.upper()),
    KellyFallback: lambda text: KellyFallback(text.upper()),
    OnMissing: lambda text: OnMissing(text.upper()),
    WeightScale: lambda text: WeightScale(text.upper()),
    Weight: weights_of_text,
}
_WANTED: Mapping[type, str] = {
    bool: "true or false",
    str: "text",
    int: "a whole number in the digits 0 to 9",
    float: "a number in the digits 0 to 9",
    Decimal: "a number in the digits 0 to 9",
    tuple: "a list, separated by commas",
    SizingRule: f"one of {', '.join(SizingRule)}",
    OrphanRule: f"one of {', '.join(OrphanRule)}",
    OnKill: f"one of {', '.join(OnKill)}",
    OnDailyLoss: f"one of {', '.join(OnDailyLoss)}",
    OnOpposite: f"one of {', '.join(OnOpposite)}",
    ExternalRule: f"one of {', '.join(ExternalRule)}",
    KellyFallback: f"one of {', '.join(KellyFallback)}",
    OnMissing: f"one of {', '.join(OnMissing)}",
    WeightScale: f"one of {', '.join(WeightScale)}",
    Weight: "a list of weights, as trend/BTCUSDT-LINEAR.BYBIT/*=1.2,trend/*/RANGE=0.5",
}
