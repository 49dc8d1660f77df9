"""The list of all settings: for people, as JSON for programs, and as a JSON schema for editors."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, cast

import typer
from pydantic import BaseModel, TypeAdapter
from rich.markup import escape
from rich.padding import Padding

from domain.adjusting import names
from domain.quotes import QUOTES
from domain.settings import Settings, StrategySettings
from infra.cli.output import console_of
from infra.config import WhenceSettings, load, shown
from infra.layer import is_table
from infra.settings_catalogue import Setting, alerts, backup, book_view, models, signals, telegram, trading
from infra.trading import LIVE, named_in, trading_settings
from projections.sentences import plain

_OWN: Mapping[str, str] = {
    "log": "",
    "store": "",
    "account": "1 to 30 of a to z, 0 to 9",
    "starting_balance": "above 0",
    "leverage": "from 1",
    "index": "",
    "keys": "",
    "tracing": "true, false",
    "inputs_at_rest": "true, false",
    "order_entry": "REST, WEBSOCKET",
    "book_kind": "auto, plain, fast",
    "book_source": "feed, topic",
    "inputs_days": "from 0 to 36500",
    "recordings_days": "from 0 to 36500",
    "recordings_gib": "from 0 to 1048576",
    "seal_personal": "true, false",
    "pulse": "",
    "reload": "true, false",
    "kafka": "",
    "registry": "",
    "instruments": "",
    "secrets": "",
    "routes": "",
}
"""The settings outside `[alerts]` and `[trading]`, with their ranges."""


_WIN_RATE = "trading.risk.minimum_win_rate"

DESCRIBED: Mapping[str, str] = {
    "store": "a file of the log's own name",
    "starting_balance": f"{plain(QUOTES['USDT'].stake)} in dollars, about as much in other currencies",
    "index": "the user's cache folder",
    "keys": "the folder keys of the user's data",
    "instruments": "whence-instruments.json, where it exists",
    _WIN_RATE: "0.45 live, 0 on a tape",
    **{
        f"trading.{name}": f"{value} live, {names(Settings())[name]} on a tape"
        for name, value in LIVE.items()
    },
}
"""What the default of a setting stands for, where its value does not show it."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Settings with their defaults beside them.

    `named` are settings that differ from their defaults even with an equal value, because the default depends on what
    is traded.
    """

    settings: Sequence[Setting]
    defaults: Mapping[str, object]
    named: frozenset[str] = frozenset()

    @classmethod
    def of_defaults(cls) -> Listing:
        """The defaults, whatever file and environment say."""
        found = _all(WhenceSettings(), Settings())
        return cls(found, {one.key: one.value for one in found})

    @classmethod
    def in_force(cls, config: Path | None) -> Listing:
        """The settings of file and environment. Raises InvalidSettings."""
        given = load(config=config)
        named = frozenset(f"trading.{name}" for name in named_in(given.trading))
        return cls(_all(given, trading_settings(given.trading)), cls.of_defaults().defaults, named)

    def show(self, *, only_changed: bool, as_json: bool) -> None:
        """Prints the settings, or only those that differ from their defaults."""
        chosen = [one for one in self.settings if not only_changed or self._is_changed(one)]
        if as_json:
            typer.echo(json.dumps([self._row(one) for one in chosen], indent=2))
        elif not chosen:
            typer.echo("every setting has its default", err=True)
        else:
            self._print(chosen)

    def print_schema(self) -> None:
        """Prints the JSON schema of the settings file, with meanings."""
        schema = WhenceSettings.model_json_schema()
        schema["description"] = "The settings of Whence: whence.toml"
        schema["properties"] |= {"trading": {"$ref": "#/$defs/Settings"}}
        del schema["properties"]["config"]
        parts = TypeAdapter(Settings).json_schema(ref_template="#/$defs/{model}")
        schema["$defs"] = {
            **schema.get("$defs", {}),
            **parts.pop("$defs", {}),
            "Settings": {**parts, "additionalProperties": False},
        }
        for one in self.settings:
            _property(schema, one.key).update(_described(one))
        typer.echo(json.dumps(schema, indent=2, default=str))

    def _is_changed(self, setting: Setting) -> bool:
        return setting.key in self.named or setting.value != self.defaults[setting.key]

    def _row(self, setting: Setting) -> Mapping[str, object]:
        return {
            "key": setting.key,
            "value": spelled(setting.value),
            "default": spelled(self.defaults[setting.key]),
            "range": setting.range,
            "meaning": setting.meaning,
            "variable": setting.variable,
        }

    def _print(self, chosen: Sequence[Setting]) -> None:
        console = console_of()
        for one in chosen:
            default = self._default(one)
            console.print(f"[bold]{one.key}[/bold] = {escape(spelled(one.value))}{escape(default)}")
            bounds = f" Range: {one.range}." if one.range else ""
            console.print(Padding(f"{escape(one.meaning)}.{escape(bounds)}", (0, 0, 0, 4), expand=False))
            console.print(Padding(f"[dim]{one.variable}[/dim]", (0, 0, 0, 4), expand=False))

    def _default(self, setting: Setting) -> str:
        """The default behind a value that differs from it, or that does not show what it stands for."""
        described = DESCRIBED.get(setting.key)
        if self._is_changed(setting):
            return f" (default {described or spelled(self.defaults[setting.key])})"
        return f" (that is {described})" if described else ""


def _property(schema: dict[str, Any], key: str) -> dict[str, Any]:
    """The property of a dotted key, in the definition of its table."""
    *tables, name = key.split(".")
    place = schema
    for table in tables:
        place = schema["$defs"][place["properties"][table]["$ref"].rpartition("/")[2]]
    found: dict[str, Any] = place["properties"][name]
    return found


def _described(setting: Setting) -> Mapping[str, object]:
    """The meaning, and the range of a number; JSON's numbers may lose digits, so a range is for editors only."""
    low, _, high = setting.range.partition(" to ")
    bounds = (
        {"minimum": float(low), "maximum": float(high)} if setting.key.startswith("trading.") and high else {}
    )
    return {"description": setting.meaning, **bounds}


def _all(given: WhenceSettings, parts: Settings) -> Sequence[Setting]:
    own = [Setting(name, getattr(given, name), bounds) for name, bounds in _OWN.items()]
    return [
        *own,
        *alerts(given.alerts),
        *backup(given.backup),
        *book_view(given.book_view),
        *signals(given.signals),
        *telegram(given.telegram),
        *models(given.models),
        *trading(parts),
    ]


def spelled(value: object) -> str:
    """The value as in `whence.toml`, without credentials; empty values are `""`."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Enum):
        return f'"{value.value}"'
    if isinstance(value, StrategySettings):
        return _strategy(value)
    if isinstance(value, BaseModel):
        return spelled({name: getattr(value, name) for name in value.model_fields_set})
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(spelled, cast('Sequence[object]', value)))}]"
    if is_table(value):
        return "{" + ", ".join(f"{name} = {spelled(one)}" for name, one in value.items()) + "}"
    if isinstance(value, int | float | Decimal):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    return f'"{shown(str(value))}"' if value not in (None, "") else '""'


def _strategy(strategy: StrategySettings) -> str:
    given = {
        "name": strategy.name,
        "id": strategy.id,
        "strategy": strategy.strategy,
        "instruments": strategy.instruments,
        "interval": strategy.interval,
        "parameters": strategy.parameters,
    }
    return spelled({name: value for name, value in given.items() if value} | dict(strategy.own_limits))
