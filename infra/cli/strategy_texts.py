"""What `whence strategies` prints about a strategy: its description and its parameters with their defaults."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from importlib.metadata import entry_points

import typer
from rich.markup import escape

from domain.settings import StrategySettings
from domain.strategies import Strategy
from domain.strategies.builtin import BUILTIN
from infra.cli.output import console_of
from infra.trading import GROUP, strategy_of


def listed() -> Sequence[Mapping[str, object]]:
    """A row for each strategy: its name, where it comes from, and what it does in one sentence."""
    installed = {one.name: one.value for one in entry_points(group=GROUP) if one.name not in BUILTIN}
    rows = [*((name, "built in") for name in BUILTIN), *installed.items()]
    return [{"name": name, "from": place, "does": _first_line(_made(name))} for name, place in sorted(rows)]


def described(name: str, *, as_json: bool) -> None:
    """Prints a strategy's description and parameters. Raises InvalidSettings for an unknown strategy."""
    strategy = _made(name)
    parameters = _parameters(strategy)
    if as_json:
        row = {"name": name, "description": _text(strategy), "parameters": parameters}
        typer.echo(json.dumps(row, indent=2, default=str))
        return
    console = console_of()
    console.print(f"[bold]{escape(name)}[/bold]: {escape(_text(strategy))}")
    if parameters:
        console.print("\nParameters and their defaults:")
    for key, value in parameters.items():
        console.print(f"  {escape(key)} = {escape(str(value))}")
    console.print("\nIn whence.toml:")
    console.print(_example(name, parameters), markup=False)


def _example(name: str, parameters: Mapping[str, object]) -> str:
    lines = ["[[trading.strategies]]", f'id = "{name}-2"', f'strategy = "{name}"']
    if parameters:
        key, value = next(iter(parameters.items()))
        lines.append(f"parameters = {{ {key} = {value} }}")
    return "\n".join(f"  {line}" for line in lines)


def _made(name: str) -> Strategy:
    return strategy_of(StrategySettings(name))


def _text(strategy: Strategy) -> str:
    return " ".join((inspect.getdoc(type(strategy)) or "").split())


def _first_line(strategy: Strategy) -> str:
    return (inspect.getdoc(type(strategy)) or "").partition("\n")[0]


def _parameters(strategy: Strategy) -> Mapping[str, object]:
    """The fields of the strategy's attribute `parameters`, where that is a dataclass; else none."""
    found = getattr(strategy, "parameters", None)
    if not is_dataclass(found):
        return {}
    return {field.name: getattr(found, field.name) for field in fields(found)}
