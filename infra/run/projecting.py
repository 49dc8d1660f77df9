"""Keeps the read models in a store up to date with a log, on a thread of its own.

projecting = Projecting(engine, reader)
projecting.start()
...
projecting.wait_until(ordinal, seconds=5)   # to read your own writes
...
projecting.stop()
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from adapters.log.recorder_log import RecordedLog
from domain.errors import LogUnavailable, Refused, StoreUnavailable, WhenceError
from infra.run.pace import Pace
from infra.run.rebuilding import WORKS
from infra.run.turn import turn_of
from projections.bookkeeping import BuildKind, BuildStatus
from projections.builds import Build, kept_up, retire_histories, switch
from projections.catalogue import PROJECTIONS
from projections.faults import is_passing
from projections.projection import Projection
from projections.runner import Projected, Runner
from projections.standing import Standing, left_out, standings
from projections.store import reading, writing
from projections.work import Work

_log = logging.getLogger(__name__)

_PATIENCE = 0.5
"""Seconds between two checks for new builds, for the turn (`infra/run/turn.py`) and for a stop."""
_GLANCE = 0.02
"""Seconds between two checks of the store's cursors while another process projects."""
_PAUSES = (0.1, 10.0)
"""The first and the longest pause after a fault, in seconds; each pause is twice the previous one."""


@dataclass(frozen=True, slots=True)
class Status:
    """How far a build has caught up with the log.

    `lag_seconds` is the age of the oldest event not yet projected, by this machine's clock; 0 where there is none.
    `rate` is events a second over the last ten seconds; 0 where another process projects.
    """

    projection: str
    build: int
    state: BuildStatus
    ordinal: int
    head: int
    lag_events: int
    lag_seconds: float
    rate: float
    parked_events: int
    parked_sequences: int


class Projecting:
    """Keeps every projection of the catalogue, with its history, up to date in one store with one log.

    Where the live build was made by an older version of a projection, a new build is made beside it. Once the new build
    has caught up, it replaces the live one. Several processes may run this for one store: one of them holds the turn
    and projects, the others wait for the turn.
    """

    def __init__(
        self,
        engine: Engine,
        reader: RecordedLog,
        projections: Mapping[str, Projection] = PROJECTIONS,
        partition: int = 0,
        kinds: Sequence[BuildKind] = (BuildKind.TODAY, BuildKind.HISTORY),
        projected: Projected | None = None,
    ) -> None:
        """`reader` is used from several threads; `stop` leaves it and the engine open. See `Runner`."""
        self._engine = engine
        self._reader = reader
        self.projections = projections
        self.partition = partition
        self._began_at = 0
        self._kinds = kinds
        self._turn = turn_of(engine, partition)
        self._runner = Runner(reader, (), projected, reader.storage, reader.frames)
        self._pace: dict[int, Pace] = {}
        self._stopping = threading.Event()
        self._moved = threading.Condition()
        self._moves = 0
        self._thread = threading.Thread(target=self._run, name=f"projecting {partition}", daemon=True)
        self.failure: Exception | None = None
        self.stands_by = False

    def start(self) -> None:
        """Creates missing builds and starts the thread.

        Raises InvalidInput where the store was made from another log, and the errors of an unavailable store or log.
        """
        retire_histories(self._engine, [one for one in self.projections.values() if one.is_added_to])
        self._take_up(self._builds())
        self._runner.start()
        self._began_at = self._reader.head()
        self._thread.start()

    @property
    def began_at(self) -> int:
        """The ordinal that every read model must include before it shows the whole log: that of the log's last event
        when `start` was called, or when read models were last emptied because the log was replaced."""
        return self._runner.restarted_at or self._began_at

    def stop(self) -> None:
        """Returns when the current batch is committed and the turn is released; idempotent."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def wait_until(self, ordinal: int, seconds: float) -> bool:
        """Waits until every live build includes this ordinal, also where another process projects.

        Returns false after `seconds`, also where the database could not be reached until then. Raises its other errors.
        """
        deadline = time.monotonic() + seconds
        while True:
            seen = self._moves
            if self._has_reached(ordinal):
                return True
            left = deadline - time.monotonic()
            if left <= 0 or self._stopping.is_set() or self.failure is not None:
                return False
            with self._moved:
                self._moved.wait_for(partial(self._has_moved, seen), min(left, self._glance()))

    def includes(self, ordinals: Sequence[int]) -> bool:
        """Whether no live build has left out one of these events, which it has reached; a parked event is left out.

        Raises the database's errors.
        """
        with reading(self._engine) as connection:
            return not left_out(connection, self.partition, ordinals)

    def _has_moved(self, seen: int) -> bool:
        return self._moves != seen

    def status(self) -> Sequence[Status]:
        """The status of each build of current rows. Raises the database's errors."""
        with reading(self._engine) as connection:
            found = standings(connection, self.partition)
        head = self._reader.head()
        kept = [one for one in found if self._is_kept(one.build)]
        lags = {ordinal: self._waiting(ordinal, head) for ordinal in {one.ordinal for one in kept}}
        return [self._status(one, head, lags[one.ordinal]) for one in kept]

    def _is_kept(self, build: Build) -> bool:
        projection = self.projections.get(build.projection)
        own = projection is not None and projection.fingerprint == build.fingerprint
        return own and build.status is not BuildStatus.RETIRED and build.kind is BuildKind.TODAY

    def _status(self, one: Standing, head: int, waiting: float) -> Status:
        pace = self._pace.get(one.build.id)
        return Status(
            one.build.projection,
            one.build.id,
            one.build.status,
            one.ordinal,
            head,
            max(head - one.ordinal, 0),
            waiting,
            0.0 if pace is None else pace.rate(),
            one.parked_events,
            one.parked_sequences,
        )

    def _waiting(self, ordinal: int, head: int) -> float:
        if ordinal >= head:
            return 0.0
        first = next(iter(self._reader.read(ordinal, ordinal + 1)))
        return max((datetime.now(UTC) - first.envelope.meta.recorded_at).total_seconds(), 0.0)

    def _has_reached(self, ordinal: int) -> bool:
        try:
            return self._reached() >= ordinal
        except SQLAlchemyError as fault:
            if not self._passes(fault):
                raise
            return False

    def _reached(self) -> int:
        """The lowest ordinal of the live builds; 0 where a projection has no live build of this version.

        It is read from the store, because another process may have switched builds.
        """
        with reading(self._engine) as connection:
            found = standings(connection, self.partition)
        live = [one for one in found if one.build.status is BuildStatus.LIVE and self._is_kept(one.build)]
        reached = {one.build.projection: one.ordinal for one in live}
        return min((reached.get(name, 0) for name in self.projections), default=0)

    def _glance(self) -> float:
        return _GLANCE if self.stands_by else _PATIENCE

    def _run(self) -> None:
        pause, longest = _PAUSES
        while not self._stopping.is_set():
            try:
                self._take_turn()
                pause = _PAUSES[0]
            except Exception as fault:  # noqa: BLE001  (a thread has no caller to raise to: logged, stored, retried)
                if not self._passes(fault):
                    trace = None if isinstance(fault, WhenceError) else fault
                    _log.critical("projecting has ended with a fault: %s", fault, exc_info=trace)
                    self.failure = fault
                    break
                _log.warning("projecting retries in %.1f s: %s", pause, str(fault).partition("\n")[0])
                self._stopping.wait(pause)
                pause = min(pause * 2, longest)
        self._runner.close()
        self._turn.give_back()
        self._notify()

    def _passes(self, fault: Exception) -> bool:
        return isinstance(fault, LogUnavailable | StoreUnavailable) or is_passing(self._engine, fault)

    def _take_turn(self) -> None:
        """Takes the turn, where it is free, and projects until the next check."""
        if not self._turn.take():
            self._stand_by()
            return
        if self.stands_by:
            _log.info("projecting partition %d: this process has the turn now", self.partition)
            self._runner.take_up(())
            self.stands_by = False
        self._take_up(self._builds())
        self._project(time.monotonic() + _PATIENCE)

    def _stand_by(self) -> None:
        if not self.stands_by:
            _log.info(
                "projecting partition %d: another process has the turn, this one stands by", self.partition
            )
        self.stands_by = True
        self._stopping.wait(_PATIENCE)

    def _project(self, until: float) -> None:
        while not self._stopping.is_set() and time.monotonic() < until:
            if self._runner.step():
                self._notify()
            else:
                self._switch()
                self._reader.wait(self._runner.head, max(until - time.monotonic(), 0.0))

    def _builds(self) -> Sequence[Build]:
        return [
            build for kind in self._kinds for build in kept_up(self._engine, self.projections.values(), kind)
        ]

    def _take_up(self, builds: Sequence[Build]) -> None:
        at_work = {work.build: work for work in self._runner.works}
        works = [at_work.get(build) or self._work(build) for build in builds]
        if set(works) != set(self._runner.works):
            self._runner.take_up(works)

    def _work(self, build: Build) -> Work:
        return WORKS[build.kind](self._engine, self.projections[build.projection], build, self.partition)

    def _switch(self) -> None:
        """Switches to each new build that has caught up."""
        for work in self._runner.works:
            if work.build.status is BuildStatus.BUILDING and work.ordinal >= self._runner.head:
                self._switch_to(work.build)

    def _switch_to(self, build: Build) -> None:
        try:
            with writing(self._engine) as connection:
                switch(connection, build)
        except Refused as behind:
            _log.debug(
                "%s", behind
            )  # another partition of the build is behind; the process of that partition switches
        else:
            _log.warning("%s is answered by build %d now: it has caught up", build.projection, build.id)
            self._take_up(self._builds())

    def _notify(self) -> None:
        for work in self._runner.works:
            self._pace.setdefault(work.build.id, Pace()).at(work.ordinal)
        with self._moved:
            self._moves += 1
            self._moved.notify_all()
