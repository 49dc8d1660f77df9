"""A history: a read model's rows as of every checkpoint, so that a query about the past folds few events.

Checkpoint k is the ordinal k * INTERVAL of the log. A row is valid from the checkpoint that first wrote it until the
checkpoint that replaced it: as of checkpoint c the rows with `since <= c` and (`until` NULL or `until > c`) are valid.
A row's values between two checkpoints are not stored; `projections.as_of` folds them from the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Table,
    bindparam,
    delete,
    or_,
    select,
    true,
    update,
)

from domain.errors import Refused
from domain.log import Recorded
from projections.bookkeeping import CURSORS, PARKED, BuildKind, ParkedState
from projections.builds import SINCE, UNTIL, Build, tables_of
from projections.faults import Overtaken, Unwritable, is_passing
from projections.projection import Fold, Key, Projection, Row, Rows
from projections.rows import MemoryRows
from projections.store import reading, writing
from projections.tables import TableSpec
from projections.work import DigestAt, Work, unknown
from projections.writing import write_rows

INTERVAL = 2_000
"""Events between two checkpoints. A new value must be a multiple of this one, so that every new checkpoint is also a
checkpoint of the histories in existing stores."""

_OWN = {"partition", SINCE, UNTIL}
_TRIAL = 0
"""`since` of rows that are written only as a trial and rolled back. No other row has this value, as no row exists
before the first event."""


def is_valid_at(
    rows: FromClause, partition: int, checkpoint: int, ordinal: int | None = None
) -> ColumnElement[bool]:
    """Whether a row of a history's table is valid as of a checkpoint. `ordinal` is given where `rows` also contains
    rows that were folded from later events, up to that ordinal.

    The condition on the column `ordinal` excludes no valid row; with it a list starts at the right place of the index.
    """
    ended = rows.c[UNTIL]
    valid = (rows.c[SINCE] <= checkpoint) & or_(ended.is_(None), ended > checkpoint)
    no_later = rows.c.ordinal <= (ordinal or checkpoint) if "ordinal" in rows.c else true()
    return (rows.c.partition == partition) & valid & no_later


def row_at(
    connection: Connection, table: Table, spec: TableSpec, partition: int, checkpoint: int, key: Key
) -> Row | None:
    """The row with this key as of a checkpoint; None where the key had no row then."""
    return _found(connection, table, spec, is_valid_at(table, partition, checkpoint), key)


def added_row_at(
    connection: Connection, table: Table, spec: TableSpec, partition: int, ordinal: int, key: Key
) -> Row | None:
    """The same for a live table whose rows are only added (`Projection.is_added_to`), as of an ordinal."""
    return _found(
        connection, table, spec, (table.c.partition == partition) & (table.c.ordinal <= ordinal), key
    )


def _found(
    connection: Connection, table: Table, spec: TableSpec, here: ColumnElement[bool], key: Key
) -> Row | None:
    named = [table.c[name] == value for name, value in zip(spec.key, key, strict=True)]
    row = connection.execute(select(*_columns(table)).where(here, *named)).mappings().first()
    return None if row is None else {str(name): value for name, value in row.items()}


def _columns(table: Table) -> Sequence[ColumnElement[Any]]:
    return [column for column in table.columns if column.name not in _OWN]


class Checkpoints:
    """A `projections.work.Keeper` that stores each row as of every checkpoint."""

    def __init__(self, tables: Mapping[str, Table], specs: Sequence[TableSpec], partition: int) -> None:
        self._tables = tables
        self._specs = {spec.name: spec for spec in specs}
        self._partition = partition

    def load(self, connection: Connection, table: str, key: Key) -> Row | None:
        """See `Keeper`: the latest version of the row."""
        found, spec = self._tables[table], self._specs[table]
        named = [found.c[name] == value for name, value in zip(spec.key, key, strict=True)]
        here = (found.c.partition == self._partition) & found.c[UNTIL].is_(None)
        row = connection.execute(select(*_columns(found)).where(here, *named)).mappings().first()
        return None if row is None else {str(name): value for name, value in row.items()}

    def write(self, connection: Connection, rows: MemoryRows, ordinal: int) -> None:
        """See `Keeper`: the new versions of changed rows are valid from the checkpoint `ordinal` on."""
        for name, changed, stored in rows.changes():
            if name not in self._tables:
                continue
            table = self._tables[name]
            self._end(
                connection, table, self._specs[name], [key for key in changed if key in stored], ordinal
            )
            self._begin(connection, table, changed, ordinal)

    def try_out(self, connection: Connection, rows: Mapping[str, Mapping[Key, Row]]) -> None:
        """Writes the rows and rolls them back; raises the database's error where the database refuses them."""
        with connection.begin_nested() as trial:
            for name in rows.keys() & self._tables.keys():
                self._begin(connection, self._tables[name], rows[name], _TRIAL)
            trial.rollback()

    def _begin(self, connection: Connection, table: Table, rows: Mapping[Key, Row], ordinal: int) -> None:
        standing = {key: {**row, SINCE: ordinal, UNTIL: None} for key, row in rows.items()}
        write_rows(connection, table, self._partition, standing, set())

    def _end(
        self, connection: Connection, table: Table, spec: TableSpec, keys: Sequence[Key], ordinal: int
    ) -> None:
        if not keys:
            return
        named = [table.c[name] == bindparam(f"key_{name}") for name in spec.key]
        here = (table.c.partition == self._partition) & table.c[UNTIL].is_(None)
        ended = update(table).where(here, *named).values({UNTIL: ordinal})
        names = [f"key_{name}" for name in spec.key]
        connection.execute(ended, [dict(zip(names, key, strict=True)) for key in keys])


class HistoryWork(Work):
    """The work of a history: it writes rows only as of checkpoints, wherever the runner's batches end.

    `ordinal` is the ordinal of the last event received; the store's cursor is always a checkpoint. Rows that changed
    after that checkpoint are in memory only. If the process ends, nothing is lost, because the log holds the events.
    """

    def __init__(
        self, engine: Engine, projection: Projection, build: Build, partition: int, interval: int = INTERVAL
    ) -> None:
        self._kept = Checkpoints(tables_of(projection, build), projection.tables, partition)
        super().__init__(engine, projection, build, partition, self._kept)
        self._interval = interval
        self._checkpoint = 0
        self._later: list[tuple[Fold, Recorded]] = []
        self._writing: Connection | None = None
        self._is_unconfirmed = False
        self._tried_out_upto = 0
        self._discarded: set[int] = set()

    def resume(self, log_id: str, storage: str = "", digest_at: DigestAt = unknown) -> int:
        """See `Work`."""
        self._later.clear()
        self._is_unconfirmed = False
        self._checkpoint = super().resume(log_id, storage, digest_at)
        self._discarded = self._discarded_ordinals()
        return self._checkpoint

    def fold(self, fold: Fold, recorded: Recorded) -> None:
        """See `Work`; an event after the next checkpoint is held back until that checkpoint is written."""
        if recorded.ordinal > self._next():
            self._later.append((fold, recorded))
        elif recorded.ordinal not in self._discarded:
            super().fold(
                self._tried_out(fold) if recorded.ordinal <= self._tried_out_upto else fold, recorded
            )

    def write(self, connection: Connection, ordinal: int) -> None:
        """See `Work`: writes the rows of every new checkpoint up to `ordinal`; nothing where none was reached."""
        if self._is_unconfirmed:
            raise Overtaken(self.projection.name)
        held, self._is_unconfirmed = self.ordinal, ordinal >= self._next()
        self._close_reading()
        self._writing, last = connection, self._checkpoint
        try:
            while self._next() <= ordinal:
                self._write_next(connection)
        except Unwritable as refused:
            self._fold_again(refused)
            raise Overtaken(self.projection.name) from refused
        finally:
            self.ordinal, self._writing, self._checkpoint = held, None, last

    def written(self, ordinal: int) -> None:
        """See `Work`."""
        self._checkpoint = max(self._checkpoint, ordinal - ordinal % self._interval)
        self._is_unconfirmed = False
        self.ordinal, self.digest = ordinal, self._digest_at(ordinal)

    def _write_next(self, connection: Connection) -> None:
        self.ordinal, checkpoint = self._checkpoint, self._next()
        super().write(connection, checkpoint)
        super().written(checkpoint)
        self._checkpoint = checkpoint
        waiting, self._later = self._later, []
        for fold, recorded in waiting:
            self.fold(fold, recorded)

    def _discarded_ordinals(self) -> set[int]:
        """The ordinals of events that a person has discarded. They stay discarded when the history is rewound."""
        beyond = _parked(self.build, self.partition) & (PARKED.c.ordinal > self._checkpoint)
        discarded = beyond & (PARKED.c.state == ParkedState.DISCARDED.value)
        with reading(self.engine) as connection:
            return set(connection.execute(select(PARKED.c.ordinal).where(discarded)).scalars())

    def _fold_again(self, refused: Unwritable) -> None:
        """Sets the interval to be folded again, with a trial write after each event.
        Raises the database's error where the interval was already folded like this: no single event causes it then.
        """
        if self._tried_out_upto >= self._next():
            raise refused.__cause__ or refused
        self._tried_out_upto = self._next()

    def _tried_out(self, fold: Fold) -> Fold:
        """A fold that also writes its rows as a trial, so that exactly the event with refused rows is parked.

        It is used after the database has refused the rows of a whole interval.
        """

        def tried(rows: Rows, recorded: Recorded) -> None:
            fold(rows, recorded)
            with self._trial() as connection:
                self._try_out(connection)

        return tried

    def _trial(self) -> AbstractContextManager[Connection]:
        return writing(self.engine) if self._writing is None else nullcontext(self._writing)

    def _try_out(self, connection: Connection) -> None:
        try:
            self._kept.try_out(connection, self._rows.put_last())
        except Exception as fault:
            if is_passing(self.engine, fault):
                raise
            raise Unwritable(self.projection.name) from fault

    def _next(self) -> int:
        return self._checkpoint - self._checkpoint % self._interval + self._interval

    def _load(self, table: str, key: Key) -> Row | None:
        """Reads within the writing transaction, if one is open, because only that transaction sees its uncommitted
        rows."""
        if self._writing is not None:
            return self._keeper.load(self._writing, table, key)
        return super()._load(table, key)


def works(
    engine: Engine,
    builds: Sequence[Build],
    projections: Mapping[str, Projection],
    partition: int,
    interval: int = INTERVAL,
) -> list[HistoryWork]:
    """A `HistoryWork` for each history among the builds that has the fingerprint of this program's projection."""
    return [
        HistoryWork(engine, projections[build.projection], build, partition, interval)
        for build in builds
        if build.kind is BuildKind.HISTORY
        and build.projection in projections
        and projections[build.projection].fingerprint == build.fingerprint
    ]


def rewind(
    connection: Connection,
    projection: Projection,
    build: Build,
    partition: int,
    before: int,
    interval: int = INTERVAL,
) -> int:
    """Takes a history back to its last checkpoint before the ordinal `before`; returns that checkpoint.

    Rows and records of parked events after the checkpoint are deleted. The runner then folds all events after the
    checkpoint again, except discarded ones. So the rows of a parked sequence are corrected for past ordinals, too.
    Raises Refused for a build that is not a history.
    """
    if build.kind is not BuildKind.HISTORY:
        raise Refused(
            f"build {build.id} of {build.projection} is not a history: it has no checkpoint to go back to"
        )
    checkpoint = (before - 1) // interval * interval
    for table in tables_of(projection, build).values():
        own = table.c.partition == partition
        connection.execute(delete(table).where(own & (table.c[SINCE] > checkpoint)))
        connection.execute(update(table).where(own & (table.c[UNTIL] > checkpoint)).values({UNTIL: None}))
    waits = _parked(build, partition) & (PARKED.c.state == ParkedState.PARKED.value)
    connection.execute(delete(PARKED).where(waits & (PARKED.c.ordinal > checkpoint)))
    here = (CURSORS.c.build_id == build.id) & (CURSORS.c.partition == partition)
    further = here & (CURSORS.c.ordinal > checkpoint)
    moved = {"ordinal": checkpoint, "epoch": CURSORS.c.epoch + 1, "prefix": ""}
    connection.execute(update(CURSORS).where(further).values(moved))
    return checkpoint


def _parked(build: Build, partition: int) -> ColumnElement[bool]:
    return (PARKED.c.build_id == build.id) & (PARKED.c.partition == partition)
