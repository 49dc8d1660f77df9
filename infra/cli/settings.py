"""`whence settings`: every setting that a new log would get, with its range, meaning and environment variable."""

from __future__ import annotations

from typing import Annotated

import typer

from domain.errors import InvalidInput
from infra.cli.options import ConfigOption, JsonOption


def settings(
    defaults: Annotated[
        bool, typer.Option("--defaults", help="The defaults, without whence.toml and the environment.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Only settings that differ from the defaults.")
    ] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="A JSON schema of whence.toml, for editors.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prints every setting that a run on a new log would get, with its range, meaning and environment variable. Secrets
    are masked.

    An existing log keeps its own trading settings, leverage and balance: the query `accounts` of the API returns them.
    """
    if defaults + diff + schema > 1:
        raise InvalidInput("--defaults, --diff and --schema are three different outputs: give one of them")
    from infra.cli.settings_list import Listing

    if schema:
        Listing.of_defaults().print_schema()
        return
    listing = Listing.of_defaults() if defaults else Listing.in_force(config)
    listing.show(only_changed=diff, as_json=as_json)
