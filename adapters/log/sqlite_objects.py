"""What a file of SQLite may contain: this program's tables, and no trigger or view that changes what it writes."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

from adapters.log.companion import Statements
from domain.errors import LogCorrupt

_OBJECTS: Final = "SELECT type, name, tbl_name FROM sqlite_master"
_SQLITES: Final = "sqlite_"
"""Names that begin so are SQLite's own, such as those of the indexes behind primary keys."""


class SqliteObjects:
    """The objects of one file, which are looked at again after each change of its schema."""

    def __init__(
        self,
        path: Path,
        tables: AbstractSet[str],
        consequence: str,
        indexes: AbstractSet[str] = frozenset(),
    ) -> None:
        """`tables` and `indexes` are this program's in the file, beside the indexes that SQLite makes itself.

        `consequence` is what the program does not do beside other objects.
        """
        self._path, self._tables, self._consequence, self._indexes = path, tables, consequence, indexes
        self._checked = -1

    def check(self, cursor: Statements) -> None:
        """Raises LogCorrupt, which names the objects, where the file has others than this program's.

        SQLite's number of the schema shows whether there is something to look at.
        """
        cursor.execute("PRAGMA schema_version")
        version = cursor.fetchone()[0]
        if version == self._checked:
            return
        cursor.execute(_OBJECTS)
        foreign = [
            f"{kind} {name}"
            for kind, name, table in cursor.fetchall()
            if not self._is_ours(kind, name, table)
        ]
        if foreign:
            raise LogCorrupt(
                f"{self._path} has objects that this program did not make: {', '.join(sorted(foreign))}. They may "
                f"change what is written, so {self._consequence}; look at them, then remove them with DROP"
            )
        self._checked = version

    def _is_ours(self, kind: str, name: str, table: str) -> bool:
        if kind == "table":
            return name in self._tables or name.startswith(_SQLITES)
        is_known = name.startswith(_SQLITES) or name in self._indexes
        return kind == "index" and is_known and table in self._tables
