"""Builds: each is a set of tables of one projection; one build of a projection is live and serves queries.

When a projection changes, a new build is filled from the first event while the live build serves queries. It is made
live (`switch`) when it has caught up. Starting a build and switching to it are one transaction each, so that queries
are served at all times.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import (
    Connection,
    Engine,
    MetaData,
    Table,
    bindparam,
    delete,
    insert,
    inspect,
    select,
    text,
    update,
)

from domain.errors import Refused
from projections.bookkeeping import BUILDS, CURSORS, PARKED, BuildKind, BuildStatus
from projections.columns import COUNT, optional
from projections.projection import Projection
from projections.store import reading, writing
from projections.word_index import WORDS

SINCE, UNTIL = "since_checkpoint", "until_checkpoint"
_PATIENCE, _POLL = 60.0, 0.05
_OLDER_QUERY = text(
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND xact_start < :now LIMIT 1"
)


@dataclass(frozen=True)
class Build:
    """One build of one projection, as recorded in the store."""

    id: int
    projection: str
    kind: BuildKind
    fingerprint: str
    status: BuildStatus


@lru_cache(maxsize=1024)
def tables_of(projection: Projection, build: Build) -> Mapping[str, Table]:
    """The tables of a build, by the names of their specs: `orders` is `orders_b7` for build 7.

    A history's tables also hold the checkpoint from which a row is valid and the checkpoint at which it was replaced.
    It has no table for a spec that is only added to.
    """
    metadata = MetaData()
    specs = [one for one in projection.tables if build.kind is BuildKind.TODAY or not one.is_added_to]
    more = ((SINCE, COUNT), (UNTIL, optional(COUNT))) if build.kind is BuildKind.HISTORY else ()
    return {spec.name: spec.table(metadata, f"{spec.name}_b{build.id}", more) for spec in specs}


def metadata_of(projection: Projection, build: Build) -> MetaData:
    """The metadata with which SQLAlchemy creates and drops a build's tables."""
    return next(iter(tables_of(projection, build).values())).metadata


def builds(connection: Connection) -> Sequence[Build]:
    """Every recorded build, the oldest first."""
    return [_build(*row) for row in connection.execute(_ALL)]


def live(connection: Connection, kind: BuildKind = BuildKind.TODAY) -> Mapping[str, Build]:
    """The live builds, by projection."""
    found = (_build(*row) for row in connection.execute(_LIVE, {"of": kind.value}))
    return {one.projection: one for one in found}


_ALL = select(
    BUILDS.c.id, BUILDS.c.projection, BUILDS.c.kind, BUILDS.c.fingerprint, BUILDS.c.status
).order_by(BUILDS.c.id)
_LIVE = _ALL.where(BUILDS.c.status == BuildStatus.LIVE.value, BUILDS.c.kind == bindparam("of"))
"""Made once, because every snapshot of a query begins with it."""


@lru_cache(maxsize=1024)
def _build(number: int, projection: str, kind: str, fingerprint: str, status: str) -> Build:
    return Build(number, projection, BuildKind(kind), fingerprint, BuildStatus(status))


def begin(connection: Connection, projection: Projection, kind: BuildKind, status: BuildStatus) -> Build:
    """Records a new build and creates its empty tables."""
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
    """The builds that this program keeps up to date with the log, one for each projection; missing builds are begun.

    The live build is returned if its fingerprint is the projection's. If its fingerprint differs, a new build is begun
    and the old one stays live. If a projection has no live build, the new, empty build is live from the start.
    Projections that are only added to have no histories.
    """
    wanted = [one for one in projections if kind is BuildKind.TODAY or not one.is_added_to]
    with reading(engine) as connection:
        found = _of(builds(connection), kind)
    kept = [_kept(found, projection) for projection in wanted]
    known = [one for one in kept if one is not None]
    return known if len(known) == len(wanted) else _begun(engine, wanted, kind)


def retire_histories(engine: Engine, projections: Iterable[Projection]) -> None:
    """Retires the histories of these projections, which an earlier version of the program made; `drop` removes them."""
    names = [one.name for one in projections]
    old = BUILDS.c.projection.in_(names) & (BUILDS.c.kind == BuildKind.HISTORY.value)
    kept_live = old & (BUILDS.c.status == BuildStatus.LIVE.value)
    with reading(engine) as connection:
        if connection.execute(select(BUILDS.c.id).where(kept_live)).first() is None:
            return
    with writing(engine) as connection:
        connection.execute(update(BUILDS).where(kept_live).values(status=BuildStatus.RETIRED.value))


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
    """Locks the table of builds on PostgreSQL; on SQLite a writing transaction already holds the lock."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE builds IN SHARE ROW EXCLUSIVE MODE"))


def switch(connection: Connection, to: Build) -> None:
    """Makes the build live. The build that was live is retired; another `switch` can make it live again.

    Raises Refused where the build is behind the live one: a later query must never show an earlier state.
    """
    same = (BUILDS.c.projection == to.projection) & (BUILDS.c.kind == to.kind.value)
    now_live = same & (BUILDS.c.status == BuildStatus.LIVE.value)
    live_id = connection.execute(select(BUILDS.c.id).where(now_live).with_for_update()).scalar()
    if live_id is not None and live_id != to.id:
        _check_is_as_far(connection, to, live_id)
    connection.execute(update(BUILDS).where(now_live).values(status=BuildStatus.RETIRED.value))
    connection.execute(update(BUILDS).where(BUILDS.c.id == to.id).values(status=BuildStatus.LIVE.value))


def _check_is_as_far(connection: Connection, to: Build, live_id: int) -> None:
    """The row locks keep both cursors from moving until this transaction ends."""
    both = CURSORS.c.build_id.in_((to.id, live_id))
    cursors = connection.execute(select(CURSORS).where(both).order_by(CURSORS.c.build_id).with_for_update())
    at = {(row.build_id, row.partition): row.ordinal for row in cursors}
    for (build, partition), ordinal in at.items():
        reached = at.get((to.id, partition), 0)
        if build == live_id and reached < ordinal:
            raise Refused(
                f"build {to.id} of {to.projection} is at ordinal {reached:,} and the live build at "
                f"{ordinal:,}; switch to it when it has caught up"
            )


def drop(engine: Engine, build: Build, patience: float = _PATIENCE) -> None:
    """Drops a build and its tables once every query that may be reading them has ended.

    Raises Refused for the live build, and where a query takes longer than `patience` seconds.
    """
    with reading(engine) as connection:
        _refuse_live(connection, build)
    if engine.dialect.name == "postgresql":
        _await_queries(engine, patience)
    with writing(engine) as connection:
        _one_at_a_time(connection)
        _refuse_live(connection, build)
        # The cursor is deleted before the tables, in the order in which a runner locks them, to avoid a deadlock.
        connection.execute(delete(CURSORS).where(CURSORS.c.build_id == build.id))
        connection.execute(delete(PARKED).where(PARKED.c.build_id == build.id))
        _drop_tables(connection, build)
        connection.execute(delete(BUILDS).where(BUILDS.c.id == build.id))


def _refuse_live(connection: Connection, build: Build) -> None:
    status = connection.execute(select(BUILDS.c.status).where(BUILDS.c.id == build.id)).scalar()
    if status == BuildStatus.LIVE.value:
        raise Refused(f"build {build.id} of {build.projection} is live; switch to another build first")


def _await_queries(engine: Engine, patience: float) -> None:
    """Waits until every query that began before the call has ended, as it may read the tables. PostgreSQL only: on
    SQLite such a query keeps its snapshot."""
    deadline = time.monotonic() + patience
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        now = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        while connection.execute(_OLDER_QUERY, {"now": now}).first() is not None:
            if time.monotonic() > deadline:
                raise Refused(
                    "queries that may read this build are still running; drop it when they have ended"
                )
            time.sleep(_POLL)


def _drop_tables(connection: Connection, build: Build) -> None:
    """Finds the tables by name, because another version of the program may have created them."""
    own = (f"_b{build.id}", f"_b{build.id}_{WORDS}")
    made = [name for name in inspect(connection).get_table_names() if name.endswith(own)]
    for name in made:
        Table(name, MetaData()).drop(connection)
