"""The indexes of a build that are made when it has nearly caught up for the first time (`TableSpec.is_indexed_late`).

Which of them exist is read from the database, so a process that continues another's work makes exactly those that are
missing.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, inspect, select

from projections.bookkeeping import BUILDS
from projections.builds import Build, tables_of
from projections.projection import Projection
from projections.tables import TableSpec


def has_late_indexes(projection: Projection, build: Build) -> bool:
    """Whether a table of the build is indexed late."""
    return bool(_indexed_late(projection, build))


def make_late_indexes(connection: Connection, projection: Projection, build: Build) -> None:
    """Makes the late indexes that the build's tables do not have, one process at a time.

    Queries continue meanwhile, writers wait. Raises SQLAlchemy's errors, NoSuchTableError where the build was dropped.
    """
    # Processes of several partitions may come here at once; PostgreSQL's CREATE INDEX does not exclude another.
    connection.execute(select(BUILDS.c.id).where(BUILDS.c.id == build.id).with_for_update(key_share=True))
    for spec, table in _indexed_late(projection, build):
        _make_missing(connection, spec, table)


def _indexed_late(projection: Projection, build: Build) -> Sequence[tuple[TableSpec, str]]:
    """The build's tables that are indexed late, with their names in the store."""
    kept = tables_of(projection, build)
    return [
        (spec, kept[spec.name].name)
        for spec in projection.tables
        if spec.is_indexed_late and spec.name in kept
    ]


def _make_missing(connection: Connection, spec: TableSpec, table: str) -> None:
    there = {index["name"] for index in inspect(connection).get_indexes(table)}
    for index in spec.late_indexes(table):
        if index.name not in there:
            index.create(connection)
