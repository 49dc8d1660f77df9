"""Builds: the tables of a projection, made side by side, one of them live.

A changed projection is built beside the live one from zero and switched to when it has caught up; both steps are one
transaction each, so there is no moment without answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Connection, MetaData, Table, delete, insert, select, update

from domain.errors import Refused
from projections.bookkeeping import BUILDS, BuildKind, BuildStatus
from projections.columns import COUNT, optional
from projections.projection import Projection

SINCE, UNTIL = "since_checkpoint", "until_checkpoint"


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


def switch(connection: Connection, to: Build) -> None:
    """The build answers from here on; the one that did is retired, and can be switched back to."""
    same = (BUILDS.c.projection == to.projection) & (BUILDS.c.kind == to.kind.value)
    now_live = same & (BUILDS.c.status == BuildStatus.LIVE.value)
    connection.execute(update(BUILDS).where(now_live).values(status=BuildStatus.RETIRED.value))
    connection.execute(update(BUILDS).where(BUILDS.c.id == to.id).values(status=BuildStatus.LIVE.value))


def drop(connection: Connection, projection: Projection | None, build: Build) -> None:
    """Forgets a build and its tables; raises Refused for the live one."""
    if build.status is BuildStatus.LIVE:
        raise Refused(f"build {build.id} of {build.projection} answers now; switch to another one first")
    if projection is not None:
        metadata_of(projection, build).drop_all(connection)
    connection.execute(delete(BUILDS).where(BUILDS.c.id == build.id))
