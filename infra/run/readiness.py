"""The readiness checks of the API: store and log respond, and the read models keep up with the log."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Engine, text

from adapters.http.health import Check
from adapters.log.recorder_log import RecordedLog
from adapters.metrics.lateness import Lateness
from domain.errors import LogError, StoreError
from infra.run.projecting import Projecting
from projections.answering import answering
from projections.bookkeeping import BuildStatus
from projections.store import reading


class Readiness:
    """The checks of one process; `lag`: how many seconds a read model may be behind the log."""

    def __init__(self, engine: Engine, log: RecordedLog, projecting: Projecting, lag: float) -> None:
        self._engine, self._log, self._projecting, self._lag = engine, log, projecting, lag
        self._lateness = Lateness()

    @property
    def checks(self) -> Mapping[str, Check]:
        """The checks by public name.

        Anyone may read the results, so they hold no address and no message of the database.
        """
        return {"store": self._store, "log": self._head, "readModels": self.read_models}

    def _store(self) -> str | None:
        try:
            with answering(self._engine), reading(self._engine) as connection:
                connection.execute(text("SELECT 1"))
        except StoreError:
            return "does not answer"
        return None

    def _head(self) -> str | None:
        try:
            self._log.head()
        except LogError:
            return "does not answer"
        return None

    def read_models(self) -> str | None:
        """How far the read models are behind the log; None where they keep up."""
        if self._projecting.failure is not None:
            return "projecting has ended: see the log of the program"
        try:
            with answering(self._engine):
                live = [one for one in self._projecting.status() if one.state is BuildStatus.LIVE]
        except (StoreError, LogError):
            return "are not known"
        least = min((one.ordinal for one in live), default=0)
        head = max((one.head for one in live), default=0)
        late = self._lateness.look(head, [least])[least]
        return None if late <= self._lag else f"{head - least:,} events behind for {late:.0f} s"
