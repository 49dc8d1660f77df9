"""The read models as of an ordinal of the log: folded from exactly the events up to that ordinal.

The fold starts from the projection's last checkpoint at or before the ordinal and runs in memory; the rows that it
changes replace the checkpoint's rows. The live tables are not read, so an event recorded after the ordinal is never
included, whenever it occurred. Without a history the fold starts from the first event: slower, with the same result.

An event that is parked or discarded in the live build is left out here, too. An event that cannot be folded parks its
sequence: the rows of the sequence stay as they were before that event, and all other sequences are still folded. So as
of the last ordinal the rows equal those of the live build.
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
from projections.belonging import ANOTHER
from projections.bookkeeping import CURSORS, PARKED, BuildKind, ParkedState
from projections.builds import SINCE, UNTIL, Build, live, tables_of
from projections.columns import COUNT, optional
from projections.history import INTERVAL, added_row_at, is_valid_at, row_at
from projections.past import Past
from projections.projection import Key, Projection, Row
from projections.questions.cursor import Cursors
from projections.rows import MemoryRows
from projections.tables import TableSpec
from projections.writing import write_rows

_log = logging.getLogger(__name__)

_NOW = 0
"""`since` of the rows that changed after the checkpoint; no row of a history has `since` 0."""
_HASHED = 10_000
"""The largest number of keys that PostgreSQL hashes within the default memory of a query."""


class _Base(NamedTuple):
    """The ordinal that a fold starts from, and the tables of the history, or of the live build where a table is only
    added to; 0 and no tables where there is none. `added` is the ordinal that the tables of the live build include."""

    checkpoint: int
    tables: Mapping[str, Table]
    added: int = 0


@dataclass(frozen=True, slots=True)
class _Folded:
    base: _Base
    rows: MemoryRows


class AsOf:
    """A `projections.source.Source` as of one ordinal; valid while its connection is open."""

    def __init__(
        self,
        connection: Connection,
        past: Past,
        log_id: str,
        projections: Mapping[str, Projection],
        partition: int,
        cursors: Cursors,
        interval: int = INTERVAL,
    ) -> None:
        """`log_id` is the id of the log that `past` reads. A history made from another log raises InvalidInput when one
        of its tables is queried."""
        self.connection = connection
        self.cursors = cursors
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
        """Drops the temporary tables."""
        self._changed.drop_all(self.connection)

    def _fold(self, projection: Projection) -> _Folded:
        base = self._base(projection)
        specs = {spec.name: spec for spec in projection.tables}

        def load(table: str, key: Key) -> Row | None:
            if not base.tables:
                return None
            at = (self._partition, base.checkpoint, key)
            find = added_row_at if specs[table].is_added_to else row_at
            return find(self.connection, base.tables[table], specs[table], *at)

        rows = MemoryRows(projection.tables, load)
        self._fold_on(projection, rows, base.checkpoint)
        return _Folded(base, rows)

    def _fold_on(self, projection: Projection, rows: MemoryRows, after: int) -> None:
        parked, left_out = self._left_out(projection, after)
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
            except Exception:  # noqa: BLE001  (any error parks the sequence, as in a live build)
                rows.undo()
                parked.add(sequence)
                message = "%s as of %d leaves out %s from ordinal %d on"
                _log.exception(message, projection.name, self.ordinal, sequence, recorded.ordinal)
            else:
                rows.kept()

    def _base(self, projection: Projection) -> _Base:
        upto, live_tables = self._built(self._builds, projection)
        if projection.is_added_to:
            return _Base(upto, live_tables, upto)
        reached, tables = self._built(self._histories, projection)
        added = {spec.name for spec in projection.tables if spec.is_added_to}
        reached = min(reached, upto) if added else reached
        checkpoint = reached - reached % self._interval
        if not checkpoint:
            return _Base(0, {})
        return _Base(checkpoint, {**tables, **{name: live_tables[name] for name in added}}, upto)

    def _built(self, builds: Mapping[str, Build], projection: Projection) -> tuple[int, Mapping[str, Table]]:
        """The ordinal that a build includes, at most the wanted one, and its tables; none where it includes nothing."""
        build = builds.get(projection.name)
        if build is None or build.fingerprint != projection.fingerprint:
            return 0, {}
        reached = min(self._reached(build), self.ordinal)
        return (reached, tables_of(projection, build)) if reached else (0, {})

    def _reached(self, build: Build) -> int:
        here = (CURSORS.c.build_id == build.id) & (CURSORS.c.partition == self._partition)
        cursor = self.connection.execute(select(CURSORS).where(here)).first()
        if cursor is None:
            return 0
        if cursor.log_id != self._log_id:
            raise InvalidInput(
                f"the store's {build.projection} was made from log {cursor.log_id}, and this is log "
                f"{self._log_id}: name another store, as {ANOTHER}"
            )
        return int(cursor.ordinal)

    def _left_out(self, projection: Projection, checkpoint: int) -> tuple[set[str], set[int]]:
        """The sequences parked at the checkpoint, and the ordinals after it that were parked or discarded."""
        of = self._ids(self._builds if projection.is_added_to else self._histories, projection)
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
        """The checkpoint's unchanged rows together with the changed rows.

        A condition on the result must be able to use the indexes of a history. So both parts of the UNION are whole
        tables with the same columns, and the conditions are outside the UNION. PostgreSQL then merges both parts in
        order.
        """
        changed, table = folded.rows.tables[spec.name].dirty, folded.base.tables.get(spec.name)
        if table is None:
            return self._chosen(self._write(spec, changed), spec).subquery(spec.name)
        if SINCE not in table.c:
            later = {key: row for key, row in changed.items() if row["ordinal"] > folded.base.added}
            return self._added_to(table, spec, later)
        if not changed:
            valid = is_valid_at(table, self._partition, folded.base.checkpoint)
            return self._chosen(table, spec).where(valid).subquery(spec.name)
        own = self._write(spec, changed)
        both = union_all(select(*table.columns), select(*own.columns)).subquery(f"{spec.name}_past")
        kept = (both.c[SINCE] == _NOW) | _not_among(both, own, spec.key, len(changed))
        valid = is_valid_at(both, self._partition, folded.base.checkpoint, self.ordinal)
        return self._chosen(both, spec).where(valid, kept).subquery(spec.name)

    def _added_to(self, table: Table, spec: TableSpec, added: Mapping[Key, Row]) -> FromClause:
        """The live table's rows up to the ordinal, and the rows of later events that the live build lacks."""
        rows: FromClause = table
        if added:
            own = self._write(spec, added)
            columns = [table.c.partition, *(table.c[name] for name in spec.columns)]
            ours = [own.c.partition, *(own.c[name] for name in spec.columns)]
            rows = union_all(select(*columns), select(*ours)).subquery(f"{spec.name}_past")
        here = (rows.c.partition == self._partition) & (rows.c.ordinal <= self.ordinal)
        return self._chosen(rows, spec).where(here).subquery(spec.name)

    def _chosen(self, rows: FromClause, spec: TableSpec) -> Select[tuple[Any, ...]]:
        return select(*(rows.c[name] for name in spec.columns))

    def _write(self, spec: TableSpec, rows: Mapping[Key, Row]) -> Table:
        """The rows in a temporary table with the columns of a history's table."""
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
    """Whether a row's key is not among the changed keys.

    For NOT IN, PostgreSQL looks up each row's key in a hash table and keeps the order of an index. It builds no hash
    table for more than `_HASHED` keys, so NOT EXISTS is used for those.
    """
    named, others = [rows.c[name] for name in key], [own.c[name] for name in key]
    if count > _HASHED:
        return ~exists().where(*(one == other for one, other in zip(named, others, strict=True)))
    return (tuple_(*named) if len(key) > 1 else named[0]).not_in(select(*others))
