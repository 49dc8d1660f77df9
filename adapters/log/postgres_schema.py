"""What a log's tables in PostgreSQL must be: plain tables, without triggers and rules that change what is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from eventsourcing.persistence import StoredEvent

from adapters.log.address import PostgresAddress
from adapters.log.companion import Statements
from adapters.log.mark_rows import LOG_TABLES
from domain.errors import LogCorrupt

_FOREIGN: Final = b"""
    WITH ours AS (SELECT to_regclass(name) AS id FROM unnest(%s::text[]) AS name)
    SELECT 'trigger ' || tgname AS foreign_object FROM pg_trigger, ours WHERE tgrelid = id AND NOT tgisinternal
    UNION ALL SELECT 'rule ' || rulename FROM pg_rewrite, ours WHERE ev_class = id
    UNION ALL SELECT 'policy ' || polname FROM pg_policy, ours WHERE polrelid = id
    UNION ALL SELECT 'table ' || inhrelid::regclass FROM pg_inherits, ours WHERE inhparent = id
    UNION ALL SELECT 'no table ' || relname FROM pg_class, ours WHERE oid = id AND relkind <> 'r'
"""
"""The catalogues are those of PostgreSQL's manual, part "System Catalogs". A view is found by its rule."""


class PostgresSchema:
    """The companion that refuses a log whose tables have foreign objects, before each append."""

    def __init__(self, address: PostgresAddress) -> None:
        self._address = address

    def prepare(self, cursor: Statements) -> None:
        """Raises LogCorrupt, which names the objects, where the tables have others than this program's."""
        self.before(cursor)

    def before(self, cursor: Statements) -> None:
        """Raises what `prepare` raises. The transaction holds the lock of the events' table by then."""
        cursor.execute(_FOREIGN, (list(LOG_TABLES),))
        foreign = [row["foreign_object"] for row in cursor.fetchall()]
        if foreign:
            raise LogCorrupt(
                f"{self._address} has objects on the log's tables that this program did not make: "
                f"{', '.join(sorted(foreign))}. They may change what is written, so no engine writes to the log; look "
                "at them, then remove them with DROP"
            )

    def after(self, cursor: Statements, ordinals: Sequence[int], events: Sequence[StoredEvent]) -> None:
        """Does nothing; see `Companion`."""
