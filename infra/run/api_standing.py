"""How an API is: how far its read models are, and which of its readiness checks fail."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from adapters.http.health import Check
from adapters.log.recorder_log import RecordedLog
from domain.errors import WhenceError
from infra.run.announcing import Standing
from projections.answering import answering
from projections.bookkeeping import BuildKind, BuildStatus
from projections.standing import standings
from projections.store import reading


class ApiStanding:
    """The standing of an API: the last event that every live read model includes, and the failed checks."""

    def __init__(self, engine: Engine, log: RecordedLog, partition: int, checks: Mapping[str, Check]) -> None:
        """`checks` are those of `/readyz` (`infra.run.readiness`), whose results anyone may read."""
        self._engine, self._log, self._partition, self._checks = engine, log, partition, checks

    def __call__(self) -> Standing:
        """The standing now."""
        found = {name: check() for name, check in self._checks.items()}
        fault = "; ".join(f"{name}: {reason}" for name, reason in found.items() if reason is not None)
        try:
            head, ordinal = self._log.head(), self._ordinal()
        except (WhenceError, SQLAlchemyError):
            return Standing(fault=fault or "its store or log does not answer")
        return Standing(ordinal, max(head - ordinal, 0), fault)

    def _ordinal(self) -> int:
        with answering(self._engine), reading(self._engine) as connection:
            found = standings(connection, self._partition)
        live = [one.ordinal for one in found if _is_live(one.build.kind, one.build.status)]
        return min(live, default=0)


def _is_live(kind: BuildKind, status: BuildStatus) -> bool:
    return kind is BuildKind.TODAY and status is BuildStatus.LIVE
