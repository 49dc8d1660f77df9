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


def _print(rows: Sequence[Mapping[str, object]]) -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from infra.cli.output import console_of

    heads = [_HEADS.get(name, name.replace("_", " ")) for name in rows[0]]
    table = Table(*heads, box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    for row in rows:
        table.add_row(*(escape(_CELLS.get(type(value), str)(value)) for value in row.values()))
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
