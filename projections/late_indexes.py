"""The indexes of a build that are made when it has nearly caught up for the first time (`TableSpec.is_indexed_late`).

Which of them exist is read from the database, so a process that continues another's work makes exactly those that are
missing.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect, select

from projections.bookkeeping import BUILDS
from projections.builds import Build, tables_of
from projections.projection import Projection
from projections.tables import TableSpec


def has_late_indexes(projection: Projection, build: Build) -> bool:
    """Whether a table of the build is indexed late."""
    kept = tables_of(projection, build)
    return any(spec.is_indexed_late and spec.name in kept for spec in projection.tables)


def make_late_indexes(connection: Connection, projection: Projection, build: Build) -> None:
    """Makes the late indexes that the build's tables do not have, one process at a time.

    Queries continue meanwhile, writers wait. Raises SQLAlchemy's errors, NoSuchTableError where the build was dropped.
    """
    # Processes of several partitions may come here at once; PostgreSQL's CREATE INDEX does not exclude another.
    connection.execute(select(BUILDS.c.id).where(BUILDS.c.id == build.id).with_for_update(key_share=True))
    kept = tables_of(projection, build)
    for spec in projection.tables:
        if spec.is_indexed_late and spec.name in kept:
            _make_missing(connection, spec, kept[spec.name].name)


def _make_missing(connection: Connection, spec: TableSpec, table: str) -> None:
    there = {index["name"] for index in inspect(connection).get_indexes(table)}
    for index in spec.late_indexes(table):
        if index.name not in there:
            index.create(connection)
