"""The axes of a search: settings by dotted name, each with the values that are tried."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from itertools import islice, product, takewhile
from math import prod
from typing import Any

from domain.arithmetic import EXACT
from domain.errors import InvalidInput, Refused
from domain.filters.settings import OwnFilterSettings
from domain.limits.settings import OwnLimitSettings
from domain.management.settings import OwnManagementSettings
from domain.number import is_bounded, number
from domain.plain_text import meant
from domain.settings import OwnFlipSettings, OwnIntentSettings, Settings, StrategySettings
from domain.sizing.settings import KellyFallback, OwnSizingSettings, SizingRule
from infra.run.backtest import NO_CHANGE, Change

PREFIX = "trading."
_STRATEGIES = "strategies."
_SIMULATION = "simulation."
_RANGE = re.compile(r"(?P<low>[^.:][^:]*?)\.\.(?P<high>[^:]+?)(?::(?P<step>.*))?")
_LIKE = "trading.strategies.trend.fast=5..30, trading.sizing.risk=0.005..0.02:0.005 or …=a,b,c"
_MOST_VALUES = 1_000_000
_MOST_CORNERS = 4_096
"""The combinations of first and last values that are checked before the search."""

Check = Callable[[Settings], None]
"""Raises InvalidInput or Refused for settings that cannot be traded."""
Point = Mapping[str, str]
"""A value as text for each axis, by the axis' name."""


@dataclass(frozen=True, slots=True)
class Range:
    """Values from `low` to `high`, both included, in steps. All are multiples of 10 ^ -`places`."""

    low: Decimal
    high: Decimal
    step: Decimal

    @property
    def places(self) -> int:
        """The decimal places that write every value."""
        exponents = (one.normalize().as_tuple().exponent for one in (self.low, self.high, self.step))
        return max(0, *(-one for one in exponents if isinstance(one, int)))

    @property
    def count(self) -> int:
        """The number of values."""
        return int((self.high - self.low) / self.step) + 1

    def value(self, at: int) -> str:
        """The value of this number, counted from 0."""
        return f"{round(EXACT.add(self.low, EXACT.multiply(self.step, Decimal(at))), self.places):f}"


@dataclass(frozen=True, slots=True)
class Axis:
    """One setting of the search. `name` is its dotted name; `values` are a range, or texts in their order."""

    name: str
    values: Range | tuple[str, ...]

    @property
    def count(self) -> int:
        """The number of values."""
        return self.values.count if isinstance(self.values, Range) else len(self.values)

    def value(self, at: int) -> str:
        """The value of this number, counted from 0, as text."""
        return self.values.value(at) if isinstance(self.values, Range) else self.values[at]

    @property
    def ends(self) -> tuple[str, ...]:
        """The first and the last value of a range; every value of a list."""
        if isinstance(self.values, Range):
            return self.value(0), self.value(self.count - 1)
        return self.values

    @property
    def checked(self) -> tuple[str, ...]:
        """The values that are checked before the search: the ends, and the first step."""
        return (
            self.ends if isinstance(self.values, tuple) else (*self.ends, self.value(min(1, self.count - 1)))
        )

    @property
    def spelled(self) -> str:
        """The axis as --search states it, with its step."""
        if isinstance(self.values, Range):
            found = self.values
            return f"{self.name}={found.low:f}..{found.high:f}:{found.step:f}"
        return f"{self.name}={','.join(self.values)}"


def axes_of(texts: Sequence[str], settings: Settings, check: Check) -> Sequence[Axis]:
    """The axes of these texts, over settings with these strategies. `check` refuses settings that cannot be traded.

    Raises InvalidInput, which names the text, for what cannot be read, an unknown setting, an end of a range that no
    combination with the ends of the others allows, a setting that is given twice, and a space of one point.
    """
    axes = [_axis(text) for text in texts]
    names = [one.name for one in axes]
    for axis in axes:
        if names.count(axis.name) > 1:
            raise InvalidInput(
                f"--search {axis.name} is given twice: write all its values in one range or list"
            )
    if size(axes) < 2:
        raise InvalidInput(
            f"--search {', '.join(one.spelled for one in axes)} has a single point, so nothing can be compared: give a "
            f"setting at least two values (a range has two dots), as in {_LIKE}"
        )
    _check_ends(axes, settings, check)
    return axes


def size(axes: Sequence[Axis]) -> int:
    """The number of points."""
    return prod(one.count for one in axes)


def points(axes: Sequence[Axis]) -> Iterator[Point]:
    """Every point, in order of its values; the last axis moves first."""
    for places in product(*(range(one.count) for one in axes)):
        yield {axis.name: axis.value(at) for axis, at in zip(axes, places, strict=True)}


def changed(base: Change, point: Point, settings: Settings) -> Change:
    """The change of the base that also has the point's values; `settings` are those that the base gives.

    Raises InvalidInput for a strategy that the settings do not have.
    """
    values, strategies = dict(base.values), list(settings.strategies)
    for name, text in point.items():
        own = name.removeprefix(PREFIX)
        if own.startswith(_STRATEGIES):
            _set_in_strategy(strategies, own.removeprefix(_STRATEGIES), text)
        else:
            values[own] = text
    return replace(base, values=values, strategies=tuple(strategies))


def _set_in_strategy(strategies: list[StrategySettings], name: str, text: str) -> None:
    known = {one.instance: at for at, one in enumerate(strategies)}
    found = max((one for one in known if name.startswith(f"{one}.")), key=len, default=None)
    if found is None:
        raise InvalidInput(
            f"{PREFIX}{_STRATEGIES}{name}: no strategy is called {name.partition('.')[0]!r}"
            f"{meant(name.partition('.')[0], known)}; configured are: {', '.join(known) or 'none'}"
        )
    one, own, where = strategies[known[found]], name[len(found) + 1 :], f"{PREFIX}{_STRATEGIES}{name}"
    strategies[known[found]] = _set(one, own, text, where)


def _set(one: StrategySettings, own: str, text: str, where: str) -> StrategySettings:
    """The instance with one setting of its own, or, where it has none of this name, one parameter of its strategy."""
    table, _, setting = own.partition(".")
    if table in _TABLES:
        kinds = _TABLES[table]
        if setting not in kinds:
            raise InvalidInput(f"{where}: no such setting{meant(setting, kinds)}")
        kind = kinds[setting]
        changed: dict[str, Any] = {setting: _value(text, kind, where)}
        before = getattr(one, table) or _EMPTY[table]
        tables: dict[str, Any] = {table: replace(before, **changed)}
        return replace(one, **tables)
    if own == "interval":
        return replace(one, interval=text)
    if own not in _KINDS:
        return replace(one, parameters={**one.parameters, own: text})
    limits: dict[str, Any] = {own: _number(text, _KINDS[own], where)}
    return replace(one, **limits)


_KINDS: Mapping[str, type[Any]] = {"minimum_trend": float, "minimum_reward_to_risk": Decimal}
_FLIP_KINDS: Mapping[str, type[Any]] = {
    "minimum_confidence": float,
    "repeats": int,
    "hold_seconds": int,
    "cooldown_seconds": int,
    "loss_confidence": float,
    "cost_buffer": Decimal,
}
_INTENT_KINDS: Mapping[str, type[Any]] = {
    "hold_series": bool,
    "reinforce_confidence": float,
    "noise_confidence": float,
    "additions": int,
    "addition_spacing": Decimal,
    "addition_size": Decimal,
    "average_down": bool,
    "repeats": int,
    "repeat_seconds": int,
}
_FILTER_KINDS: Mapping[str, type[Any]] = {
    "minimum_adx": float,
    "minimum_di_difference": float,
    "adx_period": int,
    "timeframe": str,
    "timeframe_ema": int,
    "value_area_candles": int,
    "minimum_place": float,
    "maximum_place": float,
    "minimum_pivot_distance": float,
    "maximum_correlation": float,
    "maximum_major_correlation": float,
    "correlation_candles": int,
}
"""The settings of filters that vary; `majors` is a list."""
_SIZING_KINDS: Mapping[str, type[Any]] = {
    "rule": SizingRule,
    "quantity": Decimal,
    "percent": Decimal,
    "risk": Decimal,
    "cut_to_max_risk": bool,
    "kelly_window": int,
    "kelly_multiplier": Decimal,
    "kelly_cap": Decimal,
    "kelly_fallback": KellyFallback,
    "by_confidence": bool,
}
_MANAGEMENT_KINDS: Mapping[str, type[Any]] = {
    "break_even_at": Decimal,
    "break_even_offset": Decimal,
    "minimum_step": Decimal,
    "largest_loss": Decimal,
    "time_limit_seconds": int,
    "early_profit": Decimal,
    "early_loss": Decimal,
    "early_seconds": int,
    "target_activation": Decimal,
    "target_step": Decimal,
    "target_acceleration": Decimal,
    "reversal_signs": int,
    "reversal_window": int,
    "reversal_cooldown_seconds": int,
    "reversal_change": Decimal,
    "reversal_closes": bool,
    "reversal_distance": Decimal,
    "book_stop_at": Decimal,
    "book_strong": Decimal,
    "book_behind": Decimal,
    "book_distance": Decimal,
    "book_exit_share": Decimal,
    "book_exit_distance": Decimal,
}
"""The rules of the manager that vary; `trailing_levels` and `partial_closes` are lists."""
_LIMIT_KINDS: Mapping[str, type[Any]] = {"strategy_losses": int, "strategy_pause_seconds": int}
_TABLES: Mapping[str, Mapping[str, type[Any]]] = {
    "flips": _FLIP_KINDS,
    "intents": _INTENT_KINDS,
    "filters": _FILTER_KINDS,
    "sizing": _SIZING_KINDS,
    "management": _MANAGEMENT_KINDS,
    "limits": _LIMIT_KINDS,
}
_EMPTY: Mapping[str, Any] = {
    "flips": OwnFlipSettings(),
    "intents": OwnIntentSettings(),
    "filters": OwnFilterSettings(),
    "sizing": OwnSizingSettings(),
    "management": OwnManagementSettings(),
    "limits": OwnLimitSettings(),
}
"""The kinds of an instance's own settings by table, and the table of an instance that has none."""


def _value(text: str, kind: type[Any], where: str) -> object:
    if issubclass(kind, StrEnum):
        return _choice(text, kind, where)
    return text if kind is str else _number(text, kind, where)


def _choice(text: str, kind: type[StrEnum], where: str) -> StrEnum:
    if text.upper() not in kind.__members__:
        raise InvalidInput(f"{where}: {text!r} is not one of {', '.join(kind)}")
    return kind(text.upper())


def _number(text: str, kind: type[Any], where: str) -> object:
    if kind is bool:
        return _flag(text, where)
    try:
        found: object = number(text, kind)
    except ValueError as fault:
        raise InvalidInput(f"{where}: {fault}") from None
    return found


def _flag(text: str, where: str) -> bool:
    if text not in _FLAGS:
        raise InvalidInput(f"{where}: {text!r} is neither true nor false")
    return _FLAGS[text]


_FLAGS = {"true": True, "false": False}


def _axis(text: str) -> Axis:
    name, equals, given = (part.strip() for part in text.partition("="))
    if not equals or not name.startswith(PREFIX) or not given:
        raise InvalidInput(f"--search {text[:80]!r}: write it like {_LIKE}")
    if name.startswith(PREFIX + _SIMULATION):
        raise InvalidInput(
            f"--search {name}: the simulated exchange is no choice of a trader: state it with --set"
        )
    found = _RANGE.fullmatch(given)
    return Axis(name, _listed(name, given) if found is None else _range(name, given, found))


def _listed(name: str, given: str) -> tuple[str, ...]:
    values = tuple(one.strip() for one in given.split(","))
    if not all(values) or len(set(values)) < len(values):
        raise InvalidInput(
            f"--search {name}={given[:80]}: a value is empty or given twice; write it like a,b,c"
        )
    return values


def _range(name: str, given: str, found: re.Match[str]) -> Range:
    try:
        low, high = (number(found[end].strip(), Decimal) for end in ("low", "high"))
        step = _finest(low, high) if found["step"] is None else number(found["step"].strip(), Decimal)
    except ValueError as fault:
        raise InvalidInput(
            f"--search {name}={given[:80]}: {fault}; write it like 5..30 or 0.5..2:0.25"
        ) from None
    where = f"--search {name}={given[:80]}"
    if step <= 0:
        raise InvalidInput(
            f"{where}: the step is {step:f}; write one above 0, or none for steps of the last digit"
        )
    if high < low:
        raise InvalidInput(f"{where}: {high:f} is below {low:f}; write the lower end first")
    if (high - low) / step >= _MOST_VALUES:
        raise InvalidInput(
            f"{where}: it has more than {_MOST_VALUES:,} values; write a larger step, as {low:f}..{high:f}:STEP"
        )
    if (high - low) % step:
        raise InvalidInput(
            f"{where}: {high:f} is no whole number of steps of {step:f} above {low:f}; write the last value, "
            f"{high - (high - low) % step:f}, as the upper end"
        )
    assert all(map(is_bounded, (low, high, step)))
    return Range(low, high, step)


def _finest(*ends: Decimal) -> Decimal:
    """One unit of the last digit that an end is written with: 1 for 5..30, and 0.1 for 0.5..2."""
    exponents = (one.as_tuple().exponent for one in ends)
    return Decimal(1).scaleb(min(0, *(one for one in exponents if isinstance(one, int))))


def _check_ends(axes: Sequence[Axis], settings: Settings, check: Check) -> None:
    """Raises InvalidInput for a value that is refused together with every combination of the others' ends."""
    for axis in axes:
        others = [one for one in axes if one is not axis]
        corners = [
            {one.name: text for one, text in zip(others, corner, strict=True)}
            for corner in islice(product(*(one.ends for one in others)), _MOST_CORNERS)
        ]
        for value in axis.checked:
            tried = ({**corner, axis.name: value} for corner in corners)
            faults = list(takewhile(bool, (_fault(point, settings, check) for point in tried)))
            if len(faults) == len(corners):
                raise InvalidInput(f"--search {axis.name}: {value} is refused: {faults[0]}")


def _fault(point: Point, settings: Settings, check: Check) -> str:
    """Why the settings of the point are refused; empty where they are not."""
    try:
        check(changed(NO_CHANGE, point, settings).settings(settings))
    except (InvalidInput, Refused) as fault:
        return str(fault)
    return ""
