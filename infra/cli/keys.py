"""`whence keys`: the keys with which this installation signs events and requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from infra.cli.options import ConfigOption

if TYPE_CHECKING:
    from adapters.marks.key_folder import KeyFolder

keys_app = typer.Typer(
    name="keys", no_args_is_help=True, help="Lists the keys of this installation, and makes new ones."
)


@keys_app.command(name="list")
def list_(config: ConfigOption = None) -> None:
    """Lists the ids of the keys, the oldest first; the last one signs. No secret is printed."""
    folder = _folder(config=config)
    keys = folder.read()
    for key in keys:
        typer.echo(key.hex())
    typer.echo(
        f"in {folder.path}"
        if keys
        else f"no key is in {folder.path}; the first engine that opens a new log makes one",
        err=True,
    )


@keys_app.command()
def new(config: ConfigOption = None) -> None:
    """Makes a new key, which signs from the next start on. The other keys remain, because earlier events need them."""
    folder = _folder(config=config)
    typer.echo([*folder.renewed()][-1].hex())
    typer.echo(f"in {folder.path}: copy its file to every machine that reads or owns the logs", err=True)


def _folder(**given: object) -> KeyFolder:
    from infra.config import load
    from infra.logs import keys_of

    return keys_of(load(**given))
