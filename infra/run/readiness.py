"""The readiness checks of the API: store and log respond, and the read models show the whole log."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Engine, text

from adapters.http.health import Check
from adapters.log.recorder_log import RecordedLog
from domain.errors import LogError, StoreError, StoreReplaced
from infra.run.condition import Condition
from projections.answering import answering
from projections.store import reading


class Readiness:
    """The checks of one process.

    Read models with a fault (`projections.condition`) make the process not ready: their rows would be wrong or missing.
    """

    def __init__(self, engine: Engine, log: RecordedLog, condition: Condition) -> None:
        self._engine, self._log, self._condition = engine, log, condition

    @property
    def checks(self) -> Mapping[str, Check]:
        """The checks by public name.

        Anyone may read the results, so they hold no address and no message of the database.
        """
        return {"store": self._store, "log": self._head, "readModels": self._read_models}

    def _store(self) -> str | None:
        try:
            with answering(self._engine), reading(self._engine) as connection:
                connection.execute(text("SELECT 1"))
        except StoreReplaced:
            return "its file was replaced or removed: restart the program"
        except StoreError:
            return "does not answer"
        return None

    def _head(self) -> str | None:
        try:
            self._log.head()
        except LogError:
            return "does not answer"
        return None

    def _read_models(self) -> str | None:
        return "; ".join(map(str, self._condition.look())) or None
