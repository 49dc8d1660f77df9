"""Rows as a table for people, or as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

import typer


def show(rows: Sequence[Mapping[str, object]], *, as_json: bool, nothing: str = "") -> None:
    """Prints rows with the same columns; for people, `nothing` where there are no rows."""
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    if not rows:
        typer.echo(nothing, err=True)
        return
    _print(rows)


def blocks(rows: Sequence[Mapping[str, object]], head: Sequence[str], rest: Sequence[str]) -> None:
    """Prints rows with long texts for people: the fields `head` on one line, each field of `rest` on lines of its own,
    indented and wrapped; empty fields are left out."""
    from rich.markup import escape
    from rich.padding import Padding

    from infra.cli.output import console_of

    console = console_of()
    for row in rows:
        first, *others = (f"{name.replace('_', ' ')} {_cell(row[name])}" for name in head)
        console.print(f"[bold]{escape(first)}[/bold] {escape(' '.join(others))}")
        for name in rest:
            if row[name]:
                console.print(
                    Padding(
                        escape(f"{name.replace('_', ' ')}: {_cell(row[name])}"), (0, 0, 0, 4), expand=False
                    )
                )


def _cell(value: object) -> str:
    return _CELLS.get(type(value), str)(value)


def _print(rows: Sequence[Mapping[str, object]]) -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from infra.cli.output import console_of

    heads = [_HEADS.get(name, name.replace("_", " ")) for name in rows[0]]
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    for head, value in zip(heads, rows[0].values(), strict=True):
        table.add_column(head, justify="right" if type(value) is int else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(_cell(value)) for value in row.values()))
    console_of().print(table)


_HEADS = {
    "partition": "part",
    "lag_events": "lag",
    "parked_events": "parked",
    "parked_sequences": "sequences",
    "of_this_program": "this program's",
}
"""Shorter column heads for people, so that a row fits on a line."""
_CELLS: Mapping[type, Callable[[object], str]] = {
    bool: lambda value: "yes" if value else "no",
    int: lambda value: f"{value:,}",
}
