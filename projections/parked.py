"""Parked sequences: an event that cannot be folded is parked, and so is every later event of its sequence.

Sequences are retried and discarded while a runner works on the same build. Each retry or discard is one transaction
that raises the cursor's epoch. The runner then discards the rows in its memory, so that no event is skipped or folded
out of order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from domain.errors import InvalidInput, Refused
from domain.log import LogReader, Recorded
from projections.bookkeeping import CURSORS, PARKED, BuildKind, ParkedState
from projections.builds import Build, builds, tables_of
from projections.faults import is_passing
from projections.history import rewind
from projections.projection import Projection
from projections.rows import MemoryRows
from projections.store import writing
from projections.work import Today, error_text

_NEAR = 500
"""Parked events whose ordinals are at most this far apart are read with one call, with the events between them."""


@dataclass(frozen=True, slots=True)
class ParkedSequence:
    """The parked events of one sequence: their number, and the ordinal and the error of the first."""

    build: Build
    partition: int
    sequence: str
    events: int
    first: int
    error: str


@dataclass(frozen=True, slots=True)
class ParkedEvent:
    """A parked event, or an event that was discarded for `reason`. `error` is empty if the event itself did not
    fail."""

    ordinal: int
    event_id: str
    type: str
    error: str
    state: ParkedState
    reason: str


@dataclass(frozen=True, slots=True)
class Retried:
    """How many events were projected, how many are still parked (`waiting`), and the error of the first parked one."""

    projected: int
    waiting: int
    error: str


def sequences(connection: Connection, partition: int) -> Sequence[ParkedSequence]:
    """Every parked sequence of every build, in the order in which they were parked."""
    by_id = {build.id: build for build in builds(connection)}
    waiting = (PARKED.c.partition == partition) & (PARKED.c.state == ParkedState.PARKED.value)
    of = (PARKED.c.build_id, PARKED.c.sequence)
    counted = (func.count().label("events"), func.min(PARKED.c.ordinal).label("first"))
    found = select(*of, *counted).where(waiting).group_by(*of).order_by("first", PARKED.c.build_id)
    return [
        ParkedSequence(
            by_id[row.build_id],
            partition,
            row.sequence,
            row.events,
            row.first,
            _error_at(connection, row.build_id, partition, row.first),
        )
        for row in connection.execute(found).all()
    ]


def _error_at(connection: Connection, build_id: int, partition: int, ordinal: int) -> str:
    here = (PARKED.c.build_id == build_id) & (PARKED.c.partition == partition) & (PARKED.c.ordinal == ordinal)
    return str(connection.execute(select(PARKED.c.error).where(here)).scalar_one())


def events(connection: Connection, build: Build, partition: int, sequence: str) -> Sequence[ParkedEvent]:
    """The parked and discarded events of a sequence, in the order of the log."""
    found = select(PARKED).where(_of(build, partition, sequence)).order_by(PARKED.c.ordinal)
    return [
        ParkedEvent(row.ordinal, row.event_id, row.type, row.error, ParkedState(row.state), row.reason)
        for row in connection.execute(found)
    ]


def retry(
    engine: Engine, log: LogReader, projection: Projection, build: Build, partition: int, sequence: str
) -> Retried:
    """Folds the parked events of a sequence in order, up to the first that fails. The rows and the remaining parked
    events are written in one transaction.

    A history is instead rewound to the last checkpoint before the first parked event; the runner folds it on from
    there. Raises Refused where no event of the sequence is parked, or where the build's fingerprint is not the
    projection's.
    """
    if build.fingerprint != projection.fingerprint:
        raise Refused(
            f"build {build.id} of {build.projection} was made by another version of this projection: "
            f"run `whence projections rebuild {build.projection}` instead"
        )
    with writing(engine) as connection:
        if build.kind is BuildKind.HISTORY:
            return _rewound(connection, projection, build, partition, sequence)
        attempt = _Attempt(connection, log, projection, build, partition, sequence)
        return attempt.whole() or attempt.one_by_one()


def _rewound(
    connection: Connection, projection: Projection, build: Build, partition: int, sequence: str
) -> Retried:
    own = select(func.count(), func.min(PARKED.c.ordinal)).where(_waiting(build, partition, sequence))
    count, first = connection.execute(own).one()
    if not count:
        raise _nothing_waits(build, sequence)
    rewind(connection, projection, build, partition, first)
    return Retried(count, 0, "")


def discard(engine: Engine, build: Build, partition: int, sequence: str, reason: str) -> int:
    """Discards the parked events of a sequence for a recorded reason; returns their number.

    New events of the sequence are projected from then on. Raises Refused where no event of the sequence is parked,
    InvalidInput without a reason.
    """
    if not reason.strip():
        raise InvalidInput("events are only discarded with a reason: give one with --reason")
    given_up = {"state": ParkedState.DISCARDED.value, "reason": reason.strip()}
    with writing(engine) as connection:
        _stop(connection, build, partition)
        waiting = _waiting(build, partition, sequence)
        count = connection.execute(update(PARKED).where(waiting).values(given_up)).rowcount
        if count == 0:
            raise _nothing_waits(build, sequence)
    return count


class _Attempt:
    """One retry of a parked sequence, within one transaction."""

    def __init__(
        self,
        connection: Connection,
        log: LogReader,
        projection: Projection,
        build: Build,
        partition: int,
        sequence: str,
    ) -> None:
        self._connection = connection
        self._projection = projection
        self._keeper = Today(tables_of(projection, build), partition)
        self._here = _waiting(build, partition, sequence)
        self._at = _stop(connection, build, partition)
        waiting = select(PARKED.c.ordinal).where(self._here).order_by(PARKED.c.ordinal)
        self._ordinals = list(connection.execute(waiting).scalars())
        if not self._ordinals:
            raise _nothing_waits(build, sequence)
        self._events = list(_read(log, self._ordinals))

    def whole(self) -> Retried | None:
        """Folds and writes all events at once; None where the database refuses the rows."""
        rows = self._rows()
        folded, fault = self._fold(rows, self._events)
        return None if self._refused(rows) else self._left(folded, fault)

    def one_by_one(self) -> Retried:
        """Folds and writes one event after the other, up to the first whose rows are refused."""
        rows = self._rows()
        for number, recorded in enumerate(self._events):
            _folded, fault = self._fold(rows, [recorded])
            fault = fault or self._refused(rows)
            if fault is not None:
                return self._left(number, fault)
            rows.written()
        return self._left(len(self._events), None)

    def _rows(self) -> MemoryRows:
        return MemoryRows(
            self._projection.tables, lambda table, key: self._keeper.load(self._connection, table, key)
        )

    def _fold(self, rows: MemoryRows, events: Iterable[Recorded]) -> tuple[int, Exception | None]:
        """The number of events folded, and the error of the next one; None where all were folded."""
        count = 0
        for recorded in events:
            try:
                self._projection.folds[type(recorded.envelope.event)](rows, recorded)
            except SQLAlchemyError:
                raise
            except Exception as fault:  # noqa: BLE001  (any error is recorded with the event)
                rows.undo()
                return count, fault
            rows.kept()
            count += 1
        return count, None

    def _refused(self, rows: MemoryRows) -> Exception | None:
        """Writes the rows; returns the database's error where the database refuses them, else None."""
        try:
            with self._connection.begin_nested():
                self._keeper.write(self._connection, rows, self._at)
        except Exception as fault:
            if is_passing(self._connection.engine, fault):
                raise
            return fault
        return None

    def _left(self, projected: int, fault: Exception | None) -> Retried:
        if projected:
            done = self._here & (PARKED.c.ordinal <= self._ordinals[projected - 1])
            self._connection.execute(delete(PARKED).where(done))
        if fault is None:
            return Retried(projected, 0, "")
        error = error_text(fault)
        failed = self._here & (PARKED.c.ordinal == self._ordinals[projected])
        self._connection.execute(update(PARKED).where(failed).values(error=error))
        return Retried(projected, len(self._ordinals) - projected, error)


def _stop(connection: Connection, build: Build, partition: int) -> int:
    """Raises the cursor's epoch, so that the runner resumes from the store; returns the locked cursor's ordinal."""
    here = (CURSORS.c.build_id == build.id) & (CURSORS.c.partition == partition)
    begun = update(CURSORS).where(here).values(epoch=CURSORS.c.epoch + 1).returning(CURSORS.c.ordinal)
    ordinal = connection.execute(begun).scalar()
    if ordinal is None:
        raise Refused(
            f"build {build.id} of {build.projection} has projected no event of partition {partition} yet"
        )
    return int(ordinal)


def _read(log: LogReader, ordinals: Sequence[int]) -> Iterator[Recorded]:
    wanted = set(ordinals)
    for _number, run in groupby(_runs(ordinals), key=lambda one: one[0]):
        near = [ordinal for _run, ordinal in run]
        yield from (one for one in log.read(near[0] - 1, near[-1]) if one.ordinal in wanted)


def _runs(ordinals: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Each ordinal with the number of its run: a new run begins after a distance of more than `_NEAR`."""
    run = 0
    for before, ordinal in zip([ordinals[0], *ordinals[:-1]], ordinals, strict=True):
        run += ordinal - before > _NEAR
        yield run, ordinal


def _of(build: Build, partition: int, sequence: str) -> ColumnElement[bool]:
    own = (PARKED.c.build_id == build.id) & (PARKED.c.partition == partition)
    return own & (PARKED.c.sequence == sequence)


def _waiting(build: Build, partition: int, sequence: str) -> ColumnElement[bool]:
    return _of(build, partition, sequence) & (PARKED.c.state == ParkedState.PARKED.value)


def _nothing_waits(build: Build, sequence: str) -> Refused:
    return Refused(
        f"no event of {sequence!r} is parked in build {build.id} of {build.projection}; "
        "`whence projections parked` lists those that are"
    )
