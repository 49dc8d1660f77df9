"""`whence settings`: every setting that a new log would get, and its commands for the settings of a log."""

from __future__ import annotations

from typing import Annotated

import typer

from domain.errors import InvalidInput
from infra.cli.options import ConfigOption, JsonOption
from infra.cli.settings_versions import apply, history, pending, reject, rollback

settings_app = typer.Typer(
    name="settings", invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
settings_app.command()(pending)
settings_app.command()(apply)
settings_app.command()(reject)
settings_app.command()(rollback)
settings_app.command()(history)


@settings_app.callback()
def settings(
    context: typer.Context,
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
    if context.invoked_subcommand is not None:
        if defaults or diff or schema or as_json or config is not None:
            raise InvalidInput(f"write the options after {context.invoked_subcommand}")
        return
    if defaults + diff + schema > 1:
        raise InvalidInput("--defaults, --diff and --schema are three different outputs: give one of them")
    from infra.cli.settings_list import Listing

    if schema:
        Listing.of_defaults().print_schema()
        return
    listing = Listing.of_defaults() if defaults else Listing.in_force(config)
    listing.show(only_changed=diff, as_json=as_json)
