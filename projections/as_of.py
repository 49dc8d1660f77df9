"""The read models as they stood at an ordinal of the log: folded from exactly the events up to there.

A projection is folded on from its history's last checkpoint before the ordinal, in memory; what that changed takes
the place of the checkpoint's rows. Nothing is read of the tables of today, so what was recorded later, however early
it happened, is not there. Without a history the fold begins with the first event: slower, and the same.

What waits or was discarded in the live build is left out here too, and an event that cannot be folded is parked in
the same way: its sequence's rows stand as they stood before it, all others go on. So the last ordinal is told as now.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    MetaData,
    PrimaryKeyConstraint,
    Select,
    Table,
    exists,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.exc import SQLAlchemyError

from domain.errors import InvalidInput
from projections.bookkeeping import CURSORS, PARKED, BuildKind, ParkedState
from projections.builds import SINCE, UNTIL, Build, live, tables_of
from projections.columns import COUNT, optional
from projections.history import INTERVAL, row_at, stands
from projections.past import Past
from projections.projection import Key, Projection, Row
from projections.rows import MemoryRows
from projections.tables import TableSpec
from projections.writing import write_rows

_log = logging.getLogger(__name__)

_NOW = 0
"""What changed since the checkpoint stands from none: no row of a history stands from 0."""
_HASHED = 10_000
"""Keys of which PostgreSQL makes a hash in the memory a query has by default."""


class _Base(NamedTuple):
    """The history that a fold goes on from; `checkpoint` 0 and no tables where there is none."""

    checkpoint: int
    tables: Mapping[str, Table]


@dataclass(frozen=True, slots=True)
class _Folded:
    base: _Base
    rows: MemoryRows


class AsOf:
    """One moment of the past (`projections.source.Source`); valid while its connection is."""

    def __init__(
        self,
        connection: Connection,
        past: Past,
        log_id: str,
        projections: Mapping[str, Projection],
        partition: int,
        interval: int = INTERVAL,
    ) -> None:
        """`log_id` names the log of `past`; a history of another one is refused with InvalidInput when it is met."""
        self.connection = connection
        self._past = past
        self._log_id = log_id
        self._partition = partition
        self._interval = interval
        self._owner = {spec.name: (one, spec) for one in projections.values() for spec in one.tables}
        self._histories = live(connection, BuildKind.HISTORY)
        self._builds = live(connection)
        self._folded: dict[str, _Folded] = {}
        self._answers: dict[str, FromClause] = {}
        self._changed = MetaData()

    @property
    def ordinal(self) -> int:
        """See `Source`."""
        return self._past.ordinal

    def table(self, name: str) -> FromClause:
        """See `Source`."""
        if name not in self._answers:
            projection, spec = self._owner[name]
            if projection.name not in self._folded:
                self._folded[projection.name] = self._fold(projection)
            self._answers[name] = self._answer(self._folded[projection.name], spec)
        return self._answers[name]

    def close(self) -> None:
        """Leaves nothing behind on the connection."""
        self._changed.drop_all(self.connection)

    def _fold(self, projection: Projection) -> _Folded:
        base = self._base(projection)
        specs = {spec.name: spec for spec in projection.tables}

        def load(table: str, key: Key) -> Row | None:
            if not base.tables:
                return None
            at = (self._partition, base.checkpoint, key)
            return row_at(self.connection, base.tables[table], specs[table], *at)

        rows = MemoryRows(projection.tables, load)
        self._fold_on(projection, rows, base.checkpoint)
        return _Folded(base, rows)

    def _fold_on(self, projection: Projection, rows: MemoryRows, after: int) -> None:
        parked, left_out = self._set_aside(projection, after)
        sequence_of = projection.order.sequence
        for recorded in self._past.events(after):
            fold = projection.folds.get(type(recorded.envelope.event))
            if fold is None or recorded.ordinal in left_out:
                continue
            sequence = sequence_of(recorded.envelope.meta)
            if sequence in parked:
                continue
            try:
                fold(rows, recorded)
            except SQLAlchemyError:
                raise
            except Exception:  # noqa: BLE001  (whatever it is: the sequence waits, as in a live build)
                rows.undo()
                parked.add(sequence)
                told = "%s as of %d leaves out %s from ordinal %d on"
                _log.exception(told, projection.name, self.ordinal, sequence, recorded.ordinal)
            else:
                rows.kept()

    def _base(self, projection: Projection) -> _Base:
        history = self._histories.get(projection.name)
        if history is None or history.fingerprint != projection.fingerprint:
            return _Base(0, {})
        reached = min(self._reached(history), self.ordinal)
        checkpoint = reached - reached % self._interval
        return _Base(checkpoint, tables_of(projection, history)) if checkpoint else _Base(0, {})

    def _reached(self, build: Build) -> int:
        here = (CURSORS.c.build_id == build.id) & (CURSORS.c.partition == self._partition)
        cursor = self.connection.execute(select(CURSORS).where(here)).first()
        if cursor is None:
            return 0
        if cursor.log_id != self._log_id:
            raise InvalidInput(
                f"the store's history of {build.projection} was made from log {cursor.log_id}, and this is log "
                f"{self._log_id}: choose another store with --store"
            )
        return int(cursor.ordinal)

    def _set_aside(self, projection: Projection, checkpoint: int) -> tuple[set[str], set[int]]:
        """The sequences that waited at the checkpoint, and the ordinals after it that were left out."""
        of = self._ids(self._histories, projection)
        waiting = self._parked(of) & (PARKED.c.ordinal <= checkpoint)
        waiting &= PARKED.c.state == ParkedState.PARKED.value
        left_out = self._parked([*of, *self._ids(self._builds, projection)]) & (PARKED.c.ordinal > checkpoint)
        run = self.connection.execute
        return (
            set(run(select(PARKED.c.sequence).where(waiting).distinct()).scalars()),
            set(run(select(PARKED.c.ordinal).where(left_out)).scalars()),
        )

    def _ids(self, builds: Mapping[str, Build], projection: Projection) -> list[int]:
        build = builds.get(projection.name)
        return [] if build is None or build.fingerprint != projection.fingerprint else [build.id]

    def _parked(self, builds: list[int]) -> ColumnElement[bool]:
        return PARKED.c.build_id.in_(builds) & (PARKED.c.partition == self._partition)

    def _answer(self, folded: _Folded, spec: TableSpec) -> FromClause:
        """The checkpoint's rows but for those that changed, and these.

        What is asked of it must find its way to the indexes of a history: so both parts of the UNION are bare tables
        of one shape, and what holds for their rows is said outside (PostgreSQL then merges them in order).
        """
        changed, table = folded.rows.tables[spec.name].dirty, folded.base.tables.get(spec.name)
        if table is None:
            return self._chosen(self._write(spec, changed), spec).subquery(spec.name)
        if not changed:
            standing = stands(table, self._partition, folded.base.checkpoint)
            return self._chosen(table, spec).where(standing).subquery(spec.name)
        own = self._write(spec, changed)
        both = union_all(select(*table.columns), select(*own.columns)).subquery(f"{spec.name}_past")
        kept = (both.c[SINCE] == _NOW) | _not_among(both, own, spec.key, len(changed))
        standing = stands(both, self._partition, folded.base.checkpoint, self.ordinal)
        return self._chosen(both, spec).where(standing, kept).subquery(spec.name)

    def _chosen(self, rows: FromClause, spec: TableSpec) -> Select[tuple[Any, ...]]:
        return select(*(rows.c[name] for name in spec.columns))

    def _write(self, spec: TableSpec, rows: Mapping[Key, Row]) -> Table:
        """The rows in a table of this connection's own, of the shape of a history's."""
        kinds = {"partition": COUNT, **spec.columns, SINCE: COUNT, UNTIL: optional(COUNT)}
        columns = [Column(name, kind.type(), nullable=kind.nullable) for name, kind in kinds.items()]
        key = PrimaryKeyConstraint(*spec.key)
        table = Table(f"{spec.name}_as_of", self._changed, *columns, key, prefixes=["TEMPORARY"])
        table.create(self.connection)
        write_rows(
            self.connection,
            table,
            self._partition,
            {key: {**row, SINCE: _NOW, UNTIL: None} for key, row in rows.items()},
            set(),
        )
        return table


def _not_among(rows: FromClause, own: Table, key: Sequence[str], count: int) -> ColumnElement[bool]:
    """Whether a row's key is none of those that changed.

    NOT IN is looked up in a hash row by row, which leaves the order of an index alone; of very many PostgreSQL would
    make no hash.
    """
    named, others = [rows.c[name] for name in key], [own.c[name] for name in key]
    if count > _HASHED:
        return ~exists().where(*(one == other for one, other in zip(named, others, strict=True)))
    return (tuple_(*named) if len(key) > 1 else named[0]).not_in(select(*others))
