"""The library's SQLite recorder, with companions in the transaction of each append."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from typing import Any

from eventsourcing.persistence import OperationalError, StoredEvent
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteTransaction,
)

from adapters.log.companion import Companion

_log = logging.getLogger(__name__)


class SqliteLogRecorder(SQLiteApplicationRecorder):
    """Appends events and the rows of its companions in one transaction, or nothing."""

    def __init__(self, datastore: SQLiteDatastore, companions: Sequence[Companion] = ()) -> None:
        super().__init__(datastore)
        self._companions = companions
        self.last = 0
        """The last ordinal that this recorder has written; 0 before the first one."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """The ordinals of the events, which are durable. Raises the library's errors and those of a companion."""
        with (
            self.datastore.get_connection(commit=True) as connection,
            _Immediate(connection, commit=True) as cursor,
            cursor,
        ):
            for companion in self._companions:
                companion.before(cursor)
            ordinals = self._insert_events(cursor, stored_events, **kwargs) or ()
            for companion in self._companions:
                companion.after(cursor, ordinals, stored_events)
        self.last = ordinals[-1] if ordinals else self.last
        if 1 in ordinals[:1]:
            self._check_point_early()
        return ordinals

    def _insert_events(
        self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], **_: Any
    ) -> Sequence[int]:
        """Inserts all events with one statement; the library executes one for each.

        SQLite gives each row the number after the highest one. The transaction has the write lock, so the new rows are
        the last ones.
        """
        rows = [(one.originator_id, one.originator_version, one.topic, one.state) for one in stored_events]
        c.executemany(self.insert_events_statement, rows)
        c.execute(f"SELECT max(rowid) FROM {self.events_table_name}")  # noqa: S608  (the library's name)
        last = int(c.fetchone()[0]) if rows else 0
        return range(last - len(rows) + 1, last + 1)

    def check_point(self, statement: str) -> bool:
        """Writes from the `-wal` file into the log's file; returns whether nothing was left out.

        The log's file then has its tables and first events whatever happens to the other file.
        """
        with self.datastore.get_connection(commit=True) as connection, connection.cursor() as cursor:
            busy, pages, written = cursor.execute(statement).fetchone()
        return bool(busy == 0 or pages == written)

    def create_table(self) -> None:
        """Creates the tables of the events and of the companions, where they are missing."""
        with (
            self.datastore.get_connection(commit=True) as connection,
            _Immediate(connection, commit=True) as cursor,
            cursor,
        ):
            self._create_table(cursor)
            for companion in self._companions:
                companion.prepare(cursor)
        self._check_point_early()

    def _check_point_early(self) -> None:
        """Writes the tables or the first events into the log's file: a precaution, because they are durable already."""
        try:
            self.check_point("PRAGMA wal_checkpoint")
        except sqlite3.Error as fault:
            # The next checkpoint of SQLite tries again.
            _log.warning(
                "%s: new rows are so far only in the -wal file: %s", self.datastore.pool.db_name, fault
            )


class _Immediate(SQLiteTransaction):
    """A transaction that has the write lock from its begin, so that what `before` reads is true until the commit."""

    def __enter__(self) -> SQLiteCursor:
        cursor = self.connection.cursor()
        try:
            cursor.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as fault:
            raise OperationalError(fault) from fault
        return cursor
