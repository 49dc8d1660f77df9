"""The id of the storage of a log in a database: a random UUID, made with the log's tables and kept beside them.

The id of a copy begins with `copy-` (docs/decisions/0086-copies-of-logs.md), that of a copy whose events nothing proved
with `copy-unproven-` (docs/decisions/0089-export.md).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid4

from eventsourcing.persistence import StoredEvent

from adapters.log.companion import Statements

STORAGE = "log_storage"
"""The table with one row, whose column `id` holds the UUID."""


_COPY: Final = "copy-"
_UNPROVEN: Final = f"{_COPY}unproven-"
_OTHER_KIND: Final = (
    f"DELETE FROM {STORAGE} WHERE substr(id, 1, length(id) - {len(str(UUID(int=0)))}) <> '{{}}' "  # noqa: S608  (ours)
    "AND NOT EXISTS (SELECT 1 FROM stored_events)"
)
"""A copy that ended before its first event leaves an empty log, which an engine may begin; and the other way round."""


def is_of_a_copy(storage: str) -> bool:
    """Whether this text names the storage of a copy; see `storage_text`."""
    return storage.rpartition(" ")[2].startswith(_COPY)


def is_of_an_unproven_copy(storage: str) -> bool:
    """Whether this text names the storage of a copy of events that nothing proved; see `storage_text`."""
    return storage.rpartition(" ")[2].startswith(_UNPROVEN)


def storage_text(technology: str, storage_id: str) -> str:
    """The text that names a storage, in errors and in stores of read models."""
    return f"{technology} storage {storage_id}"


class Storage:
    """The companion that gives a log the id of its storage, where it has none yet."""

    def __init__(self, placeholder: str, *, copies: bool = False, unproven: bool = False) -> None:
        """`placeholder` stands for a value in a statement: `?` on SQLite, `%s` on PostgreSQL.

        With `copies` a storage without events gets the id of a copy, with `unproven`, too, that of a copy of events
        that nothing proved; without, one that is not the id of a copy.
        """
        self._placeholder, self._kind = placeholder, _kind(copies=copies, unproven=unproven)

    def prepare(self, cursor: Statements) -> None:
        """See `Companion`."""
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {STORAGE} (id TEXT NOT NULL)")
        cursor.execute(_OTHER_KIND.format(self._kind))
        absent = f"SELECT {self._placeholder} WHERE NOT EXISTS (SELECT 1 FROM {STORAGE})"  # noqa: S608  (ours)
        cursor.execute(f"INSERT INTO {STORAGE} {absent}", (f"{self._kind}{uuid4()}",))

    def before(self, cursor: Statements) -> None:
        """Does nothing; see `Companion`."""

    def after(self, cursor: Statements, ordinals: Sequence[int], events: Sequence[StoredEvent]) -> None:
        """Does nothing; see `Companion`."""


def made_copy(connection: sqlite3.Connection, *, unproven: bool) -> None:
    """Gives a copied SQLite file the id of a copy, so that no engine writes to it before it is adopted."""
    connection.execute(f"CREATE TABLE IF NOT EXISTS {STORAGE} (id TEXT NOT NULL)")
    connection.execute(f"DELETE FROM {STORAGE}")  # noqa: S608  (ours)
    storage_id = f"{_kind(copies=True, unproven=unproven)}{uuid4()}"
    connection.execute(f"INSERT INTO {STORAGE} VALUES (?)", (storage_id,))  # noqa: S608  (ours)


def _kind(*, copies: bool, unproven: bool) -> str:
    """What the id of such a storage begins with."""
    if not copies:
        return ""
    return _UNPROVEN if unproven else _COPY
