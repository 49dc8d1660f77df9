"""Which log the rows of a build were made from. A store never answers for another log, even one of the same tape."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, update

from domain.errors import InvalidInput, Refused
from projections.bookkeeping import CURSORS
from projections.builds import Build

ANOTHER = "`--store sqlite:///another.read.db`"
"""How another store is named, in errors."""


def check_belongs(cursor: Any, projection: str, log_id: str, storage: str) -> None:
    """Checks that a row of `CURSORS` is of the log with this id in this storage. A storage that is empty is not known
    and passes.

    Raises InvalidInput, with both logs and the remedy.
    """
    if cursor.log_id != log_id:
        raise InvalidInput(
            f"the store's {projection} were made from log {cursor.log_id}, and this is log {log_id}: "
            f"name another store, as {ANOTHER}, or remove its builds with `whence projections drop`"
        )
    if cursor.storage and storage and cursor.storage != storage:
        raise InvalidInput(
            f"the store's {projection} were made from the log in {cursor.storage}; this log has the same id "
            f"(the same tape and settings), but is in {storage}: name another store, as {ANOTHER}; if it "
            "is the same log, moved or restored, run `whence projections adopt`"
        )


def check_build(connection: Connection, build: Build, partition: int, log_id: str, storage: str) -> None:
    """Checks a build that has folded events of this partition. Raises what `check_belongs` raises."""
    here = (CURSORS.c.build_id == build.id) & (CURSORS.c.partition == partition)
    cursor = connection.execute(select(CURSORS).where(here)).first()
    if cursor is not None:
        check_belongs(cursor, build.projection, log_id, storage)


def adopt(connection: Connection, partition: int, log_id: str, storage: str, head: int) -> int:
    """Records that the log is in this storage now; returns the number of builds.

    Raises Refused where the store was made from a log with another id, or from more events than this log has.
    """
    cursors = connection.execute(select(CURSORS).where(CURSORS.c.partition == partition)).all()
    others = {cursor.log_id for cursor in cursors} - {log_id}
    if others:
        raise Refused(f"the store was made from log {', '.join(sorted(others))}, and this is log {log_id}")
    furthest = max((cursor.ordinal for cursor in cursors), default=0)
    if furthest > head:
        raise Refused(
            f"the store includes the events up to ordinal {furthest:,}, and this log has only {head:,}: it is not the "
            f"log that the store was made from; name another store, as {ANOTHER}"
        )
    here = CURSORS.c.partition == partition
    # The epoch makes a running runner resume, so that it checks the storage again.
    changed = update(CURSORS).where(here).values(storage=storage, epoch=CURSORS.c.epoch + 1)
    return connection.execute(changed).rowcount
