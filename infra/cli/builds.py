"""What `whence projections` does with builds: lists, makes, switches, drops and digests them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing

import typer

from domain.errors import InvalidInput, Refused
from infra.cli import INTERRUPTED
from infra.cli.advance import Advance
from infra.cli.opened_store import OpenedStore
from infra.cli.rows import show
from infra.cli.stopping import stoppable
from infra.logs import open_reader
from infra.run.rebuilding import catch_up, catch_up_and_switch, log_of, partition_of, partitions_of
from projections.belonging import adopt as adopt_builds
from projections.belonging import check_build
from projections.bookkeeping import BuildKind, BuildStatus
from projections.builds import Build, begin, builds
from projections.builds import drop as drop_build
from projections.catalogue import PROJECTIONS
from projections.digest import digest as digest_of
from projections.history import INTERVAL
from projections.runner import log_id_of
from projections.standing import Standing, standings
from projections.store import reading, writing

_ALL = "all"
_NOTHING = "nothing is built yet: `whence projections run` begins"


def listed(place: OpenedStore, *, as_json: bool) -> None:
    """Prints every build in the store, without reading the log."""
    with reading(place.engine) as connection:
        rows = [_row(build) for build in builds(connection)]
    show(rows, as_json=as_json, nothing=_NOTHING)


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


def progress(place: OpenedStore, *, as_json: bool) -> None:
    """Prints the progress, lag and parked events of each build in each of its partitions."""
    partitions = partitions_of(place.engine, place.settings)
    rows = [one for partition in partitions for one in _standings(place, partition)]
    show(rows if as_json else list(map(_for_people, rows)), as_json=as_json, nothing=_NOTHING)
    for remark in () if as_json else _remarks(rows):
        typer.echo(remark, err=True)


def _remarks(rows: Sequence[Mapping[str, object]]) -> Iterator[str]:
    if any(row["kind"] == BuildKind.HISTORY.value for row in rows):
        yield (
            f"A history, for `asOf` queries, is stored at every {INTERVAL:,}th event; its lag is counted to the last "
            "of these."
        )
    yield from dict.fromkeys(_ahead(row) for row in rows if row["ahead_events"])


def _ahead(row: Mapping[str, object]) -> str:
    return (
        f"The store includes events up to ordinal {row['ordinal']}, and the log ends at {row['head']}: the log was "
        "restored from a backup, or its last events were removed. `whence projections run` builds the read models "
        "again."
    )


def _for_people(row: Mapping[str, object]) -> Mapping[str, object]:
    """The row in as many columns as fit on a terminal."""
    state = f"{row['kind']} {row['status']}".lower()
    return {
        "read_model": row["projection"],
        "build": row["build"],
        "state": state if row["partition"] == 0 else f"{state} part {row['partition']}",
        "at": row["ordinal"],
        "of": row["head"],
        "lag": row["lag_events"],
        "parked": row["parked_events"],
    }


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
    due = head // INTERVAL * INTERVAL if one.build.kind is BuildKind.HISTORY else head
    return {
        "projection": one.build.projection,
        "build": one.build.id,
        "kind": one.build.kind.value,
        "status": one.build.status.value,
        "partition": one.partition,
        "ordinal": one.ordinal,
        "head": head,
        "lag_events": max(due - one.ordinal, 0),
        "ahead_events": max(one.ordinal - head, 0),
        "parked_events": one.parked_events,
        "parked_sequences": one.parked_sequences,
    }


def rebuilt(
    place: OpenedStore, name: str, build: int | None, *, history: bool, switch: bool, as_json: bool
) -> None:
    """Builds read models from zero, or continues `build`, and prints the digests of their rows."""
    chosen = _begun(place, name, _kind(history=history), build)
    _caught_up(place, chosen, switch=switch)
    show(_digests(place, chosen), as_json=as_json)


def _kind(*, history: bool) -> BuildKind:
    return BuildKind.HISTORY if history else BuildKind.TODAY


def _begun(place: OpenedStore, name: str, kind: BuildKind, number: int | None) -> Sequence[Build]:
    names = _with_history(_names(name)) if kind is BuildKind.HISTORY else _names(name)
    if number is not None:
        _refuse_all(name)
        return [_target(place, name, number)]
    with writing(place.engine) as connection:
        answered = {one.projection for one in builds(connection) if _answers(one, kind)}
        return [begin(connection, PROJECTIONS[one], kind, _first_status(one in answered)) for one in names]


def _with_history(names: Sequence[str]) -> Sequence[str]:
    """Raises InvalidInput where none of the read models has a history."""
    found = [one for one in names if not PROJECTIONS[one].is_added_to]
    if not found:
        raise InvalidInput(
            f"{names[0]} has no history: its rows are only added, so the current tables also answer `asOf` queries"
        )
    return found


def _refuse_all(name: str) -> None:
    if name == _ALL:
        raise InvalidInput("--build is one build of one read model: name the read model instead of all")


def _answers(build: Build, kind: BuildKind) -> bool:
    return build.status is BuildStatus.LIVE and build.kind is kind


def _first_status(answered: bool) -> BuildStatus:
    return BuildStatus.BUILDING if answered else BuildStatus.LIVE


def switched(place: OpenedStore, name: str, build: int | None, *, history: bool) -> None:
    """Makes other builds live once they have caught up."""
    if build is not None:
        _refuse_all(name)
    chosen = [_target(place, one, build, _kind(history=history)) for one in _names(name)]
    _caught_up(place, chosen, switch=True)
    for one in chosen:
        typer.echo(f"{one.projection}: the live build is {one.id} now", err=True)


def dropped(place: OpenedStore, name: str, build: int) -> None:
    """Removes a build that is not live, with its tables."""
    drop_build(place.engine, _build(place, name, build))
    typer.echo(f"build {build} of {name} is removed", err=True)


def adopted(place: OpenedStore) -> None:
    """Binds the store's builds to the log that is configured."""
    partition = partition_of(place.settings)
    with closing(open_reader(place.settings)) as reader:
        found = (log_id_of(reader), reader.storage(), reader.head())
    with writing(place.engine) as connection:
        count = adopt_builds(connection, partition, *found)
    typer.echo(f"{count} builds belong to the log in {found[1]} now", err=True)


def digested(place: OpenedStore, name: str, build: int | None, *, as_json: bool) -> None:
    """Prints the digests of the rows of `build`, or of the live builds."""
    chosen = [_of_today(_build(place, name, build))] if build is not None else _all_live(place, name)
    _refuse_ahead(place, [one.id for one in chosen])
    show(_digests(place, chosen), as_json=as_json)


def _refuse_ahead(place: OpenedStore, ids: Sequence[int]) -> None:
    """Raises Refused where one of these builds includes events that the log has not."""
    for partition in partitions_of(place.engine, place.settings):
        for row in _standings(place, partition):
            if row["build"] in ids and row["ahead_events"]:
                raise Refused(_ahead(row))


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
