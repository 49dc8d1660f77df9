"""Parked sequences: what waits of a read model because one of its events could not be folded.

They are listed, shown, retried and discarded while a runner is at work on the same build: each of these is one
transaction that ends what the runner has in memory (the cursor's epoch), so nothing is skipped and nothing reordered.
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
from projections.work import Today, told_of

_NEAR = 500
"""Parked events that are no further apart are read in one go, with what lies between them."""


@dataclass(frozen=True, slots=True)
class ParkedSequence:
    """What waits of one sequence: how many events, from which ordinal on, and why the first of them failed."""

    build: Build
    partition: int
    sequence: str
    events: int
    first: int
    error: str


@dataclass(frozen=True, slots=True)
class ParkedEvent:
    """An event that waits, or that was discarded for `reason`; one that only waits behind another has no `error`."""

    ordinal: int
    event_id: str
    type: str
    error: str
    state: ParkedState
    reason: str


@dataclass(frozen=True, slots=True)
class Retried:
    """How many events were projected, and how many wait still, the first of them because of `error`."""

    projected: int
    waiting: int
    error: str


def sequences(connection: Connection, partition: int) -> Sequence[ParkedSequence]:
    """Every sequence that waits, of every build, in the order in which they were parked."""
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
    """The events of a sequence that wait or were discarded, in their order."""
    found = select(PARKED).where(_of(build, partition, sequence)).order_by(PARKED.c.ordinal)
    return [
        ParkedEvent(row.ordinal, row.event_id, row.type, row.error, ParkedState(row.state), row.reason)
        for row in connection.execute(found)
    ]


def retry(
    engine: Engine, log: LogReader, projection: Projection, build: Build, partition: int, sequence: str
) -> Retried:
    """Folds all that waits of a sequence, in order, and writes it in one transaction with what is then left of it.

    A history goes back to before the first of them instead, and its runner folds them with all that came since.
    Raises Refused where nothing of it waits, or where the build is not of the projection as it is today.
    """
    if build.fingerprint != projection.fingerprint:
        raise Refused(
            f"build {build.id} of {build.projection} was made otherwise than this program makes it: "
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
    """Gives up all that waits of a sequence, for a reason that is kept; returns how many events that were.

    What comes later of it is projected again. Raises Refused where nothing waits, InvalidInput without a reason.
    """
    if not reason.strip():
        raise InvalidInput("events are discarded for a reason: say which with --reason")
    given_up = {"state": ParkedState.DISCARDED.value, "reason": reason.strip()}
    with writing(engine) as connection:
        _stop(connection, build, partition)
        waiting = _waiting(build, partition, sequence)
        count = connection.execute(update(PARKED).where(waiting).values(given_up)).rowcount
        if count == 0:
            raise _nothing_waits(build, sequence)
    return count


class _Attempt:
    """One retry, within one transaction."""

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
        """All of it at once; None where the database does not take the rows, and one of them has to be found."""
        rows = self._rows()
        folded, fault = self._fold(rows, self._events)
        return None if self._refused(rows) else self._left(folded, fault)

    def one_by_one(self) -> Retried:
        """Each event's rows by themselves, up to the one that is refused."""
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
        """How many could be folded, and why the next one could not."""
        count = 0
        for recorded in events:
            try:
                self._projection.folds[type(recorded.envelope.event)](rows, recorded)
            except SQLAlchemyError:
                raise
            except Exception as fault:  # noqa: BLE001  (whatever it is, it is kept with the event)
                rows.undo()
                return count, fault
            rows.kept()
            count += 1
        return count, None

    def _refused(self, rows: MemoryRows) -> Exception | None:
        """Writes the rows; what the database says where it does not take them."""
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
        error = told_of(fault)
        failed = self._here & (PARKED.c.ordinal == self._ordinals[projected])
        self._connection.execute(update(PARKED).where(failed).values(error=error))
        return Retried(projected, len(self._ordinals) - projected, error)


def _stop(connection: Connection, build: Build, partition: int) -> int:
    """Whoever runs this build begins anew from here; returns the ordinal, which stays until the transaction ends."""
    here = (CURSORS.c.build_id == build.id) & (CURSORS.c.partition == partition)
    begun = update(CURSORS).where(here).values(epoch=CURSORS.c.epoch + 1).returning(CURSORS.c.ordinal)
    ordinal = connection.execute(begun).scalar()
    if ordinal is None:
        raise Refused(
            f"build {build.id} of {build.projection} has projected nothing of partition {partition} yet"
        )
    return int(ordinal)


def _read(log: LogReader, ordinals: Sequence[int]) -> Iterator[Recorded]:
    wanted = set(ordinals)
    for _number, run in groupby(_runs(ordinals), key=lambda one: one[0]):
        near = [ordinal for _run, ordinal in run]
        yield from (one for one in log.read(near[0] - 1, near[-1]) if one.ordinal in wanted)


def _runs(ordinals: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Each ordinal with the number of its run of near ones."""
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
        f"nothing of {sequence!r} waits in build {build.id} of {build.projection}; "
        "`whence projections parked` lists what does"
    )
