"""What a log's file may contain: the tables of this program, and no trigger or view that changes what it writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from eventsourcing.persistence import StoredEvent

from adapters.log.companion import Statements
from adapters.log.mark_rows import LOG_TABLES
from domain.errors import LogCorrupt

_TABLES: Final = frozenset({*LOG_TABLES, "played_candles", "played_latest", "played_signatures"})
"""The tables that this program makes in a log's file; the last three are those of `adapters/played`."""
_OBJECTS = "SELECT type, name, tbl_name FROM sqlite_master"
_SQLITES = "sqlite_"
"""Names that begin so are SQLite's own, such as those of the indexes behind primary keys."""


class SqliteSchema:
    """The companion that refuses a log's file with foreign objects, before each append."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._checked = -1

    def prepare(self, cursor: Statements) -> None:
        """Raises LogCorrupt, which names the objects, where the file has others than this program's."""
        self.before(cursor)

    def before(self, cursor: Statements) -> None:
        """Raises what `prepare` raises. SQLite's number of the schema shows whether there is something to look at."""
        cursor.execute("PRAGMA schema_version")
        version = cursor.fetchone()[0]
        if version == self._checked:
            return
        cursor.execute(_OBJECTS)
        foreign = [
            f"{kind} {name}" for kind, name, table in cursor.fetchall() if not _is_ours(kind, name, table)
        ]
        if foreign:
            raise LogCorrupt(
                f"{self._path} has objects that this program did not make: {', '.join(sorted(foreign))}. They may "
                "change what is written, so no engine writes to the log; look at them, then remove them with DROP"
            )
        self._checked = version

    def after(self, cursor: Statements, ordinals: Sequence[int], events: Sequence[StoredEvent]) -> None:
        """Does nothing; see `Companion`."""


def _is_ours(kind: str, name: str, table: str) -> bool:
    if kind == "table":
        return name in _TABLES or name.startswith(_SQLITES)
    return kind == "index" and name.startswith(_SQLITES) and table in _TABLES
