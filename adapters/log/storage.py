"""The id of the storage of a log in a database: a random UUID, made with the log's tables and kept beside them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from eventsourcing.persistence import StoredEvent

from adapters.log.companion import Statements

STORAGE = "log_storage"
"""The table with one row, whose column `id` holds the UUID."""


def storage_text(technology: str, storage_id: str) -> str:
    """The text that names a storage, in errors and in stores of read models."""
    return f"{technology} storage {storage_id}"


class Storage:
    """The companion that gives a log the id of its storage, where it has none yet."""

    def __init__(self, placeholder: str) -> None:
        """`placeholder` stands for a value in a statement: `?` on SQLite, `%s` on PostgreSQL."""
        self._placeholder = placeholder

    def prepare(self, cursor: Statements) -> None:
        """See `Companion`."""
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {STORAGE} (id TEXT NOT NULL)")
        absent = f"SELECT {self._placeholder} WHERE NOT EXISTS (SELECT 1 FROM {STORAGE})"  # noqa: S608  (ours)
        cursor.execute(f"INSERT INTO {STORAGE} {absent}", (str(uuid4()),))

    def before(self, cursor: Statements) -> None:
        """Does nothing; see `Companion`."""

    def after(self, cursor: Statements, ordinals: Sequence[int], events: Sequence[StoredEvent]) -> None:
        """Does nothing; see `Companion`."""
