"""The report of the look-ahead and recursion checks of `whence backtest --check-lookahead`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isinf

import typer
from rich.console import Console
from rich.table import Table

from adapters.avro import iso
from infra.cli.output import console_of
from infra.run.lookahead import Findings
from infra.run.recursion import LENGTHS, Dependence

_NEGLIGIBLE = 0.001
"""A difference of a figure below this fraction changes few signals."""


@dataclass(frozen=True, slots=True)
class LookaheadReport:
    """What both checks found on `source`."""

    source: str
    findings: Findings
    dependences: Sequence[Dependence]

    def print(self, *, as_json: bool) -> None:
        """Prints the report."""
        if as_json:
            typer.echo(json.dumps(self.as_json(), indent=2))
        else:
            self._show(console_of())

    def as_json(self) -> Mapping[str, object]:
        """The report for programs: times in ISO 8601, differences as fractions, null where no figure was there."""
        found = self.findings
        return {
            "source": self.source,
            "signals": found.signals,
            "cuts": [iso(one) for one in found.cuts],
            "looks_ahead": any(map(found.looks_ahead, found.differences)),
            "not_repeatable": list(found.unrepeatable),
            "differences": [
                {**one._asdict(), "cut": None if one.cut is None else iso(one.cut), "at": iso(one.at)}
                for one in found.differences
            ],
            "rules": found.rules,
            "recursion": [
                {
                    "strategy": one.strategy,
                    "instrument": one.instrument,
                    "figure": one.figure,
                    "samples": one.samples,
                    "differences": {
                        str(length): None if isinf(difference) else difference
                        for length, difference in one.differences.items()
                    },
                }
                for one in self.dependences
            ],
        }

    def _show(self, console: Console) -> None:
        for line in self._sentences():
            console.print(line, markup=False, soft_wrap=not console.is_terminal)
        for (strategy, instrument), rows in _by_strategy(self.dependences).items():
            console.print()
            console.print(
                f"{strategy} on {instrument}: largest difference at {rows[0].samples} signals where only so many "
                "candles were read before",
                style="bold",
                markup=False,
                soft_wrap=not console.is_terminal,
            )
            console.print(_table(rows))
            console.print(_enough(rows), style="dim")
        if not self.dependences:
            console.print("No signal has enough candles before it to show what a later start would change.")

    def _sentences(self) -> Iterator[str]:
        found = self.findings
        yield (
            f"{self.source}: {found.signals:,} signals on the whole tape, compared with those of {len(found.cuts)} "
            "shortened tapes"
        )
        for one in found.differences:
            beside = (
                "by its watcher" if one.cut is None else f"on the tape that ends {one.cut:%Y-%m-%d %H:%M} UTC"
            )
            what = "LOOKS AHEAD" if found.looks_ahead(one) else "DIFFERS"
            yield (
                f"{what}: {one.strategy} on {one.instrument} at {one.at:%Y-%m-%d %H:%M} UTC: {one.field} is "
                f"{one.whole} on the whole tape, and {one.shortened} {beside}"
            )
        for name in found.unrepeatable:
            yield (
                f"NOT REPEATABLE: {name} raises other signals where the same whole tape is traded again, so its "
                "differences prove no look-ahead: it is random, reads the clock, or keeps state between runs"
            )
        if not found.signals and not found.differences:
            yield (
                "There was no signal, so this check shows nothing: give more candles, or parameters with which the "
                "strategies signal."
            )
        elif not found.differences:
            yield "No signal differs: nothing looks ahead at these cuts."
        yield from found.rules


def _by_strategy(found: Sequence[Dependence]) -> Mapping[tuple[str, str], Sequence[Dependence]]:
    grouped: dict[tuple[str, str], list[Dependence]] = {}
    for one in found:
        grouped.setdefault((one.strategy, one.instrument), []).append(one)
    return grouped


def _table(rows: Sequence[Dependence]) -> Table:
    lengths = _lengths(rows)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("figure", overflow="fold")
    for length in lengths:
        table.add_column(f"{length:,}", justify="right")
    for one in rows:
        table.add_row(one.figure, *(_share(one.differences[length]) for length in lengths))
    return table


def _enough(rows: Sequence[Dependence]) -> str:
    """A sentence with the number of candles from which on no figure differs."""
    lengths = _lengths(rows)
    enough = next(
        (
            length
            for at, length in enumerate(lengths)
            if all(one.differences[later] < _NEGLIGIBLE for one in rows for later in lengths[at:])
        ),
        None,
    )
    if enough is None:
        return f"Some figure differs by more than {_NEGLIGIBLE:.1%} with each of these numbers of candles."
    return f"Every figure is within {_NEGLIGIBLE:.1%} from {enough:,} candles on."


def _lengths(rows: Sequence[Dependence]) -> Sequence[int]:
    return [one for one in LENGTHS if one in rows[0].differences]


def _share(difference: float) -> str:
    return "no signal" if isinf(difference) else f"{difference:.3%}"
