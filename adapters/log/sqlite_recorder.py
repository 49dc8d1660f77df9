"""The library's SQLite recorder, with companions in the transaction of each append."""

from __future__ import annotations

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


class SqliteLogRecorder(SQLiteApplicationRecorder):
    """Appends events and the rows of its companions in one transaction, or nothing."""

    def __init__(self, datastore: SQLiteDatastore, companions: Sequence[Companion] = ()) -> None:
        super().__init__(datastore)
        self._companions = companions

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
        return ordinals

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


class _Immediate(SQLiteTransaction):
    """A transaction that has the write lock from its begin, so that what `before` reads is true until the commit."""

    def __enter__(self) -> SQLiteCursor:
        cursor = self.connection.cursor()
        try:
            cursor.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as fault:
            raise OperationalError(fault) from fault
        return cursor
