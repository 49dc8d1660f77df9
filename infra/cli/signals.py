"""`whence signals`: the sources that may raise signals at `POST /signals`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from infra.cli.options import ConfigOption, JsonOption

if TYPE_CHECKING:
    from adapters.signals.settings import SourceSettings
    from infra.signals import SecretState

_SHOWN = ("name", "access", "key", "rate", "instruments", "addresses")
"""The columns for people; JSON has the actor, the place of the secret and the defaults, too."""

signals_app = typer.Typer(name="signals", no_args_is_help=True, help="Lists the sources of outside signals.")


@signals_app.callback()
def _signals() -> None:
    """Keeps `sources` a command of its own, although it is the only one."""


@signals_app.command()
def sources(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Lists the sources of the settings, and where the secret of each is: the secrets are not printed."""
    from infra.config import load
    from infra.signals import secret_states

    settings = load(config=config)
    states = secret_states(settings)
    found = [_row(one, states[one.name]) for one in settings.signals.sources]
    for state in states.values():
        if state.fault:
            typer.echo(state.fault, err=True)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    elif not found:
        typer.echo("the settings have no [[signals.sources]]", err=True)
    else:
        _print(found)


def _print(rows: list[Mapping[str, Any]]) -> None:
    from rich import box
    from rich.table import Table

    from infra.cli.output import console_of

    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    for name in _SHOWN:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row[name]) + (_mark(row) if name == "access" else "") for name in _SHOWN))
    console_of().print(table)


def _row(source: SourceSettings, state: SecretState) -> Mapping[str, Any]:
    defaults = source.defaults.model_dump(mode="json", exclude_none=True)
    return {
        "name": source.name,
        "actor": source.actor,
        "access": source.access.value,
        "secret": state.place.value,
        "is_usable": not state.fault,
        "key": source.key.value,
        "rate": source.rate,
        "instruments": list(source.instruments),
        "addresses": [str(one) for one in source.addresses],
        "defaults": defaults,
    }


def _mark(row: Mapping[str, Any]) -> str:
    """A second line below the access of a source that cannot identify itself."""
    if row["is_usable"]:
        return ""
    return "\nno secret" if row["secret"] == "missing" else "\nbad secret"  # noqa: S105  # where it is


def _cell(value: str | list[str]) -> str:
    return (", ".join(value) or "all") if isinstance(value, list) else value
