"""`whence projections`: the read models, their builds, and parked events."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from typing import Annotated

import typer

from domain.errors import InvalidInput, Refused
from infra.cli import INTERRUPTED
from infra.cli.advance import Advance
from infra.cli.opened_store import OpenedStore, opened
from infra.cli.options import ConfigOption, JsonOption, LogOption, StoreOption, whole
from infra.cli.parked import parked_app
from infra.cli.rows import show
from infra.cli.stopping import stoppable
from infra.logs import open_reader
from infra.run.group import Group
from infra.run.projecting import Projecting
from infra.run.rebuilding import catch_up, catch_up_and_switch, log_of, partition_of, partitions_of
from infra.tracing import tracing
from projections.belonging import adopt as adopt_builds
from projections.belonging import check_build
from projections.bookkeeping import BuildKind, BuildStatus
from projections.builds import Build, begin, builds
from projections.builds import drop as drop_build
from projections.catalogue import PROJECTIONS
from projections.digest import digest as digest_of
from projections.runner import log_id_of
from projections.standing import Standing, standings
from projections.store import reading, writing

projections_app = typer.Typer(
    name="projections",
    no_args_is_help=True,
    help="Builds the read models, shows their progress and handles parked events.",
)
projections_app.add_typer(parked_app, name="parked")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A read model, as listed.")]
NamesArgument = Annotated[str, typer.Argument(metavar="NAME|all", help="A read model, or all.")]
_PAST = "the history (for `asOf` queries) instead of the current tables."
_ALL = "all"
_LOOK_SECONDS = 0.5


@projections_app.command(name="list")
def list_(
    log: LogOption = None, store: StoreOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Shows every build of every read model, without reading the log."""
    with opened(log=log, store=store, config=config) as place, reading(place.engine) as connection:
        rows = [_row(build) for build in builds(connection)]
    show(rows, as_json=as_json, nothing="nothing is built yet: `whence projections run` begins")


def _row(build: Build) -> dict[str, object]:
    today = PROJECTIONS.get(build.projection)
    return {
        "projection": build.projection,
        "build": build.id,
        "kind": build.kind.value,
        "status": build.status.value,
        "version": build.fingerprint,
        "of_this_program": today is not None and today.fingerprint == build.fingerprint,
    }


@projections_app.command()
def status(
    log: LogOption = None, store: StoreOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Shows the progress, lag and parked events of each build in each of its partitions."""
    with opened(log=log, store=store, config=config) as place:
        rows = [
            one
            for partition in partitions_of(place.engine, place.settings)
            for one in _standings(place, partition)
        ]
    show(rows, as_json=as_json, nothing="nothing is built yet: `whence projections run` begins")


def _standings(place: OpenedStore, partition: int) -> Sequence[dict[str, object]]:
    """Raises InvalidInput where the store was made from another log."""
    with closing(open_reader(log_of(place.settings, partition))) as reader:
        head, log_id, storage = reader.head(), log_id_of(reader), reader.storage()
    with reading(place.engine) as connection:
        found = standings(connection, partition)
        for one in found if log_id else ():
            check_build(connection, one.build, partition, log_id, storage)
        return [_stands(one, head) for one in found]


def _stands(one: Standing, head: int) -> dict[str, object]:
    return {
        "projection": one.build.projection,
        "build": one.build.id,
        "kind": one.build.kind.value,
        "status": one.build.status.value,
        "partition": one.partition,
        "ordinal": one.ordinal,
        "head": head,
        "lag_events": max(head - one.ordinal, 0),
        "parked_events": one.parked_events,
        "parked_sequences": one.parked_sequences,
    }


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
    config: ConfigOption = None,
) -> None:
    """Keeps the store up to date with the log until it is stopped (Ctrl-C)."""
    with opened(log=log, store=store, config=config) as place, stoppable() as stopping:
        if group is not None:
            Group(place.engine, place.settings, group).run(stopping.requested)
            return
        partition = partition_of(place.settings)
        with (
            closing(open_reader(place.settings)) as reader,
            tracing(place.settings) as spans,
            Advance() as advance,
        ):
            projected = None if spans is None else spans.projected
            projecting = Projecting(place.engine, reader, partition=partition, projected=projected)
            projecting.start()
            try:
                while not stopping.requested() and projecting.failure is None:
                    advance.show(
                        {f"{one.projection}": (one.ordinal, one.head) for one in projecting.status()}
                    )
                    stopping.wait(_LOOK_SECONDS)
            finally:
                projecting.stop()
            if projecting.failure is not None:
                raise projecting.failure


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
    with opened(log=log, store=store, config=config) as place:
        chosen = _begun(place, name, BuildKind.HISTORY if history else BuildKind.TODAY, build)
        _caught_up(place, chosen, switch=switch)
        show(_digests(place, chosen), as_json=as_json)
    if not switch and not as_json:
        typer.echo(
            f"The live builds still serve queries; `whence projections switch {name}` changes that.", err=True
        )


def _begun(place: OpenedStore, name: str, kind: BuildKind, number: int | None) -> Sequence[Build]:
    names = _names(name)
    if number is not None:
        if name == _ALL:
            raise InvalidInput("--build is one build of one read model: name the read model instead of all")
        return [_target(place, name, number)]
    with writing(place.engine) as connection:
        answered = {one.projection for one in builds(connection) if _answers(one, kind)}
        return [begin(connection, PROJECTIONS[one], kind, _first_status(one in answered)) for one in names]


def _answers(build: Build, kind: BuildKind) -> bool:
    return build.status is BuildStatus.LIVE and build.kind is kind


def _first_status(answered: bool) -> BuildStatus:
    return BuildStatus.BUILDING if answered else BuildStatus.LIVE


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
    kind = BuildKind.HISTORY if history else BuildKind.TODAY
    with opened(log=log, store=store, config=config) as place:
        if build is not None and name == _ALL:
            raise InvalidInput("--build is one build of one read model: name the read model instead of all")
        chosen = [_target(place, one, build, kind) for one in _names(name)]
        _caught_up(place, chosen, switch=True)
    for one in chosen:
        typer.echo(f"{one.projection}: the live build is {one.id} now", err=True)


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
    with opened(log=log, store=store, config=config) as place:
        drop_build(place.engine, _build(place, name, build))
    typer.echo(f"build {build} of {name} is removed", err=True)


@projections_app.command()
def adopt(log: LogOption = None, store: StoreOption = None, config: ConfigOption = None) -> None:
    """Binds the store to this log after the log was moved or restored, so that its read models are used again."""
    with opened(log=log, store=store, config=config) as place:
        partition = partition_of(place.settings)
        with closing(open_reader(place.settings)) as reader:
            found = (log_id_of(reader), reader.storage(), reader.head())
        with writing(place.engine) as connection:
            count = adopt_builds(connection, partition, *found)
    typer.echo(f"{count} builds belong to the log in {found[1]} now", err=True)


@projections_app.command()
def digest(
    name: NamesArgument = _ALL,
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
    with opened(log=log, store=store, config=config) as place:
        chosen = [_of_today(_build(place, name, build))] if build is not None else _all_live(place, name)
        show(_digests(place, chosen), as_json=as_json)


def _digests(place: OpenedStore, chosen: Sequence[Build]) -> Sequence[dict[str, object]]:
    with reading(place.engine) as connection:
        return [
            {
                "projection": one.projection,
                "build": one.id,
                "digest": digest_of(connection, PROJECTIONS[one.projection], one),
            }
            for one in chosen
        ]


def _caught_up(place: OpenedStore, chosen: Sequence[Build], *, switch: bool) -> None:
    advancing = catch_up_and_switch if switch else catch_up
    with stoppable() as stopping, Advance() as advance:
        began = time.monotonic()
        whole = advancing(place.engine, place.settings, chosen, advance.report, stopping.requested)
    if not whole:
        again = " ".join(f"--build {one.id}" for one in chosen[:1])
        typer.echo(
            f"Stopped after {time.monotonic() - began:.0f} s; `rebuild NAME {again}` continues.", err=True
        )
        raise typer.Exit(INTERRUPTED)


def _names(name: str) -> Sequence[str]:
    if name != _ALL and name not in PROJECTIONS:
        raise InvalidInput(f"no read model is called {name!r}; there are: {', '.join(PROJECTIONS)}")
    return list(PROJECTIONS) if name == _ALL else [name]


def _on_record(place: OpenedStore, name: str) -> Sequence[Build]:
    with reading(place.engine) as connection:
        return [one for one in builds(connection) if one.projection == name]


def _build(place: OpenedStore, name: str, number: int) -> Build:
    own = _on_record(place, name)
    found = next((one for one in own if one.id == number), None)
    if found is None:
        there = ", ".join(str(one.id) for one in own) or "none"
        raise InvalidInput(f"{name} has no build {number}; its builds are: {there}")
    return found


def _of_today(build: Build) -> Build:
    today = PROJECTIONS.get(build.projection)
    if today is None or today.fingerprint != build.fingerprint:
        raise Refused(
            f"build {build.id} of {build.projection} was made by another version of the program: use that version"
        )
    return build


def _target(place: OpenedStore, name: str, number: int | None, kind: BuildKind = BuildKind.TODAY) -> Build:
    if number is not None:
        return _of_today(_build(place, name, number))
    today = PROJECTIONS[name].fingerprint
    fit = [one for one in _on_record(place, name) if one.kind is kind and one.fingerprint == today]
    waiting = [one for one in fit if one.status is not BuildStatus.LIVE]
    if not waiting:
        raise Refused(f"{name} has no build to switch to; `whence projections rebuild {name}` makes one")
    return waiting[-1]


def _all_live(place: OpenedStore, name: str) -> Sequence[Build]:
    return [_live(place, one) for one in _names(name)]


def _live(place: OpenedStore, name: str) -> Build:
    answering = [one for one in _on_record(place, name) if _answers(one, BuildKind.TODAY)]
    if not answering:
        raise Refused(f"{name} is not built in this store yet; `whence projections run` builds it")
    return _of_today(answering[0])
