"""`whence projections parked`: sequences with events that could not be projected."""

from __future__ import annotations

from typing import Annotated

import typer

from domain.errors import InvalidInput
from infra.cli.options import ConfigOption, JsonOption, LogOption, StoreOption

parked_app = typer.Typer(
    name="parked", invoke_without_command=True, help="Lists, shows, retries and discards parked sequences."
)

SequenceArgument = Annotated[
    str, typer.Argument(metavar="SEQUENCE", help="A stream or an account, as listed.")
]
NameOption = Annotated[
    str | None, typer.Option("--projection", metavar="NAME", help="Only parked events of this read model.")
]


@parked_app.callback()
def list_(
    context: typer.Context,
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lists every parked sequence."""
    if context.invoked_subcommand is not None:
        return
    from infra.cli.opened_store import opened
    from infra.cli.parked_events import listed

    with opened(log=log, store=store, config=config) as place:
        listed(place, as_json=as_json)


@parked_app.command()
def show(
    sequence: SequenceArgument,
    projection: NameOption = None,
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Shows the parked events of a sequence, as they are in the log, and their errors."""
    from infra.cli.opened_store import opened
    from infra.cli.parked_events import shown

    with opened(log=log, store=store, config=config) as place:
        shown(place, sequence, projection, as_json=as_json)


@parked_app.command()
def retry(
    sequence: Annotated[
        str | None, typer.Argument(metavar="SEQUENCE", help="A stream or an account, as listed; or --all.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="All parked sequences.")] = False,
    projection: NameOption = None,
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Projects parked sequences, each as a whole and in order. A sequence that fails again stays parked."""
    if (sequence is None) != all_:
        raise InvalidInput("name the sequence to retry, or give --all")
    from infra.cli.opened_store import opened
    from infra.cli.parked_events import retried

    with opened(log=log, store=store, config=config) as place:
        whole = retried(place, sequence, projection, as_json=as_json)
    if not whole:
        raise typer.Exit(1)


@parked_app.command()
def discard(
    sequence: SequenceArgument,
    reason: Annotated[str, typer.Option(help="Why the events may be left out; it is recorded.")],
    projection: NameOption = None,
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Discards the parked events of a sequence; its later events are projected again."""
    from infra.cli.opened_store import opened
    from infra.cli.parked_events import discarded

    with opened(log=log, store=store, config=config) as place:
        discarded(place, sequence, projection, reason, as_json=as_json)
