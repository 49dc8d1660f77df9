"""One build at work on one log: it folds events in memory and writes rows and position in one transaction.

So every event counts exactly once, wherever the process dies: what was not committed is read again, and nobody
else's commit can come in between, because the position is only moved from where this work saw it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Table, insert, select, update

from domain.errors import InvalidInput
from domain.log import Recorded
from projections.bookkeeping import CURSORS, PARKED, ParkedState
from projections.builds import Build, tables_of
from projections.projection import Fold, Key, Projection, Row
from projections.rows import MemoryRows
from projections.store import reading, writing
from projections.writing import write_rows

_log = logging.getLogger(__name__)


class Overtaken(Exception):
    """Another process moved this build on; what was folded here is forgotten and read anew."""


class Keeper(Protocol):
    """How a build's rows are kept: as they are today, or at every checkpoint."""

    def load(self, connection: Connection, table: str, key: Key) -> Row | None:
        """The row as it was last written; None where there is none."""
        ...

    def write(self, connection: Connection, rows: MemoryRows, position: int) -> None:
        """Writes what changed; `position` is that of the last event folded."""
        ...


class Today:
    """Keeps each row as it is now."""

    def __init__(self, tables: Mapping[str, Table], partition: int) -> None:
        self._tables = tables
        self._partition = partition

    def load(self, connection: Connection, table: str, key: Key) -> Row | None:
        """See `Keeper`."""
        found = self._tables[table]
        named = zip(found.primary_key.columns, (self._partition, *key), strict=True)
        columns = [column for column in found.columns if column.name != "partition"]
        stands = select(*columns).where(*(column == value for column, value in named))
        row = connection.execute(stands).mappings().first()
        return None if row is None else {str(name): value for name, value in row.items()}

    def write(self, connection: Connection, rows: MemoryRows, position: int) -> None:
        """See `Keeper`."""
        for name, changed, stored in rows.changes():
            write_rows(connection, self._tables[name], self._partition, changed, stored)


class Work:
    """A build and one log's partition; `position` is how far it is."""

    def __init__(
        self,
        engine: Engine,
        projection: Projection,
        build: Build,
        partition: int,
        keeper: Keeper | None = None,
    ) -> None:
        self.projection = projection
        self.build = build
        self.partition = partition
        self.position = 0
        self.folds: Mapping[type, Fold] = projection.folds
        self._engine = engine
        self._keeper: Keeper = keeper or Today(tables_of(projection, build), partition)
        self._rows = MemoryRows(projection.tables, self._load)
        self._reading: Connection | None = None
        self._sequence = projection.order.sequence
        self._parked: set[str] = set()
        self._newly_parked: list[dict[str, Any]] = []

    def resume(self, log_id: str) -> int:
        """Begins where the store says, on the log of this id; returns the position.

        Raises InvalidInput where the store holds what was made from another log.
        """
        self._forget()
        here = (CURSORS.c.build_id == self.build.id) & (CURSORS.c.partition == self.partition)
        with writing(self._engine) as connection:
            found = connection.execute(select(CURSORS.c.position, CURSORS.c.log_id).where(here)).first()
            if found is None:
                begun = {
                    "build_id": self.build.id,
                    "partition": self.partition,
                    "position": 0,
                    "log_id": log_id,
                }
                connection.execute(insert(CURSORS).values(begun))
            elif found.log_id != log_id:
                raise InvalidInput(
                    f"the store's {self.projection.name} were made from log {found.log_id}, and this is log {log_id}: "
                    "choose another store with --store, or drop its builds"
                )
            self._parked = parked_sequences(connection, self.build.id, self.partition)
        self.position = 0 if found is None else found.position
        return self.position

    def fold(self, fold: Fold, recorded: Recorded) -> None:
        """Takes up one event, or parks it behind what already waits of its sequence."""
        sequence = self._sequence(recorded.envelope.meta)
        if self._parked and sequence in self._parked:
            self._park(sequence, recorded, "")
            return
        try:
            fold(self._rows, recorded)
        except Exception as fault:  # noqa: BLE001  (whatever it is: the sequence waits, and is shown)
            self._rows.undo()
            self._parked.add(sequence)
            self._park(sequence, recorded, f"{type(fault).__name__}: {fault}")
            _log.exception("%s parked %s at position %d", self.projection.name, sequence, recorded.position)
        else:
            self._rows.kept()

    def commit(self, position: int) -> None:
        """Writes everything up to `position`, and the position, together.

        Raises Overtaken where another process has moved it; `resume` then.
        """
        self._close_reading()
        at = (CURSORS.c.build_id == self.build.id) & (CURSORS.c.partition == self.partition)
        moved = update(CURSORS).where(at & (CURSORS.c.position == self.position)).values(position=position)
        with writing(self._engine) as connection:
            if connection.execute(moved).rowcount != 1:
                raise Overtaken(self.projection.name)
            self._keeper.write(connection, self._rows, position)
            if self._newly_parked:
                connection.execute(insert(PARKED), self._newly_parked)
        self._rows.written()
        self._newly_parked.clear()
        self.position = position

    def _park(self, sequence: str, recorded: Recorded, error: str) -> None:
        meta = recorded.envelope.meta
        self._newly_parked.append(
            {
                "build_id": self.build.id,
                "partition": self.partition,
                "position": recorded.position,
                "sequence": sequence,
                "event_id": str(meta.event_id),
                "type": type(recorded.envelope.event).__name__,
                "error": error,
                "state": ParkedState.PARKED.value,
                "reason": "",
            }
        )

    def _load(self, table: str, key: Key) -> Row | None:
        if self._reading is None:
            self._snapshot = reading(self._engine)
            self._reading = self._snapshot.__enter__()
        return self._keeper.load(self._reading, table, key)

    def _close_reading(self) -> None:
        if self._reading is not None:
            self._reading = None
            self._snapshot.__exit__(None, None, None)

    def _forget(self) -> None:
        self._close_reading()
        self._rows.forget()
        self._newly_parked.clear()


def parked_sequences(connection: Connection, build_id: int, partition: int) -> set[str]:
    """The sequences of a build that wait for a retry."""
    here = (PARKED.c.build_id == build_id) & (PARKED.c.partition == partition)
    waiting = here & (PARKED.c.state == ParkedState.PARKED.value)
    return set(connection.execute(select(PARKED.c.sequence).where(waiting).distinct()).scalars())


def works(
    engine: Engine, builds: Sequence[Build], projections: Mapping[str, Projection], partition: int
) -> list[Work]:
    """The work of each build that belongs to a projection of today's program."""
    return [
        Work(engine, projections[build.projection], build, partition)
        for build in builds
        if build.projection in projections and projections[build.projection].fingerprint == build.fingerprint
    ]
