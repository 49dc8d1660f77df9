"""A `Work` keeps one build up to date with one log: it folds events in memory and writes rows and ordinal in one
transaction.

So every event is projected exactly once, even if the process ends at any point: uncommitted events are read again. If
another process has committed in the meantime, the commit fails, because the ordinal is only updated if it still has the
value that this work has read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Select, Table, bindparam, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from domain.errors import InvalidInput, StoreUnavailable
from domain.log import Recorded
from projections.answering import shown_store
from projections.belonging import ANOTHER, check_belongs
from projections.bookkeeping import BUILDS, CURSORS, PARKED, ParkedState
from projections.builds import Build, tables_of
from projections.faults import Dropped, Overtaken, Unwritable, is_passing
from projections.late_indexes import has_late_indexes, make_late_indexes
from projections.lineage import is_continued
from projections.projection import Fold, Key, Projection, Row
from projections.restart import restart
from projections.rows import MemoryRows
from projections.store import insert_unless_there, reading, snapshot, writing
from projections.writing import write_rows

__all__ = ["Dropped", "Keeper", "Overtaken", "Today", "Unwritable", "Work", "commit_together", "works"]

_log = logging.getLogger(__name__)


DigestAt = Callable[[int], bytes | None]
"""The digest of a log's events up to an ordinal; None where the log ends earlier. See `projections.lineage`."""


def unknown(_ordinal: int) -> bytes:
    """A `DigestAt` for a log whose digests are not compared."""
    return b""


class Keeper(Protocol):
    """Reads and writes a build's rows. `Today` stores them as they are now, `history.Checkpoints` as of every
    checkpoint."""

    def load(self, connection: Connection, table: str, key: Key) -> Row | None:
        """The row as last written; None where the key has no row."""
        ...

    def write(self, connection: Connection, rows: MemoryRows, ordinal: int) -> None:
        """Writes the changed rows; `ordinal` is the ordinal of the last folded event."""
        ...


class Today:
    """A `Keeper` that stores each row as it is now."""

    def __init__(self, tables: Mapping[str, Table], partition: int) -> None:
        self._tables = tables
        self._partition = partition
        self._loads = {name: _load_of(table) for name, table in tables.items()}

    def load(self, connection: Connection, table: str, key: Key) -> Row | None:
        """See `Keeper`."""
        names = self._tables[table].primary_key.columns.keys()
        named = dict(zip(names, (self._partition, *key), strict=True))
        row = connection.execute(self._loads[table], named).mappings().first()
        return None if row is None else {str(name): value for name, value in row.items()}

    def write(self, connection: Connection, rows: MemoryRows, ordinal: int) -> None:
        """See `Keeper`."""
        for name, changed, stored in rows.changes():
            write_rows(connection, self._tables[name], self._partition, changed, stored)


def _load_of(table: Table) -> Select[Any]:
    """Selects a row by the values of its key, which are parameters with the names of the key's columns."""
    columns = [column for column in table.columns if column.name != "partition"]
    return select(*columns).where(*(one == bindparam(one.name) for one in table.primary_key.columns))


class Work:
    """Keeps one build up to date with the log of one partition.

    `ordinal` is the ordinal of the last committed event, `digest` the digest of all events up to it. `restarts` counts
    how often `resume` began again at the first event, because the log no longer held the events of the rows.
    """

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
        self.ordinal = 0
        self.digest = b""
        self.restarts = 0
        self.folds: Mapping[type, Fold] = projection.folds
        self.engine = engine
        self._epoch = 0
        self._here = (CURSORS.c.build_id == build.id) & (CURSORS.c.partition == partition)
        seen = (CURSORS.c.ordinal == bindparam("seen")) & (CURSORS.c.epoch == bindparam("seen_epoch"))
        moved = update(CURSORS).where(self._here & seen)
        self._move = moved.values(ordinal=bindparam("to"), prefix=bindparam("digest"))
        """Made once: conditions that SQLAlchemy joins are cycles, which stay in memory until the collector runs."""
        self._keeper: Keeper = keeper or Today(tables_of(projection, build), partition)
        self._rows = MemoryRows(projection.tables, self._load)
        self._reading: Connection | None = None
        self._sequence = projection.order.sequence
        self._parked: set[str] = set()
        self._newly_parked: list[dict[str, Any]] = []
        self._digests: Mapping[int, bytes] = {}
        self._is_at_end = False
        self._is_indexed = not has_late_indexes(projection, build)

    def resume(self, log_id: str, storage: str = "", digest_at: DigestAt = unknown) -> int:
        """Resumes at the stored ordinal, on the log of this id in this storage; returns the ordinal.

        Where the log does not hold the events that the rows were made from (it was restored from a backup), all rows
        are deleted and the ordinal is 0.
        Raises InvalidInput where the build was made from another log, Dropped where the build was dropped.
        """
        self._forget()
        stored = self._stored()
        digest = digest_at(stored)  # before the transaction, because a long log takes time to read
        with writing(self.engine) as connection:
            self._begin(connection, log_id, storage)
            # The lock keeps a process that projects from moving the cursor until its digest is written.
            row = connection.execute(select(CURSORS).where(self._here).with_for_update()).one()
            check_belongs(row, self.projection.name, log_id, storage)
            if row.ordinal != stored:
                digest = digest_at(row.ordinal)
            row = self._of_this_history(connection, row, digest)
            self.digest = (digest or b"") if row.ordinal else b""
            known = {"storage": row.storage or storage, "prefix": self.digest.hex()}
            if (row.storage, row.prefix) != (known["storage"], known["prefix"]):
                connection.execute(update(CURSORS).where(self._here).values(known))
            self._parked = parked_sequences(connection, self.build.id, self.partition)
        self._epoch, self.ordinal = row.epoch, row.ordinal
        self._rows.forget(empty=row.ordinal == 0)
        return self.ordinal

    def check_is_empty(self) -> None:
        """For a log without events. Raises InvalidInput where the build has rows: they are of another log."""
        if self._stored():
            raise InvalidInput(
                f"the store's {self.projection.name} were made from a log with events, and this log is empty: name "
                f"another store, as {ANOTHER}, or restore the log"
            )

    def follow(self, digests: Mapping[int, bytes], *, is_at_end: bool = False) -> None:
        """Receives the digests at the ordinals of the next batch, before the batch is folded.

        `is_at_end`: the batch ends near the end of the log, so few rows are held in memory after it.
        """
        self._digests, self._is_at_end = digests, is_at_end

    def fold(self, fold: Fold, recorded: Recorded) -> None:
        """Folds one event, or parks it where its sequence is parked already.

        Raises the database's errors where a row cannot be read, because the event does not cause them.
        """
        if self._parked and self._sequence(recorded.envelope.meta) in self._parked:
            self._await(recorded, "")
            return
        try:
            fold(self._rows, recorded)
        except SQLAlchemyError:
            raise
        except Exception as fault:  # noqa: BLE001  (any error parks the sequence, and is recorded)
            self._rows.undo()
            self.park(recorded, fault)
        else:
            self._rows.kept()

    def park(self, recorded: Recorded, fault: BaseException) -> None:
        """Parks this event and all later events of its sequence, until they are retried or discarded."""
        sequence = self._sequence(recorded.envelope.meta)
        chain = {"correlation_id": recorded.envelope.meta.correlation_id}
        message = "%s parked %s at ordinal %d"
        _log.error(message, self.projection.name, sequence, recorded.ordinal, exc_info=fault, extra=chain)
        self._parked.add(sequence)
        self._await(recorded, error_text(fault))

    @property
    def held(self) -> int:
        """The number of rows and keys in memory."""
        return self._rows.held

    def make_indexes(self) -> None:
        """Makes the late indexes that are missing, in a transaction of its own; only the first call does anything.

        The runner calls it when the build has nearly caught up. Raises Dropped where the build was dropped.
        """
        if self._is_indexed:
            return
        with writing(self.engine) as connection:
            # The lock on the cursor keeps the build from being dropped meanwhile.
            if connection.execute(select(CURSORS).where(self._here).with_for_update()).first() is None:
                raise Dropped(self.projection.name)
            make_late_indexes(connection, self.projection, self.build)
        self._is_indexed = True

    def commit(self, ordinal: int) -> None:
        """Writes the rows changed up to `ordinal`, and `ordinal` itself, in one transaction.

        Raises Overtaken where another process has moved the ordinal or changed the rows (call `resume` then),
        Unwritable where the database refuses the rows.
        """
        commit_together([self], ordinal)

    def write(self, connection: Connection, ordinal: int) -> None:
        """Writes what `commit` writes, in the caller's transaction; call `written` once that transaction is
        committed."""
        self._close_reading()
        values = {"to": ordinal, "digest": self._digest_at(ordinal).hex()}
        seen = {"seen": self.ordinal, "seen_epoch": self._epoch}
        if connection.execute(self._move, seen | values).rowcount != 1:
            raise Overtaken(self.projection.name)
        try:
            self._keeper.write(connection, self._rows, ordinal)
        except Exception as fault:
            if is_passing(self.engine, fault):
                raise StoreUnavailable(
                    f"the store {shown_store(self.engine)} does not answer: {fault}"
                ) from fault
            raise Unwritable(self.projection.name) from fault
        if self._newly_parked:
            connection.execute(insert(PARKED), self._newly_parked)

    def written(self, ordinal: int) -> None:
        """Records that the rows written up to `ordinal` are committed."""
        self._rows.written(few=self._is_at_end)
        self._newly_parked.clear()
        self.ordinal, self.digest = ordinal, self._digest_at(ordinal)

    def _digest_at(self, ordinal: int) -> bytes:
        return self._digests.get(ordinal, b"")

    def _stored(self) -> int:
        with reading(self.engine) as connection:
            return connection.execute(select(CURSORS.c.ordinal).where(self._here)).scalar() or 0

    def _of_this_history(self, connection: Connection, row: Any, digest: bytes | None) -> Any:
        """The cursor; where the log holds other events up to its ordinal, the cursor of the emptied build."""
        if is_continued(row.prefix, digest):
            return row
        message = "alert: read model %s was made from the events up to ordinal %d, and this log %s: it is built again"
        found = "ends before that ordinal" if digest is None else "holds other events among these"
        kind = {"alert": "READ_MODEL_REBUILT"}
        _log.error(message, self.projection.name, row.ordinal, found, extra=kind)
        restart(connection, self.projection, self.build, self.partition)
        self.restarts += 1
        return connection.execute(select(CURSORS).where(self._here)).one()

    def _begin(self, connection: Connection, log_id: str, storage: str) -> None:
        on_record = select(BUILDS.c.id).where(BUILDS.c.id == self.build.id)
        if connection.execute(on_record).first() is None:
            raise Dropped(self.projection.name)
        begun = {
            "build_id": self.build.id,
            "partition": self.partition,
            "ordinal": 0,
            "log_id": log_id,
            "storage": storage,
        }
        connection.execute(insert_unless_there(connection, CURSORS).values(begun))

    def _await(self, recorded: Recorded, error: str) -> None:
        meta = recorded.envelope.meta
        self._newly_parked.append(
            {
                "build_id": self.build.id,
                "partition": self.partition,
                "ordinal": recorded.ordinal,
                "sequence": self._sequence(meta),
                "event_id": str(meta.event_id),
                "type": type(recorded.envelope.event).__name__,
                "error": error,
                "state": ParkedState.PARKED.value,
                "reason": "",
            }
        )

    def _load(self, table: str, key: Key) -> Row | None:
        if self._reading is None:
            self._reading = snapshot(self.engine)
        return self._keeper.load(self._reading, table, key)

    def _close_reading(self) -> None:
        if self._reading is not None:
            self._reading.close()
            self._reading = None

    def _forget(self) -> None:
        self._close_reading()
        self._rows.forget()
        self._newly_parked.clear()


def commit_together(works: Sequence[Work], ordinal: int) -> None:
    """Commits works of one store that are at the same ordinal in one transaction. Raises what `Work.commit` raises;
    then no work is committed.

    On PostgreSQL the commit is asynchronous: a crash of the server may undo it. Ordinal and rows are undone together,
    and the events are read from the log again.
    """
    with writing(works[0].engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL synchronous_commit = off"))
        for work in works:
            work.write(connection, ordinal)
    for work in works:
        work.written(ordinal)


def error_text(fault: BaseException) -> str:
    """The text of an error, as recorded with a parked event: its type and message, then type and message of its
    cause."""
    line = f"{type(fault).__name__}: {fault}"
    return line if fault.__cause__ is None else f"{line} ({error_text(fault.__cause__)})"


def parked_sequences(connection: Connection, build_id: int, partition: int) -> set[str]:
    """The parked sequences of a build."""
    here = (PARKED.c.build_id == build_id) & (PARKED.c.partition == partition)
    waiting = here & (PARKED.c.state == ParkedState.PARKED.value)
    return set(connection.execute(select(PARKED.c.sequence).where(waiting).distinct()).scalars())


def works(
    engine: Engine, builds: Sequence[Build], projections: Mapping[str, Projection], partition: int
) -> list[Work]:
    """A `Work` for each of the builds that has the fingerprint of this program's projection."""
    return [
        Work(engine, projections[build.projection], build, partition)
        for build in builds
        if build.projection in projections and projections[build.projection].fingerprint == build.fingerprint
    ]
