"""The time at which each event was recorded. It is read from the journal, which is faster than reading the log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Table, select

from domain.errors import LogCorrupt
from domain.log import LogReader
from projections.bookkeeping import CURSORS
from projections.builds import live, tables_of
from projections.journal import JOURNAL


class RecordedTimes:
    """The recorded time (UTC) of each ordinal of one log."""

    def __init__(self, connection: Connection, log: LogReader, log_id: str, partition: int) -> None:
        self._connection = connection
        self._log = log
        self._log_id = log_id
        self._partition = partition
        self._journal = self._journal_of_this_log()

    def __call__(self, ordinal: int) -> datetime:
        """The recorded time of the event at this ordinal; read from the log where the journal has no row for it."""
        return self._journalled(ordinal) or self._logged(ordinal)

    def _journal_of_this_log(self) -> Table | None:
        build = live(self._connection).get(JOURNAL.name)
        if build is None or build.fingerprint != JOURNAL.fingerprint:
            return None
        here = (CURSORS.c.build_id == build.id) & (CURSORS.c.partition == self._partition)
        made_from = self._connection.execute(select(CURSORS.c.log_id).where(here)).scalar()
        return tables_of(JOURNAL, build)[JOURNAL.name] if made_from == self._log_id else None

    def _journalled(self, ordinal: int) -> datetime | None:
        if self._journal is None:
            return None
        here = (self._journal.c.partition == self._partition) & (self._journal.c.ordinal == ordinal)
        found: datetime | None = self._connection.execute(
            select(self._journal.c.recorded_at).where(here)
        ).scalar()
        return found

    def _logged(self, ordinal: int) -> datetime:
        for recorded in self._log.read(ordinal - 1, ordinal):
            return recorded.envelope.meta.recorded_at
        raise LogCorrupt(f"ordinal {ordinal} is missing in the log")
