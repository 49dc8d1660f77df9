"""`whence dead-letters`: what came from outside and could not be understood."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from adapters.dead_letters.state import LetterSource, LetterState
from domain.errors import InvalidInput
from infra.cli.options import ConfigOption, JsonOption, LogOption, whole

dead_letters_app = typer.Typer(
    name="dead-letters", no_args_is_help=True, help="Lists, shows, retries and discards dead letters."
)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="A letter's id, as listed.")]
IdsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of letters, as listed.")
]
SourceOption = Annotated[
    LetterSource | None, typer.Option("--source", case_sensitive=False, help="Only letters of this source.")
]
ByOption = Annotated[str | None, typer.Option(help="Your name, which is recorded; default: your login.")]


@dead_letters_app.command(name="list")
def list_(
    source: SourceOption = None,
    state: Annotated[
        LetterState | None,
        typer.Option("--state", case_sensitive=False, help="Only letters in this state; default: open ones."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Discarded and resolved ones, too.")] = False,
    most: Annotated[
        int, typer.Option("--most", metavar="N", parser=whole(1, 10_000), help="How many are listed.")
    ] = 100,
    log: LogOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lists the letters that nobody has dealt with, the latest first."""
    from infra.cli.dead_letter_rows import listed

    if every and state is not None:
        raise InvalidInput("give --state or --all, not both")
    listed(source, state, every=every, most=most, as_json=as_json, log=log, config=config)


@dead_letters_app.command()
def show(
    letter: IdArgument,
    log: LogOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Shows a letter with its changes and its original; what no terminal should be sent is spelled."""
    from infra.cli.dead_letter_rows import shown

    shown(letter, as_json=as_json, log=log, config=config)


@dead_letters_app.command()
def retry(
    letters: IdsArgument = None,
    every: Annotated[bool, typer.Option("--all", help="All that can be retried.")] = False,
    source: SourceOption = None,
    by: ByOption = None,
    log: LogOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tries to understand letters with today's program and keys. After 3 retries in vain a letter is PERMANENT."""
    if bool(letters) == every:
        raise InvalidInput("name the letters by their ids (`whence dead-letters list`), or give --all")
    from infra.cli.dead_letter_rows import retried

    name = by or getpass.getuser()
    if not retried(letters or (), source, name, as_json=as_json, log=log, config=config):
        raise typer.Exit(1)


@dead_letters_app.command()
def discard(
    letters: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of letters, as listed.")],
    reason: Annotated[str, typer.Option(help="Why nothing is to be done; it is recorded.")],
    by: ByOption = None,
    log: LogOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Discards letters for a reason. Their originals are kept."""
    from infra.cli.dead_letter_rows import discarded

    discarded(letters, reason, by or getpass.getuser(), as_json=as_json, log=log, config=config)
