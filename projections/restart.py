"""Empties a build, so that it is built again from the first event."""

from __future__ import annotations

from sqlalchemy import Connection, delete, update

from projections.bookkeeping import CURSORS, PARKED
from projections.builds import Build, tables_of
from projections.projection import Projection


def restart(connection: Connection, projection: Projection, build: Build, partition: int) -> None:
    """Deletes all rows and parked events of a build in one partition, and sets its cursor to ordinal 0.

    Discarded events are deleted, too: an ordinal of another history names another event.
    """
    for table in tables_of(projection, build).values():
        connection.execute(delete(table).where(table.c.partition == partition))
    here = (PARKED.c.build_id == build.id) & (PARKED.c.partition == partition)
    connection.execute(delete(PARKED).where(here))
    cursor = (CURSORS.c.build_id == build.id) & (CURSORS.c.partition == partition)
    anew = {"ordinal": 0, "prefix": "", "epoch": CURSORS.c.epoch + 1}
    connection.execute(update(CURSORS).where(cursor).values(anew))
