"""A log in PostgreSQL: the library's recorder, and an advisory lock whose connection names its owner."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from datetime import UTC
from uuid import uuid4

import psycopg
from eventsourcing.persistence import ApplicationRecorder, InfrastructureFactory, PersistenceError
from eventsourcing.utils import Environment
from psycopg import sql
from psycopg.rows import TupleRow

from adapters.log.address import PostgresAddress
from adapters.log.library import RecorderRows
from adapters.log.recorder_log import Codec, RecordedLog, RecorderLog
from adapters.log.storage import STORAGE, storage_text
from domain.errors import InvalidInput, LogOwned, LogUnavailable

_LOCK = 0x77686E63  # "whnc" in ASCII; one key is enough, because a database holds one log
_PROGRAM = "whence"
_CONNECT_SECONDS = 5
_HOLDER = """
    SELECT a.application_name, a.backend_start FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.objid = %s AND l.granted
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

_CONTINUE = """
    SELECT setval(pg_get_serial_sequence('stored_events', 'notification_id'), COALESCE(MAX(notification_id), 1),
                  MAX(notification_id) IS NOT NULL)
    FROM stored_events
"""


class PostgresOwner:
    """Holds the database's advisory lock while its connection is open."""

    def __init__(self, address: PostgresAddress) -> None:
        """Takes the lock.

        Raises LogOwned, which names the holder, and LogUnavailable where the database does not respond.
        """
        self._connection = _connected(address)
        taken = self._connection.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
        if taken is None or not taken[0]:
            holder = _holder(self._connection)
            self._connection.close()
            raise LogOwned(
                f"{address} is owned by {holder}; stop that engine first, or read with `whence log`"
            )

    def name_storage(self) -> None:
        """Gives the database the id of the log's storage, where it has none yet."""
        table = sql.Identifier(STORAGE)
        self._connection.execute(sql.SQL("CREATE TABLE IF NOT EXISTS {} (id text NOT NULL)").format(table))
        once = sql.SQL("INSERT INTO {table} SELECT %s WHERE NOT EXISTS (SELECT 1 FROM {table})")
        self._connection.execute(once.format(table=table), (str(uuid4()),))

    def continue_ordinals(self) -> None:
        """Makes the next ordinal follow the last event's.

        An append that a kill cut off has taken ordinals from the sequence. The lock waits until the server has ended
        such an append.
        """
        with self._connection.transaction():
            self._connection.execute("LOCK TABLE stored_events IN EXCLUSIVE MODE")
            self._connection.execute(_CONTINUE)

    def release(self) -> None:
        """Releases the lock; idempotent."""
        self._connection.close()


class PostgresRows(RecorderRows):
    """Reads the recorder, and the id of the log's storage."""

    def __init__(self, recorder: ApplicationRecorder, address: PostgresAddress) -> None:
        super().__init__(recorder)
        self._address = address

    def storage(self) -> str:
        """See `Rows`."""
        try:
            with _connected(self._address) as connection:
                if not _has_table(connection, STORAGE):
                    return ""
                read = sql.SQL("SELECT id FROM {}").format(sql.Identifier(STORAGE))
                found = connection.execute(read).fetchone()
        except psycopg.OperationalError as fault:
            raise LogUnavailable(f"{self._address} does not answer: {fault}") from fault
        return "" if found is None else storage_text("PostgreSQL", found[0])


def _has_table(connection: psycopg.Connection[TupleRow], name: str) -> bool:
    found = connection.execute("SELECT to_regclass(%s)", (name,)).fetchone()
    return found is not None and found[0] is not None


def _connected(address: PostgresAddress) -> psycopg.Connection[TupleRow]:
    try:
        return psycopg.connect(
            host=address.host,
            port=address.port,
            dbname=address.database,
            user=address.user,
            password=address.password,
            application_name=f"{_PROGRAM} process {os.getpid()} on {socket.gethostname()}",
            connect_timeout=_CONNECT_SECONDS,
            autocommit=True,
        )
    except psycopg.OperationalError as fault:
        raise LogUnavailable(f"{address} does not answer: {' '.join(str(fault).split())}") from None


def _holder(connection: psycopg.Connection[TupleRow]) -> str:
    found = connection.execute(_HOLDER, (_LOCK,)).fetchone()
    if found is None:
        return "another engine"
    return f"{found[0].removeprefix(_PROGRAM).strip()} since {found[1].astimezone(UTC).isoformat(timespec='seconds')}"


def _environment(address: PostgresAddress) -> Mapping[str, str]:
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": address.database,
        "POSTGRES_HOST": address.host,
        "POSTGRES_PORT": str(address.port),
        "POSTGRES_USER": address.user,
        "POSTGRES_PASSWORD": address.password,
        "ORIGINATOR_ID_TYPE": "text",
    }


def open_postgres(address: PostgresAddress, codec: Codec) -> RecorderLog:
    """Opens and owns the log in this database. Raises LogOwned, LogUnavailable."""
    owner = PostgresOwner(address)
    factory = InfrastructureFactory.construct(Environment(env=dict(_environment(address))))
    try:
        recorder = factory.application_recorder()
        owner.name_storage()
        owner.continue_ordinals()
    except (PersistenceError, psycopg.Error) as fault:
        factory.close()
        owner.release()
        reason = " ".join(str(fault).split())
        raise LogUnavailable(f"{address} cannot hold a log for this user: {reason}") from fault

    def release() -> None:
        factory.close()
        owner.release()

    return RecorderLog(recorder, PostgresRows(recorder, address), codec, release=release)


def read_postgres(address: PostgresAddress, codec: Codec) -> RecordedLog:
    """Opens the log in this database for reading. Raises LogUnavailable, and InvalidInput where there is no log."""
    with _connected(address) as connection:
        is_there = _has_table(connection, "stored_events")
    if not is_there:
        raise InvalidInput(f"there is no log in {address}; `whence paper --log {address}` begins one")
    environment = {**_environment(address), "CREATE_TABLE": "no"}
    factory = InfrastructureFactory.construct(Environment(env=environment))
    return RecordedLog(PostgresRows(factory.application_recorder(), address), codec, factory.close)
