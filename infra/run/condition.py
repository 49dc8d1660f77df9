"""Watches the condition of the read models that a process serves, and logs each fault when it begins and ends."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from adapters.log.recorder_log import RecordedLog
from adapters.metrics.lateness import Lateness
from domain.errors import WhenceError
from infra.run.projecting import Projecting
from projections.answering import answering
from projections.bookkeeping import BuildKind
from projections.condition import Fault, FaultKind, faults_of
from projections.standing import Standing, standings
from projections.store import reading

_log = logging.getLogger(__name__)
_INTERVAL = 0.5
"""Seconds between two looks."""
_UNKNOWN = Fault("", FaultKind.UNKNOWN, "are not known: the store or the log does not answer")


class Condition:
    """The faults of the read models at the last look. Thread-safe."""

    def __init__(self, engine: Engine, log: RecordedLog, projecting: Projecting, lag: float) -> None:
        """`lag`: how many seconds a read model may be behind the log."""
        self._engine, self._log, self._projecting, self._lag = engine, log, projecting, lag
        self._lateness = Lateness()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="condition", daemon=True)
        self._looking = threading.Lock()
        self._faults: Sequence[Fault] = ()

    def start(self) -> None:
        """Looks once, then begins to look regularly."""
        self.look()
        self._thread.start()

    def stop(self) -> None:
        """Ends the regular looks; idempotent."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def faults(self) -> Sequence[Fault]:
        """The faults at the last look."""
        return self._faults

    def look(self) -> Sequence[Fault]:
        """Looks at the store and the log now; returns the faults."""
        with self._looking:
            before, self._faults = self._faults, self._found()
            _report(before, self._faults)
            return self._faults

    def _watch(self) -> None:
        while not self._stopping.wait(_INTERVAL):
            try:
                self.look()
            except Exception:  # noqa: BLE001  (a thread has no caller to raise to: logged; the faults are not known)
                _log.exception("the condition of the read models could not be determined")
                self._faults = [_UNKNOWN]

    def _found(self) -> Sequence[Fault]:
        if self._projecting.failure is not None:
            return [Fault("", FaultKind.ENDED, "projecting has ended: see the log of the program")]
        try:
            with answering(self._engine), reading(self._engine) as connection:
                found = standings(connection, self._projecting.partition)
            head = self._log.head()
        except (WhenceError, SQLAlchemyError):
            return [_UNKNOWN]
        return self._judged(found, head)

    def _judged(self, found: Sequence[Standing], head: int) -> Sequence[Fault]:
        ordinals = {one.ordinal for one in found if one.build.kind is BuildKind.TODAY}
        late = self._lateness.look(head, ordinals)
        projecting = self._projecting
        return faults_of(found, projecting.projections, projecting.began_at, late, self._lag)


def _report(before: Sequence[Fault], after: Sequence[Fault]) -> None:
    """Logs each fault that has begun, as an alert, and each that has ended. Changes of their details are not logged."""
    begun, ended = _named(after), _named(before)
    for fault in after:
        if (fault.name, fault.kind) not in ended and fault.kind is not FaultKind.BUILDING:
            subject = "read model" if fault.name else "the read models"
            _log.error("alert: %s %s", subject, fault, extra={"alert": fault.alert})
    for name, kind in sorted(ended - begun):
        if kind is not FaultKind.BUILDING:
            _log.info("read model %s: %s is over", name, kind)


def _named(faults: Sequence[Fault]) -> set[tuple[str, FaultKind]]:
    return {(fault.name, fault.kind) for fault in faults}
