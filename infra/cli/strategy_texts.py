"""What `whence strategies` prints about a strategy: its description and its parameters with their defaults."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from importlib.metadata import entry_points
from textwrap import fill
from typing import NamedTuple

import typer
from rich.markup import escape

from domain.settings import StrategySettings
from domain.strategies import Strategy
from domain.strategies.about import About
from domain.strategies.builtin import BUILTIN, about
from infra.cli.output import console_of
from infra.trading import GROUP, strategy_of

_SCORE = re.compile(r"[a-z_]+ {2,}\S")
"""A line of a docstring with a score and its formula."""


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
        meant = meanings_of(strategy)
        row: dict[str, object] = {
            "name": name,
            "description": _text(strategy),
            "parameters": parameters,
            "about_parameters": {key: one._asdict() for key, one in meant.items()},
            **({} if known is None else _known_json(known)),
        }
        typer.echo(json.dumps(row, indent=2, default=str))
        return
    console = console_of()
    console.print(f"[bold]{escape(name)}[/bold]: {escape(_text(strategy))}")
    for head, text in _paragraphs(known):
        console.print(f"\n[bold]{head}[/bold]: {escape(text)}")
    if known is not None and (scores := scores_of(known)):
        console.print("\n[bold]Scores[/bold] of an entry, each 0..1:")
        for key, formula in scores.items():
            console.print(_indented(f"{key} = {formula}", console.width), markup=False, soft_wrap=True)
    if parameters:
        console.print("\n[bold]Parameters[/bold] and their defaults:")
    described_parameters = meanings_of(strategy)
    for key, value in parameters.items():
        words = described_parameters[key].words if key in described_parameters else ""
        console.print(_indented(f"{key} = {value}{words}", console.width), markup=False, soft_wrap=True)
    for line in _tables(known):
        console.print(line, markup=False)
    console.print("\nIn whence.toml:")
    console.print(_example(name, parameters), markup=False)


def _indented(line: str, width: int) -> str:
    """The line in as many lines as it needs, each beginning further right than the paragraphs."""
    return fill(
        line,
        width,
        initial_indent="  ",
        subsequent_indent="      ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _paragraphs(known: About | None) -> Sequence[tuple[str, str]]:
    if known is None:
        return ()
    found = (
        ("Formula", known.formula),
        ("Confidence", known.confidence),
        ("Trend", "" if known.trend is None else text_of(known.trend)),
        ("Source", known.source),
        ("When it loses", known.loses),
    )
    return [(name, text) for name, text in found if text]


def _known_json(known: About) -> Mapping[str, object]:
    return {
        "formula": known.formula,
        "source": known.source,
        "loses": known.loses,
        "alpha": known.alpha,
        "own": known.own,
        "presets": known.presets,
        "scores": scores_of(known),
        "confidence": known.confidence or None,
        "trend": None if known.trend is None else text_of(known.trend),
    }


def text_of(computed: object) -> str:
    """The docstring of what computes a figure, in one paragraph."""
    return " ".join((inspect.getdoc(computed) or "").split())


def scores_of(known: About) -> Mapping[str, str]:
    """The formula of each score by its name, from the docstring of the class of the scores; none without scores."""
    text = "" if known.scores is None else inspect.getdoc(known.scores) or ""
    lines = [line.split(None, 1) for line in text.splitlines() if _SCORE.match(line)]
    return {line[0]: line[1] for line in lines}


class Meaning(NamedTuple):
    """What a parameter is, and what it must be; empty where the strategy does not state it."""

    meaning: str
    must_be: str

    @property
    def words(self) -> str:
        """Both, behind the default."""
        return f"  ({'; '.join(filter(None, self))})"


def meanings_of(strategy: Strategy) -> Mapping[str, Meaning]:
    """What each parameter is and must be, from `meanings` and `rules` of the class of the parameters."""
    found = getattr(strategy, "parameters", None)
    meanings: Mapping[str, str] = getattr(found, "meanings", {})
    rules: Callable[[], Iterable[tuple[str, str, bool]]] = getattr(found, "rules", tuple)
    ranges: dict[str, str] = {}
    for name, rule, _holds in rules():
        ranges[name] = f"{ranges[name]}, {rule}" if name in ranges else rule
    names = (name for name in parameters_of(strategy) if name in meanings or name in ranges)
    return {name: Meaning(meanings.get(name, ""), ranges.get(name, "")) for name in names}


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
    if known.own:
        yield "\nRecommended settings of its instance:"
        yield from (f"  {key} = {value}" for key, value in known.own.items())


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
