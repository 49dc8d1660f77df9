"""The turn: a lock that lets one process at a time do a task with a store: project a log into it, or send its alerts.

The turn only avoids repeated work. That every event counts once is ensured by the cursors in the store. It is an
advisory lock in PostgreSQL, or a lock on a file beside SQLite's. Both are released when the process that holds the lock
ends, in any way.
"""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import Protocol, TextIO

from sqlalchemy import Connection, Engine, func, select

PROJECTING, ALERTING = "projecting", "alerting"

_KEYS = {PROJECTING: 0x77_68_6E_70, ALERTING: 0x77_68_6E_61}
"""The first half of each task's advisory lock: the letters `whnp` and `whna`. The second half is the partition."""


class Turn(Protocol):
    """The right to do one task for one partition and one store."""

    def take(self) -> bool:
        """Takes the turn if it is free; returns whether this process holds it. Raises the database's errors."""
        ...

    def give_back(self) -> None:
        """Releases the turn; idempotent."""
        ...


def turn_of(engine: Engine, partition: int, task: str = PROJECTING) -> Turn:
    """The turn of this store, partition and task, not taken yet."""
    if engine.dialect.name == "postgresql":
        return PostgresTurn(engine, partition, task)
    file = engine.url.database
    return MemoryTurn() if file in (None, "", ":memory:") else FileTurn(Path(f"{file}.{task}.{partition}"))


class MemoryTurn:
    """The turn of a store in memory, which no other process can use."""

    def take(self) -> bool:
        """See `Turn`."""
        return True

    def give_back(self) -> None:
        """See `Turn`."""


class FileTurn:
    """A lock on an empty file.

    The file is not deleted with the lock, because other processes may have it open to wait for the lock.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def take(self) -> bool:
        """See `Turn`."""
        if self._file is None:
            file = self._path.open("a", encoding="utf-8")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                return False
            self._file = file
        return True

    def give_back(self) -> None:
        """See `Turn`."""
        if self._file is not None:
            self._file.close()
            self._file = None


class PostgresTurn:
    """A session's advisory lock, on a connection used for nothing else."""

    def __init__(self, engine: Engine, partition: int, task: str = PROJECTING) -> None:
        self._engine = engine
        self._lock = func.pg_try_advisory_lock(_KEYS[task], partition)
        self._connection: Connection | None = None

    def take(self) -> bool:
        """See `Turn`; where the turn is held, checks that the connection is still open."""
        try:
            return self._taken()
        except BaseException:
            self.give_back()
            raise

    def give_back(self) -> None:
        """See `Turn`."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _taken(self) -> bool:
        if self._connection is not None:
            self._connection.execute(select(1))
            return True
        self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        taken = bool(self._connection.execute(select(self._lock)).scalar_one())
        if not taken:
            self.give_back()
        return taken
