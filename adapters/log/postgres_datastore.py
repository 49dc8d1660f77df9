"""Connections to PostgreSQL that an append uses for a limited time, also where the server is stopped.

A stopped server (SIGSTOP, a frozen machine) keeps its connections open and does not respond, and libpq waits for a
response without an end. `cut_after` then ends the connection from this side.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Generator
from contextlib import contextmanager, suppress
from itertools import count
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import Any

from eventsourcing.postgres import PostgresDatastore
from psycopg import Connection, Error
from psycopg.rows import DictRow, TupleRow

from adapters.log.address import PostgresAddress
from domain.errors import LogUnavailable

CONNECT_SECONDS = 5
"""The most seconds for a new connection, and for a query of the connection that holds the lock."""
APPEND_SECONDS = 15.0
"""The most seconds that an append waits for the server, which may restart; it takes up to `CONNECT_SECONDS` more where
the connection of the lock has ended, too."""
_IDLE_SECONDS = 5
_LOOK_SECONDS = 0.5


class BoundedDatastore(PostgresDatastore):
    """The connections of an owner or of a reader.

    An owner needs one, and the threads of a reader up to fifteen. A transaction that its process left open holds the
    table's lock, so the server ends it.
    """

    def __init__(self, address: PostgresAddress) -> None:
        super().__init__(
            address.database,
            address.host,
            address.port,
            address.user,
            address.password,
            connect_timeout=CONNECT_SECONDS,
            idle_in_transaction_session_timeout=_IDLE_SECONDS,
            pool_size=1,
            max_overflow=14,
            originator_id_type="text",
        )
        self._address = address
        self._until: float | None = None

    @contextmanager
    def within(self, seconds: float) -> Generator[None]:
        """Ends every use of a connection in the context within `seconds`, or within those of the context around it.

        No use begins while less time is left than a new connection may take: LogUnavailable is raised instead. For one
        thread at a time.
        """
        around = self._until
        self._until = around or monotonic() + seconds
        try:
            yield
        finally:
            self._until = around

    @contextmanager
    def get_connection(self) -> Generator[Connection[DictRow]]:
        """See the library. Raises LogUnavailable where the time of `within` has run out."""
        if self._until is None:
            with super().get_connection() as connection:
                yield connection
            return
        if self._until - monotonic() < CONNECT_SECONDS:
            raise LogUnavailable(f"{self._address} does not answer: an append waits no longer")
        with super().get_connection() as connection, cut_after(connection, self._until - monotonic()):
            yield connection


class _Cutter:
    """A thread that ends the connections whose time is over. It looks at them twice a second while there are any.

    A `threading.Timer` for each use would cost a new thread in each append.
    """

    def __init__(self) -> None:
        self._due: dict[int, tuple[float, Connection[Any]]] = {}
        self._numbers, self._wanted, self._starting = count(), Event(), Lock()
        self._thread: Thread | None = None

    def add(self, connection: Connection[Any], seconds: float) -> int:
        """Ends the connection in `seconds`, unless `remove` is called with the number that is returned."""
        number = next(self._numbers)
        self._due[number] = monotonic() + seconds, connection
        if self._thread is None:
            self._start()
        self._wanted.set()
        return number

    def remove(self, number: int) -> None:
        """Leaves that connection open."""
        self._due.pop(number, None)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="PostgreSQL time-outs", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while self._wanted.wait():
            self._wanted.clear()
            while self._due:
                for number, (until, connection) in list(self._due.items()):
                    if monotonic() >= until:
                        self.remove(number)
                        _cut(connection)
                sleep(_LOOK_SECONDS)


_CUTTER = _Cutter()


@contextmanager
def cut_after(connection: Connection[DictRow] | Connection[TupleRow], seconds: float) -> Generator[None]:
    """Ends the connection where the context takes longer; what waits for it raises psycopg's OperationalError."""
    number = _CUTTER.add(connection, seconds)
    try:
        yield
    finally:
        _CUTTER.remove(number)


def _cut(connection: Connection[Any]) -> None:
    # It may be closed by its own thread at the same moment. A copy of the descriptor: the connection closes its own.
    with suppress(OSError, Error), socket.socket(fileno=os.dup(connection.fileno())) as used:
        used.shutdown(socket.SHUT_RDWR)
