"""`whence projections`: the read models, their builds, and parked events."""

from __future__ import annotations

from typing import Annotated

import typer

from infra.cli.options import ConfigOption, JsonOption, LogOption, StoreOption, whole
from infra.cli.parked import parked_app

projections_app = typer.Typer(
    name="projections",
    no_args_is_help=True,
    help="Builds the read models, shows their progress and handles parked events.",
)
projections_app.add_typer(parked_app, name="parked")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A read model, as listed.")]
NamesArgument = Annotated[str, typer.Argument(metavar="NAME|all", help="A read model, or all.")]
_PAST = "the history (for `asOf` queries) instead of the current tables."


@projections_app.command(name="list")
def list_(
    log: LogOption = None, store: StoreOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Shows every build of every read model, without reading the log."""
    from infra.cli.builds import listed
    from infra.cli.opened_store import opened

    with opened(log=log, store=store, config=config) as place:
        listed(place, as_json=as_json)


@projections_app.command()
def status(
    log: LogOption = None, store: StoreOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Shows the progress, lag and parked events of each build in each of its partitions."""
    from infra.cli.builds import progress
    from infra.cli.opened_store import opened

    with opened(log=log, store=store, config=config) as place:
        progress(place, as_json=as_json)


@projections_app.command()
def run(
    log: LogOption = None,
    store: StoreOption = None,
    group: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Share the topic's partitions with all processes of this Kafka consumer group.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            parser=whole(1),
            metavar="N",
            help="Catch up with a long log in N processes; default: one for each core. PostgreSQL only.",
        ),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Keeps the store up to date with the log until it is stopped (Ctrl-C)."""
    from infra.cli.keeping import keep
    from infra.cli.opened_store import opened

    with opened(log=log, store=store, config=config) as place:
        keep(place, group, workers)


@projections_app.command()
def rebuild(
    name: NamesArgument,
    switch: Annotated[
        bool, typer.Option("--switch", help="Switch to the new build once it has caught up.")
    ] = False,
    build: Annotated[
        int | None,
        typer.Option(parser=whole(), metavar="N", help="Continue build N instead of a new one."),
    ] = None,
    history: Annotated[bool, typer.Option("--history", help=f"Rebuild {_PAST}")] = False,
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Builds read models from zero beside the live builds, which serve queries meanwhile."""
    from infra.cli.builds import rebuilt
    from infra.cli.opened_store import opened

    with opened(log=log, store=store, config=config) as place:
        rebuilt(place, name, build, history=history, switch=switch, as_json=as_json)
    if not switch and not as_json:
        typer.echo(
            f"The live builds still serve queries; `whence projections switch {name}` changes that.", err=True
        )


@projections_app.command()
def switch(
    name: NamesArgument,
    build: Annotated[
        int | None,
        typer.Option(
            parser=whole(),
            metavar="N",
            help="Number of the build; default: the newest that is not live.",
        ),
    ] = None,
    history: Annotated[bool, typer.Option("--history", help=f"Switch {_PAST}")] = False,
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
) -> None:
    """Makes another build live once it has caught up. The previous build is kept, and can be switched back to."""
    from infra.cli.builds import switched
    from infra.cli.opened_store import opened

    with opened(log=log, store=store, config=config) as place:
        switched(place, name, build, history=history)


@projections_app.command()
def drop(
    name: NameArgument,
    build: Annotated[
        int,
        typer.Option(parser=whole(), metavar="N", help="Number of the build; not of the live one."),
    ],
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
) -> None:
    """Removes a build that is not live, with its tables, once its last query has ended."""
    from infra.cli.builds import dropped
    from infra.cli.opened_store import opened

    with opened(log=log, store=store, config=config) as place:
        dropped(place, name, build)


@projections_app.command()
def adopt(log: LogOption = None, store: StoreOption = None, config: ConfigOption = None) -> None:
    """Binds the store to this log after the log was moved or restored, so that its read models are used again."""
    from infra.cli.builds import adopted
    from infra.cli.opened_store import opened

    with opened(log=log, store=store, config=config) as place:
        adopted(place)


@projections_app.command()
def digest(
    name: NamesArgument = "all",
    build: Annotated[
        int | None,
        typer.Option(parser=whole(), metavar="N", help="Number of the build; default: the live one."),
    ] = None,
    log: LogOption = None,
    store: StoreOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prints a digest of the rows of read models, which is the same for every build of the same log."""
    from infra.cli.builds import digested
    from infra.cli.opened_store import opened

    with opened(log=log, store=store, config=config) as place:
        digested(place, name, build, as_json=as_json)
