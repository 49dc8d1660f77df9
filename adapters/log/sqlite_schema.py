"""What a log's file may contain: the tables of this program, and no trigger or view that changes what it writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from eventsourcing.persistence import StoredEvent

from adapters.log.companion import Statements
from adapters.log.mark_rows import LOG_TABLES
from adapters.log.sqlite_objects import SqliteObjects

_TABLES: Final = frozenset(
    {*LOG_TABLES, "played_candles", "played_latest", "played_signatures", "played_complete"}
)
"""The tables that this program makes in a log's file; the last three are those of `adapters/played`."""


class SqliteSchema:
    """The companion that refuses a log's file with foreign objects, before each append."""

    def __init__(self, path: Path) -> None:
        self._objects = SqliteObjects(path, _TABLES, "no engine writes to the log")

    def prepare(self, cursor: Statements) -> None:
        """Raises LogCorrupt, which names the objects, where the file has others than this program's."""
        self.before(cursor)

    def before(self, cursor: Statements) -> None:
        """Raises what `prepare` raises."""
        self._objects.check(cursor)

    def after(self, cursor: Statements, ordinals: Sequence[int], events: Sequence[StoredEvent]) -> None:
        """Does nothing; see `Companion`."""
