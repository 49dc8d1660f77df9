"""`whence strategies`: lists and describes strategies, and writes a package for a new one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infra.cli.completing import strategies as named
from infra.cli.options import JsonOption

strategies_app = typer.Typer(
    name="strategies", no_args_is_help=True, help="Lists and describes strategies, and begins new ones."
)


@strategies_app.command(name="list")
def list_(as_json: JsonOption = False) -> None:
    """Lists the strategies that are built in or installed."""
    from infra.cli.rows import show
    from infra.cli.strategy_texts import listed

    show(listed(), as_json=as_json)


@strategies_app.command()
def describe(
    name: Annotated[str, typer.Argument(metavar="NAME", autocompletion=named, help="A strategy, as listed.")],
    as_json: JsonOption = False,
) -> None:
    """Prints what a strategy does, and its parameters with their defaults."""
    from infra.cli.strategy_texts import described

    described(name, as_json=as_json)


@strategies_app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Lower-case letters, digits and dashes.")],
    folder: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="The new folder; default: NAME here.")
    ] = None,
) -> None:
    """Writes a package with a strategy, its test and its entry point, to be changed and installed with pip."""
    from infra.cli.strategy_package import written

    place = written(name, folder or Path(name))
    typer.echo(
        f"{place} holds the strategy {name} and its test. Next:\n"
        f"  pip install --no-build-isolation -e {place}\n"
        f"  python -m unittest discover {place}\n"
        f"  whence strategies describe {name}"
    )
