"""Builds: the tables of a projection, made side by side, one of them live.

A changed projection is built beside the live one from zero and switched to when it has caught up; both steps are one
transaction each, so there is no moment without answers.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Connection, Engine, MetaData, Table, delete, insert, inspect, select, text, update

from domain.errors import Refused
from projections.bookkeeping import BUILDS, CURSORS, PARKED, BuildKind, BuildStatus
from projections.columns import COUNT, optional
from projections.projection import Projection
from projections.store import reading, writing
from projections.word_index import WORDS

SINCE, UNTIL = "since_checkpoint", "until_checkpoint"
_PATIENCE, _POLL = 60.0, 0.05
_STILL_ASKING = text(
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND xact_start < :now LIMIT 1"
)


@dataclass(frozen=True)
class Build:
    """One build of one projection, as the store has it on record."""

    id: int
    projection: str
    kind: BuildKind
    fingerprint: str
    status: BuildStatus


@lru_cache(maxsize=1024)
def tables_of(projection: Projection, build: Build) -> Mapping[str, Table]:
    """The tables of a build, by the names of their specs: `orders` is `orders_b7` for build 7.

    A history's tables also tell from when until when a row stood so.
    """
    metadata = MetaData()
    more = ((SINCE, COUNT), (UNTIL, optional(COUNT))) if build.kind is BuildKind.HISTORY else ()
    return {spec.name: spec.table(metadata, f"{spec.name}_b{build.id}", more) for spec in projection.tables}


def metadata_of(projection: Projection, build: Build) -> MetaData:
    """What SQLAlchemy creates and drops of a build."""
    return next(iter(tables_of(projection, build).values())).metadata


def builds(connection: Connection) -> Sequence[Build]:
    """Every build on record, the oldest first."""
    rows = connection.execute(select(BUILDS).order_by(BUILDS.c.id)).mappings()
    return [
        Build(
            row[BUILDS.c.id],
            row[BUILDS.c.projection],
            BuildKind(row[BUILDS.c.kind]),
            row[BUILDS.c.fingerprint],
            BuildStatus(row[BUILDS.c.status]),
        )
        for row in rows
    ]


def live(connection: Connection, kind: BuildKind = BuildKind.TODAY) -> Mapping[str, Build]:
    """The builds that answer now, by projection."""
    found = builds(connection)
    return {one.projection: one for one in found if one.status is BuildStatus.LIVE and one.kind is kind}


def begin(connection: Connection, projection: Projection, kind: BuildKind, status: BuildStatus) -> Build:
    """Puts a new build on record and makes its tables, empty."""
    values = {
        "projection": projection.name,
        "kind": kind.value,
        "fingerprint": projection.fingerprint,
        "status": status.value,
    }
    number = connection.execute(insert(BUILDS).values(values).returning(BUILDS.c.id)).scalar_one()
    build = Build(number, projection.name, kind, projection.fingerprint, status)
    metadata_of(projection, build).create_all(connection)
    return build


def kept_up(
    engine: Engine, projections: Iterable[Projection], kind: BuildKind = BuildKind.TODAY
) -> Sequence[Build]:
    """The builds that today's program keeps up with the log, one for each projection, made where there are none.

    The live one is kept up while it is of the projection as it is today. Where it is of another version, one is built
    beside it to take its place; where there is none at all, an empty one answers from the start.
    """
    wanted = list(projections)
    with reading(engine) as connection:
        found = _of(builds(connection), kind)
    kept = [_kept(found, projection) for projection in wanted]
    known = [one for one in kept if one is not None]
    return known if len(known) == len(wanted) else _begun(engine, wanted, kind)


def _begun(engine: Engine, projections: Sequence[Projection], kind: BuildKind) -> Sequence[Build]:
    with writing(engine) as connection:
        _one_at_a_time(connection)
        found = _of(builds(connection), kind)
        return [_kept(found, one) or _begin_beside(connection, found, one, kind) for one in projections]


def _of(found: Sequence[Build], kind: BuildKind) -> Sequence[Build]:
    return [one for one in found if one.kind is kind]


def _kept(found: Sequence[Build], projection: Projection) -> Build | None:
    own = [
        one for one in found if one.projection == projection.name and one.status is not BuildStatus.RETIRED
    ]
    live_first = sorted(own, key=lambda one: one.status is not BuildStatus.LIVE)
    return next((one for one in live_first if one.fingerprint == projection.fingerprint), None)


def _begin_beside(
    connection: Connection, found: Sequence[Build], projection: Projection, kind: BuildKind
) -> Build:
    answered = any(one.projection == projection.name and one.status is BuildStatus.LIVE for one in found)
    return begin(connection, projection, kind, BuildStatus.BUILDING if answered else BuildStatus.LIVE)


def _one_at_a_time(connection: Connection) -> None:
    """SQLite is locked already: a writing transaction there begins with the lock."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE builds IN SHARE ROW EXCLUSIVE MODE"))


def switch(connection: Connection, to: Build) -> None:
    """The build answers from here on; the one that did is retired, and can be switched back to.

    Raises Refused where it is not as far as the one that answers: nobody shall see an earlier moment than before.
    """
    same = (BUILDS.c.projection == to.projection) & (BUILDS.c.kind == to.kind.value)
    now_live = same & (BUILDS.c.status == BuildStatus.LIVE.value)
    answering = connection.execute(select(BUILDS.c.id).where(now_live).with_for_update()).scalar()
    if answering is not None and answering != to.id:
        _check_is_as_far(connection, to, answering)
    connection.execute(update(BUILDS).where(now_live).values(status=BuildStatus.RETIRED.value))
    connection.execute(update(BUILDS).where(BUILDS.c.id == to.id).values(status=BuildStatus.LIVE.value))


def _check_is_as_far(connection: Connection, to: Build, answering: int) -> None:
    """Both stand still meanwhile: whoever moves a cursor waits for this transaction."""
    both = CURSORS.c.build_id.in_((to.id, answering))
    cursors = connection.execute(select(CURSORS).where(both).order_by(CURSORS.c.build_id).with_for_update())
    at = {(row.build_id, row.partition): row.ordinal for row in cursors}
    for (build, partition), ordinal in at.items():
        reached = at.get((to.id, partition), 0)
        if build == answering and reached < ordinal:
            raise Refused(
                f"build {to.id} of {to.projection} is at ordinal {reached:,} and the one that answers at "
                f"{ordinal:,}; it can be switched to when it has caught up"
            )


def drop(engine: Engine, build: Build, patience: float = _PATIENCE) -> None:
    """Forgets a build and its tables, once every question that may still be reading them is answered.

    Raises Refused for the live one, and where a question takes longer than `patience` seconds.
    """
    with reading(engine) as connection:
        _refuse_live(connection, build)
    if engine.dialect.name == "postgresql":
        _await_questions(engine, patience)
    with writing(engine) as connection:
        _one_at_a_time(connection)
        _refuse_live(connection, build)
        # The cursor before the tables, as whoever projects takes them: the other way round they wait for each other.
        connection.execute(delete(CURSORS).where(CURSORS.c.build_id == build.id))
        connection.execute(delete(PARKED).where(PARKED.c.build_id == build.id))
        _drop_tables(connection, build)
        connection.execute(delete(BUILDS).where(BUILDS.c.id == build.id))


def _refuse_live(connection: Connection, build: Build) -> None:
    status = connection.execute(select(BUILDS.c.status).where(BUILDS.c.id == build.id)).scalar()
    if status == BuildStatus.LIVE.value:
        raise Refused(f"build {build.id} of {build.projection} answers now; switch to another one first")


def _await_questions(engine: Engine, patience: float) -> None:
    """A question that began before a switch has chosen its tables; on SQLite it goes on seeing them."""
    deadline = time.monotonic() + patience
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        now = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        while connection.execute(_STILL_ASKING, {"now": now}).first() is not None:
            if time.monotonic() > deadline:
                raise Refused(
                    "questions from before are still being answered; drop the build when they are done"
                )
            time.sleep(_POLL)


def _drop_tables(connection: Connection, build: Build) -> None:
    """By name, for the program that made them may have been another one than this."""
    own = (f"_b{build.id}", f"_b{build.id}_{WORDS}")
    made = [name for name in inspect(connection).get_table_names() if name.endswith(own)]
    for name in made:
        Table(name, MetaData()).drop(connection)
