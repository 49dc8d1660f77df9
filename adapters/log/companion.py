"""What is checked and written together with the events of an append, in the append's own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from eventsourcing.persistence import StoredEvent


class Statements(Protocol):
    """The cursor of an append's transaction. Rows are read by column name, on SQLite and on PostgreSQL.

    Values have the placeholder `?` on SQLite and `%s` on PostgreSQL.
    """

    def execute(self, statement: Any, values: Any = ..., /) -> object:
        """Executes a statement; its rows are read with `fetchone` and `fetchall`."""
        ...

    def executemany(self, statement: Any, rows: Any, /) -> object:
        """Executes a statement once for each row of values."""
        ...

    def fetchone(self) -> Any:
        """The next row of the last statement; None after the last one."""
        ...

    def fetchall(self) -> Any:
        """The remaining rows of the last statement."""
        ...


class Companion(Protocol):
    """Code that runs in the transaction of every append. An error that it raises rolls the whole append back.

    The transaction holds the write lock of the log before `before` is called, so no other append runs in between.
    """

    def prepare(self, cursor: Statements) -> None:
        """Creates the companion's tables, once, when the log is opened by its owner."""
        ...

    def before(self, cursor: Statements) -> None:
        """Runs before the events are inserted."""
        ...

    def after(self, cursor: Statements, ordinals: Sequence[int], events: Sequence[StoredEvent]) -> None:
        """Runs after the events were inserted at these ordinals, and before the commit."""
        ...
