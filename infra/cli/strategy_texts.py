"""What `whence strategies` prints about a strategy: its description and its parameters with their defaults."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from importlib.metadata import entry_points

import typer
from rich.markup import escape

from domain.settings import StrategySettings
from domain.strategies import Strategy
from domain.strategies.about import About
from domain.strategies.builtin import BUILTIN, about
from infra.cli.output import console_of
from infra.trading import GROUP, strategy_of


def listed() -> Sequence[Mapping[str, object]]:
    """A row for each strategy: its name, where it comes from, and what it does in one sentence."""
    installed = {one.name: one.value for one in entry_points(group=GROUP) if one.name not in BUILTIN}
    rows = [*((name, "built in") for name in BUILTIN), *installed.items()]
    return [{"name": name, "from": place, "does": _first_line(_made(name))} for name, place in sorted(rows)]


def described(name: str, *, as_json: bool) -> None:
    """Prints a strategy's rule, formula, source, parameters and presets. Raises InvalidSettings for an unknown one."""
    strategy = _made(name)
    parameters, known = parameters_of(strategy), about(name)
    if as_json:
        row = {"name": name, "description": _text(strategy), "parameters": parameters}
        typer.echo(json.dumps(row | (asdict(known) if known else {}), indent=2, default=str))
        return
    console = console_of()
    console.print(f"[bold]{escape(name)}[/bold]: {escape(_text(strategy))}")
    for head, text in _paragraphs(known):
        console.print(f"\n[bold]{head}[/bold]: {escape(text)}")
    if parameters:
        console.print("\nParameters and their defaults:")
    for key, value in parameters.items():
        console.print(f"  {escape(key)} = {escape(str(value))}")
    for line in _tables(known):
        console.print(line, markup=False)
    console.print("\nIn whence.toml:")
    console.print(_example(name, parameters), markup=False)


def _paragraphs(known: About | None) -> Sequence[tuple[str, str]]:
    if known is None:
        return ()
    found = (
        ("Formula", known.formula),
        ("Confidence", known.confidence),
        ("Source", known.source),
        ("When it loses", known.loses),
    )
    return [(name, text) for name, text in found if text]


def _tables(known: About | None) -> Iterator[str]:
    """The presets, and the limits in the settings that the strategy's signals need."""
    if known is None:
        return
    for name, given in known.presets.items():
        yield f'\nPreset "{name}", as parameters = {{ preset = "{name}" }}:'
        yield from (f"  {key} = {value}" for key, value in given.items())
    if known.alpha:
        yield "\nRecommended limits of the Alpha committee:"
        yield from (f"  {key} = {value}" for key, value in known.alpha.items())


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


def parameters_of(strategy: Strategy) -> Mapping[str, object]:
    """The fields of the strategy's attribute `parameters`, where that is a dataclass; else none."""
    found = getattr(strategy, "parameters", None)
    if not is_dataclass(found):
        return {}
    return {field.name: getattr(found, field.name) for field in fields(found)}
