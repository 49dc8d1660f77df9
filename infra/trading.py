"""The trading settings of a run, from the `[trading]` table of its configuration."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from importlib.metadata import entry_points
from types import NoneType, UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from adapters.wrong_value import sentence_of
from commands.identity import is_reserved
from commands.watching import Instance
from domain import adjusting
from domain.arithmetic import ZERO
from domain.errors import InvalidSettings, WhenceError
from domain.filters.settings import NO_FILTERS, FilterSettings
from domain.interval import interval_of
from domain.number import misread
from domain.plain_text import meant
from domain.regime import Regime
from domain.settings import OnDailyLoss, Settings, StrategySettings, check, faults
from domain.strategies import Strategy
from domain.strategies.builtin import BUILTIN, StrategyFactory
from domain.strategies.presets import written_out
from infra.layer import Tree, is_table

_PARSED = TypeAdapter(Settings)
GROUP = "whence.strategies"
"""The entry-point group in which installed packages name their strategies."""


def trading_settings(table: Mapping[str, object]) -> Settings:
    """The settings with all defaults. Raises InvalidSettings, which names each unknown key or invalid value."""
    table = _counted(table)
    _refuse(_unknown(table, Settings, "trading"))
    settings = _parsed(table)
    found = (*faults(settings), *_unknown_pauses(settings), *_unread_limits(settings))
    _refuse(f"trading.{fault}" for fault in found)
    return settings


def _counted(table: Mapping[str, object]) -> Mapping[str, object]:
    """The table without `weights.rows`, the number of rows of `weights.table`, by which a cut file is noticed.

    Raises InvalidSettings where the number of rows is another one.
    """
    weights = table.get("weights")
    if not is_table(weights) or "rows" not in weights:
        return table
    rows, stated = weights.get("table", ()), weights["rows"]
    count = len(cast("Sequence[object]", rows)) if isinstance(rows, list | tuple) else 0
    if isinstance(stated, bool) or stated != count:
        raise InvalidSettings(
            f"trading.weights.rows = {stated}, but trading.weights.table has {count} rows: the file was cut or edited; "
            "write it again with `whence weights fit --settings`, or state the number of its rows"
        )
    return {**table, "weights": {name: value for name, value in weights.items() if name != "rows"}}


def _unread_limits(settings: Settings) -> Iterator[str]:
    """A fault that is refused in a settings file but not in a log, which an earlier version may have opened with it."""
    regimes = settings.regimes
    given = [
        f"{regime.value.lower()}.{name}" for regime in Regime for name in regimes.limits_in(regime).given
    ]
    if given and not regimes.is_on:
        yield (
            f"regimes: confirmations = 0 reads no regime, so that nothing reads {', '.join(given)}; set confirmations, "
            "such as 3, or leave the limits out"
        )


def _unknown_pauses(settings: Settings) -> Iterator[str]:
    """A fault that is refused in a settings file but not in a log, where scanners can be paused after their first
    signal."""
    known = settings.instances
    for name in settings.paused:
        if name not in known:
            yield (
                f"paused: no configured strategy is called {name!r}{meant(name, known)}; configured are: "
                f"{', '.join(known) or 'none'}; pause a scanner with `pauseStrategy` after its first signal"
            )


def names_win_rate(table: Mapping[str, object]) -> bool:
    """Whether the table sets `risk.minimum_win_rate`, whose default depends on the market: see `on_tapes`."""
    return _is_named(_WIN_RATE, table)


def named_in(table: Mapping[str, object]) -> Collection[str]:
    """The settings that the table sets and whose default depends on the market, by their dotted names."""
    return [name for name in (_WIN_RATE, *LIVE) if _is_named(name, table)]


def _is_named(name: str, table: Mapping[str, object]) -> bool:
    group, _, own = name.partition(".")
    given = table.get(group)
    return is_table(given) and own in given


_WIN_RATE = "risk.minimum_win_rate"


def on_tapes(settings: Settings) -> Settings:
    """The settings with the default for tapes of `risk.minimum_win_rate`: 0, so that a tape is played to its end.

    A live account stops by default. On a tape, a stop after fifty trades would hide how the rules go on.
    """
    return _with(settings, {_WIN_RATE: ZERO})


LIVE: Mapping[str, object] = {
    "risk.on_daily_loss": OnDailyLoss.TRIP,
    "caps.max_notional": Decimal(100_000),
    "caps.max_deviation": Decimal("0.05"),
    "caps.max_orders_per_minute": 30,
}
"""The defaults of live trading where they differ: the neutral defaults of tapes protect no money."""


def for_live(settings: Settings, table: Mapping[str, object]) -> Settings:
    """The settings with the defaults of live trading for every setting that the `[trading]` table does not name."""
    return _with(settings, {name: value for name, value in LIVE.items() if not _is_named(name, table)})


def unnamed_as_in(in_force: Settings, configured: Settings, table: Mapping[str, object]) -> Settings:
    """The configured settings with those in force where the default depends on the market and the table names none."""
    before = adjusting.names(in_force)
    return _with(
        configured, {name: before[name] for name in (_WIN_RATE, *LIVE) if not _is_named(name, table)}
    )


def _with(settings: Settings, values: Mapping[str, object]) -> Settings:
    """The settings with these values, by dotted name."""
    for name, value in values.items():
        group, _, own = name.partition(".")
        parts: dict[str, Any] = {group: replace(getattr(settings, group), **{own: value})}
        settings = replace(settings, **parts)
    return settings


def _parsed(table: Mapping[str, object]) -> Settings:
    spelled = _spelled_out(table)
    _refuse(_faults_of_strategies(spelled))
    try:
        settings = _PARSED.validate_python(spelled)
    except ValidationError as fault:
        found = (
            f"trading.{_place(error['loc'])}: {sentence_of(error)}"
            for error in fault.errors(include_url=False)
        )
        raise InvalidSettings("\n".join(found)) from None
    _refuse(
        f"trading.{_place(one.place)} = {one.value!r} should be {one.expected}"
        for one in misread(spelled, _PARSED.dump_python(settings))
    )
    return replace(settings, strategies=tuple(_without_preset(one) for one in settings.strategies))


def _without_preset(strategy: StrategySettings) -> StrategySettings:
    """The instance with the parameters of its preset written out. Raises InvalidSettings for an unknown preset."""
    return replace(strategy, parameters=written_out(strategy.kind, strategy.parameters))


def _refuse(messages: Iterable[str]) -> None:
    if found := list(messages):
        raise InvalidSettings("\n".join(found))


def _faults_of_strategies(table: Mapping[str, object]) -> Iterator[str]:
    strategies = table.get("strategies")
    for number, one in enumerate(cast("list[object]", strategies) if isinstance(strategies, list) else ()):
        if is_table(one):
            yield from _faults_of_strategy(f"trading.strategies.{number}", one)


def _faults_of_strategy(where: str, strategy: Tree) -> Iterator[str]:
    """The faults that are refused in a settings file but not in a log: older logs with such settings can be resumed."""
    beside = [key for key in ("id", "strategy") if key in strategy]
    if "name" in strategy and beside:
        yield (
            f"{where}: name = {strategy['name']!r} together with {' and '.join(beside)}: write name alone, or id "
            "and strategy"
        )
    instance = _instance(strategy)
    if isinstance(instance, str) and is_reserved(instance):
        other = f"my-{strategy.get('strategy') or instance}"
        yield (
            f"{where}: no strategy may have the id {instance!r}, a name of the system itself; write another one, as "
            f'id = "{other}"'
        )
    given = strategy.get("parameters")
    for name, value in given.items() if is_table(given) else ():
        if not isinstance(value, str):
            yield f"{where}.parameters.{name} = {value!r} should be a number, or text"


def _spelled_out(table: Mapping[str, object]) -> Mapping[str, object]:
    """The table with numbers in strategies' parameters written as text, because the log stores text."""
    strategies = table.get("strategies")
    if not isinstance(strategies, list):
        return table
    return {**table, "strategies": [_with_text(one) for one in cast("list[object]", strategies)]}


def _with_text(strategy: object) -> object:
    given = strategy.get("parameters") if is_table(strategy) else None
    if not is_table(strategy) or not is_table(given):
        return strategy
    return {**strategy, "parameters": {name: _text(value) for name, value in given.items()}}


def _text(value: object) -> object:
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return str(value) if is_number else value


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location)


def _unknown(table: Mapping[str, object], kind: type, path: str) -> Iterator[str]:
    """One message for each unknown key, because pydantic ignores unknown keys of a plain dataclass."""
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    for key, value in table.items():
        if key in names:
            for name, item, of in _tables(key, value, hints[key]):
                yield from _unknown(item, of, f"{path}.{name}")
        else:
            owner = f" (id {found})" if kind is StrategySettings and (found := _instance(table)) else ""
            yield f"{path}.{key}{owner}: no such setting{meant(key, names) or _known(kind, names)}"


def _instance(table: Mapping[str, object]) -> object:
    """The id by which `StrategySettings.instance` would name the table; None where it has none."""
    return next((table[key] for key in ("id", "name", "strategy") if table.get(key)), None)


def _known(kind: type, names: Sequence[str]) -> str:
    beside = "; a parameter of the strategy is written as parameters = { fast = 10 }"
    return f"; there are: {', '.join(names)}{beside if kind is StrategySettings else ''}"


def _tables(name: str, value: object, hint: object) -> Iterator[tuple[str, Tree, type]]:
    """The tables of settings in a value: the value itself, or each item of a list. pydantic reports a wrong type."""
    if isinstance(hint, UnionType):
        hint = next(one for one in get_args(hint) if one is not NoneType)
    if isinstance(hint, type) and is_dataclass(hint) and is_table(value):
        yield name, value, hint
    elif get_origin(hint) is tuple and isinstance(value, Sequence):
        for number, item in enumerate(cast("Sequence[object]", value)):
            yield from _tables(f"{name}.{number}", item, get_args(hint)[0])


def instances_of(settings: Settings) -> Sequence[Instance]:
    """The configured instances of strategies, in their order.

    Raises InvalidSettings where `domain.settings.check` refuses the settings (a repeated id, an invalid interval, a
    misspelled instrument), and where `strategy_of` does.
    """
    check(settings)
    return tuple(instance_of(one, settings.filters_of(one.instance)) for one in settings.strategies)


def instance_of(settings: StrategySettings, filters: FilterSettings = NO_FILTERS) -> Instance:
    """One instance of the configured strategy with these filters. Raises what `strategy_of` raises."""
    return Instance(
        id=settings.instance,
        strategy=strategy_of(settings),
        instruments=settings.instruments,
        interval=interval_of(settings.interval),
        filters=filters,
    )


def strategy_of(settings: StrategySettings) -> Strategy:
    """The configured strategy: built in, or found through the entry-point group `whence.strategies`.

    Raises InvalidSettings where the name is unknown or the strategy refuses its parameters.
    """
    builtin = BUILTIN.get(settings.kind)
    return builtin(settings.parameters) if builtin else _plugged(settings)


def _plugged(settings: StrategySettings) -> Strategy:
    name, found = settings.kind, entry_points(group=GROUP)
    if name not in found.names:
        known = ", ".join(sorted({*BUILTIN, *found.names}))
        near = meant(name, [*found.names, *BUILTIN])
        raise InvalidSettings(f"trading.strategies: no strategy is called {name!r}{near}; there are: {known}")
    try:
        factory: StrategyFactory = found[name].load()
        return factory(settings.parameters)
    except WhenceError:
        raise
    except Exception as fault:  # code of other packages may raise any error
        raise InvalidSettings(
            f"trading.strategies: {name!r} ({found[name].value}) cannot be created: {type(fault).__name__}: {fault}"
        ) from fault
