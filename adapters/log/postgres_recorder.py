"""The library's PostgreSQL recorder, with companions in the transaction of each append."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from eventsourcing.persistence import InterfaceError, OperationalError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder
from psycopg import Cursor
from psycopg.rows import DictRow

from adapters.log.companion import Companion
from adapters.log.postgres_datastore import APPEND_SECONDS, BoundedDatastore

_PAUSE_SECONDS = 0.2

CONTINUE = """
    SELECT setval(pg_get_serial_sequence('stored_events', 'notification_id'), COALESCE(MAX(notification_id), 1),
                  MAX(notification_id) IS NOT NULL)
    FROM stored_events
"""
"""Makes the next ordinal follow the last event's; while the table is locked."""


class PostgresLogRecorder(PostgresApplicationRecorder):
    """Appends events and the rows of its companions in one transaction, or nothing."""

    def __init__(self, datastore: BoundedDatastore, companions: Sequence[Companion] = ()) -> None:
        super().__init__(datastore)
        self._bounded = datastore
        self._companions = companions
        self._committing = self._failed = False

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """The ordinals of the events, which are durable. Raises the library's errors and those of a companion.

        A connection that is lost before the commit was sent is made anew, until the datastore's time has run out. After
        that, a further attempt could meet the events of the first one, so the error is raised. An attempt that failed
        has taken ordinals from the sequence, which are given back: ordinals count the events of a log.
        """
        with self._bounded.within(APPEND_SECONDS):
            while True:
                try:
                    return self._inserted(stored_events, **kwargs)
                except (InterfaceError, OperationalError):
                    if self._committing:
                        raise
                time.sleep(_PAUSE_SECONDS)

    def _inserted(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        self._committing, failed_before, self._failed = False, self._failed, True
        with (
            self.datastore.get_connection() as connection,
            connection.pipeline() as pipeline,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            self._lock_table(cursor)
            if failed_before:
                cursor.execute(CONTINUE)
            self._insert_stored_events(cursor, stored_events, **kwargs)
            pipeline.sync()
            ordinals = self._fetch_ids_after_insert_events(cursor, stored_events, **kwargs) or ()
            for companion in self._companions:
                companion.after(cursor, ordinals, stored_events)
            pipeline.sync()
            self._committing = True
        self._failed = False
        return ordinals

    def _insert_stored_events(
        self, curs: Cursor[DictRow], stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> None:
        for companion in self._companions:
            companion.before(curs)
        self._notify_channel(curs)
        # Not the application recorder's own method, which takes the lock and notifies once more.
        super(PostgresApplicationRecorder, self)._insert_stored_events(curs, stored_events, **kwargs)

    def _create_table(self, curs: Cursor[DictRow]) -> None:
        super()._create_table(curs)
        for companion in self._companions:
            companion.prepare(curs)
