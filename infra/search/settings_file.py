"""The settings that a search found, as a file for `--config`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, cast

import tomli_w

from domain.settings import Settings, StrategySettings
from domain.weights.settings import Weight
from infra.config import WhenceSettings
from infra.layer import is_table
from infra.run.backtest import Change

_CARRIED = ("account", "starting_balance", "leverage", "instruments")
"""The settings outside `[trading]` that a backtest depends on. Addresses and secrets are those of whoever trades."""


def settings_text(given: WhenceSettings, change: Change, settings: Settings, head: str) -> str:
    """The file: what the configuration states, with the change in its place, below the comment `head`.

    `settings` are those of the change. What nobody stated is left out: a default may depend on the market, and a live
    run has stricter ones than a tape.
    """
    table: dict[str, Any] = {
        name: _plain(value)
        for name in _CARRIED
        if name in given.model_fields_set and (value := getattr(given, name)) is not None
    }
    trading: dict[str, Any] = {name: _copied(value) for name, value in given.trading.items()}
    for name in change.values:
        *groups, own = name.split(".")
        place, held = trading, cast("Any", settings)
        for group in groups:
            place, held = place.setdefault(group, {}), getattr(held, group)
        value = getattr(held, own)
        if value is None:
            place.pop(own, None)
        else:
            place[own] = _plain(value)
    if change.strategies is not None:
        trading["strategies"] = [_strategy(one) for one in settings.strategies]
    comment = "".join(f"# {line}\n" for line in head.splitlines())
    return f"{comment}\n{tomli_w.dumps({**table, 'trading': trading})}"


def _strategy(one: StrategySettings) -> Mapping[str, Any]:
    found = {
        "name": one.name,
        "id": one.id,
        "strategy": one.strategy,
        "instruments": list(one.instruments),
        "interval": one.interval,
        "parameters": dict(one.parameters),
    }
    table: dict[str, Any] = {name: value for name, value in found.items() if value}
    for name, value in one.own_limits.items():
        group, dot, own = name.rpartition(".")
        (table.setdefault(group, {}) if dot else table)[own] = _plain(value)
    return table


def _copied(value: object) -> object:
    return {name: _copied(one) for name, one in value.items()} if is_table(value) else _plain(value)


def _plain(value: object) -> object:
    """A value as TOML has it.

    A whole decimal is a whole number: the writer would make 0 to 0.0, and the id of a log, by which slippage is drawn,
    depends on the digits.
    """
    if isinstance(value, Decimal) and value.as_tuple().exponent == 0:
        return int(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple):
        return [_plain(one) for one in cast("tuple[object, ...]", value)]
    if isinstance(value, Weight):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    return str(value) if isinstance(value, Path) else value
