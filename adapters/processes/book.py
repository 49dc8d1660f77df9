"""Announcements in the store, for logs in a file or on PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Engine, delete, insert, inspect, select, update

from adapters.marks.signature import Signer
from adapters.processes.announcement import Announcement
from adapters.processes.place import MOST_READ, Announced
from adapters.processes.signing import believed, signed
from adapters.processes.table import PROCESSES
from projections.answering import answering
from projections.store import reading, writing

_PLACE = "processes"


class ProcessBook:
    """See `ProcessPlace`. `engine` is that of a store whose lasting tables are migrated; `close` ends it."""

    def __init__(self, engine: Engine, signer: Signer) -> None:
        self._engine, self._signer = engine, signer

    @property
    def is_made(self) -> bool:
        """Whether the store has the table; a store of an earlier version has none before it is migrated."""
        with answering(self._engine):
            return inspect(self._engine).has_table(PROCESSES.name)

    def announce(self, announcement: Announcement) -> None:
        """See `ProcessPlace`."""
        value, signature = signed(announcement, _PLACE, self._signer)
        row = {"value": value, "signature": signature, "at": announcement.at}
        own = PROCESSES.c.id == announcement.id
        with answering(self._engine), writing(self._engine) as connection:
            if not connection.execute(update(PROCESSES).where(own).values(row)).rowcount:
                connection.execute(insert(PROCESSES).values(row | {"id": announcement.id}))

    def announced(self) -> Sequence[Announced]:
        """See `ProcessPlace`. The latest come first."""
        found = select(PROCESSES).order_by(PROCESSES.c.at.desc(), PROCESSES.c.id).limit(MOST_READ)
        with answering(self._engine), reading(self._engine) as connection:
            rows = connection.execute(found).mappings().all()
        return [believed(row["id"], row["value"], row["signature"], _PLACE, self._signer) for row in rows]

    def forget(self, ids: Collection[str]) -> None:
        """See `ProcessPlace`."""
        if not ids:
            return
        with answering(self._engine), writing(self._engine) as connection:
            connection.execute(delete(PROCESSES).where(PROCESSES.c.id.in_(ids)))

    def close(self) -> None:
        """See `ProcessPlace`."""
        self._engine.dispose()
