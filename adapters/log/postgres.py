"""A log in PostgreSQL: the library's recorder, and an advisory lock whose connection names its owner."""

from __future__ import annotations

import logging
import os
import select
import socket
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC
from typing import Any

import psycopg
from eventsourcing.persistence import InterfaceError, OperationalError, PersistenceError
from eventsourcing.postgres import PostgresApplicationRecorder
from eventsourcing.utils import retry
from psycopg import sql
from psycopg.rows import TupleRow

from adapters.log.address import PostgresAddress
from adapters.log.content import Content
from adapters.log.epoch import Epoch
from adapters.log.library import PAGE, has_moved
from adapters.log.mark_rows import (
    HAS_ROWS,
    HEAD,
    MARKS,
    POSTGRES,
    Head,
    MarkedRow,
    MarkWriter,
    check_tables,
    marked_row,
    selected,
)
from adapters.log.owner import Holder
from adapters.log.postgres_datastore import APPEND_SECONDS, CONNECT_SECONDS, BoundedDatastore, cut_after
from adapters.log.postgres_recorder import CONTINUE, PostgresLogRecorder
from adapters.log.postgres_schema import PostgresSchema
from adapters.log.recorder_log import Codec, RecordedLog, RecorderLog
from adapters.log.storage import STORAGE, Storage, storage_text
from adapters.log.verified_rows import VerifiedRows
from adapters.marks.key_folder import KeyFolder, Keys
from adapters.marks.mark import Link
from domain.errors import InvalidInput, LogError, LogOwned, LogUnavailable, OwnershipLost
from domain.log import Envelope

_log = logging.getLogger(__name__)

_LOCK = 0x77686E63  # "whnc" in ASCII; one key is enough, because a database holds one log
_PROGRAM = "whence"
_HOLDER = """
    SELECT a.application_name, a.backend_start FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.objid = %s AND l.granted
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

_UNMARKED = """
    SELECT notification_id, originator_id, originator_version, topic, state, NULL::bytea AS mark FROM stored_events
"""


class PostgresOwner:
    """Holds the database's advisory lock while its connection is open."""

    def __init__(self, address: PostgresAddress) -> None:
        """Takes the lock.

        Raises LogOwned, which names the holder, and LogUnavailable where the database does not respond.
        """
        self._address, self._holder = address, Holder(address)
        self._connection = _locked(address)

    @property
    def is_this_process(self) -> bool:
        """See `Holder`."""
        return self._holder.is_this_process

    def check(self) -> None:
        """Takes the lock again where its connection has ended: by a restart, a time-out or an administrator.

        Between the two locks another engine may have owned the log; the epoch shows that in the next append.
        Raises OwnershipLost in a forked process and where another engine has the lock, LogUnavailable where the
        database does not respond.
        """
        self._holder.check()
        if _is_open(self._connection):
            return
        self._connection.close()
        try:
            self._connection = _locked(self._address)
        except LogOwned as owned:
            raise OwnershipLost(
                f"the database ended the connection of this engine's lock, and now {owned}: this engine writes nothing "
                "more"
            ) from None
        _log.warning(
            "%s: the database had ended the connection of the lock; the lock was taken again", self._address
        )

    def continue_ordinals(self) -> None:
        """Makes the next ordinal follow the last event's.

        An append that a kill cut off has taken ordinals from the sequence. The lock waits until the server has ended
        such an append.
        """
        with self._connection.transaction():
            self._connection.execute("LOCK TABLE stored_events IN EXCLUSIVE MODE")
            self._connection.execute(CONTINUE)

    def release(self) -> None:
        """Releases the lock; idempotent."""
        self._connection.close()


def _locked(address: PostgresAddress) -> psycopg.Connection[TupleRow]:
    """A connection that holds the lock. Raises LogOwned and LogUnavailable."""
    connection = connected(address)
    try:
        with cut_after(connection, CONNECT_SECONDS):
            taken = connection.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
            if taken is not None and taken[0]:
                return connection
            holder = _holder(connection)
    except psycopg.OperationalError as fault:
        raise LogUnavailable(f"{address} does not answer: {' '.join(str(fault).split())}") from None
    connection.close()
    raise LogOwned(
        f"{address} is owned by {holder}; stop that engine first, or read with `whence log`", holder
    )


def _is_open(connection: psycopg.Connection[TupleRow]) -> bool:
    """Whether the server has not ended the connection. Sends a request only where something has arrived unrequested."""
    if connection.closed:
        return False
    arrived = select.poll()
    arrived.register(connection.fileno(), select.POLLIN)
    if not arrived.poll(0):
        return True
    try:
        with cut_after(connection, CONNECT_SECONDS):
            connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True


class PostgresRows(VerifiedRows):
    """Reads the events with their marks, and the id of the log's storage."""

    def __init__(
        self,
        recorder: PostgresApplicationRecorder,
        address: PostgresAddress,
        codec: Codec,
        keys: Keys,
        release: Callable[[], None] | None = None,
    ) -> None:
        """`release` closes the recorder's connections, where they belong to this reader."""
        super().__init__(address, keys, Content(codec))
        self._release = release
        self._datastore, self._address = recorder.datastore, address

    def wait(self, after: int, seconds: float) -> bool:
        """Polls the head; see `Rows`."""
        return has_moved(self.head, after, seconds)

    def close(self) -> None:
        """See `Rows`."""
        if self._release is not None:
            self._release()
            self._release = None

    def has_marks(self) -> bool:
        """See `Source`."""
        [tables] = self._found("SELECT num_nonnulls(to_regclass(%s), to_regclass(%s)) AS found", MARKS, HEAD)
        return check_tables(tables["found"]) and bool(self._found(HAS_ROWS)[0]["found"])

    def marked_head(self) -> Head:
        """See `Source`."""
        head = f"(SELECT mark FROM {HEAD})" if self._is_marked else "NULL::bytea"  # noqa: S608  (ours)
        [row] = self._found(f"SELECT max(notification_id) AS last, {head} AS mark FROM stored_events")  # noqa: S608  (ours)
        return Head(row["last"] or 0, row["mark"])

    def mark_at(self, ordinal: int) -> object:
        """See `Source`."""
        last = f"SELECT mark FROM {MARKS} WHERE ordinal <= %s ORDER BY ordinal DESC LIMIT 1"  # noqa: S608  (ours)
        return next((row["mark"] for row in self._found(last, ordinal)), None)

    def marked_rows(self, after: int, upto: int) -> Iterator[MarkedRow]:
        """See `Source`; reads in pages."""
        page = "notification_id > %s AND notification_id <= %s ORDER BY notification_id LIMIT %s"
        while after < upto:
            rows = self._marked(page, after, upto, PAGE)
            yield from rows
            if len(rows) < PAGE:
                return
            after = rows[-1].ordinal

    def marked_stream(self, stream: str, after: int) -> Iterator[MarkedRow]:
        """See `Source`."""
        where = "originator_id = %s AND originator_version > %s ORDER BY originator_version"
        yield from self._marked(where, stream, after)

    def _marked(self, where: str, *values: object) -> Sequence[MarkedRow]:
        query = selected(POSTGRES, where) if self._is_marked else f"{_UNMARKED} WHERE {where}"
        return [marked_row([*row.values()]) for row in self._found(query, *values)]

    @retry((InterfaceError, OperationalError), max_attempts=10, wait=0.2)
    def _found(self, query: str, *values: object) -> Sequence[dict[str, Any]]:
        """The rows of a query. Like the library's recorder, it connects again after a restart of the server."""
        with self._datastore.get_connection() as connection, connection.cursor() as cursor:
            # Bytes, because the query is put together and is no literal of the type checker.
            cursor.execute(query.encode(), values, prepare=True)
            return cursor.fetchall()

    def storage(self) -> str:
        """See `Rows`."""
        try:
            with connected(self._address) as connection:
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


def connected(address: PostgresAddress) -> psycopg.Connection[TupleRow]:
    """A connection to the database, which commits each statement. Raises LogUnavailable."""
    try:
        return psycopg.connect(
            host=address.host,
            port=address.port,
            dbname=address.database,
            user=address.user,
            password=address.password,
            application_name=f"{_PROGRAM} process {os.getpid()} on {socket.gethostname()}",
            connect_timeout=CONNECT_SECONDS,
            autocommit=True,
        )
    except psycopg.OperationalError as fault:
        raise LogUnavailable(f"{address} does not answer: {' '.join(str(fault).split())}") from None


def _holder(connection: psycopg.Connection[TupleRow]) -> str:
    found = connection.execute(_HOLDER, (_LOCK,)).fetchone()
    if found is None:
        return "another engine"
    return f"{found[0].removeprefix(_PROGRAM).strip()} since {found[1].astimezone(UTC).isoformat(timespec='seconds')}"


class PostgresLog(RecorderLog):
    """A log in PostgreSQL whose appends end within `APPEND_SECONDS`, whatever the server does."""

    def __init__(
        self,
        recorder: PostgresLogRecorder,
        rows: PostgresRows,
        codec: Codec,
        datastore: BoundedDatastore,
        *,
        release: Callable[[], None],
        check: Callable[[], None],
    ) -> None:
        super().__init__(recorder, rows, codec, release=release, check=check)
        self._datastore = datastore

    def _append(self, envelopes: Sequence[Envelope], encoded: Sequence[bytes]) -> int:
        """See `RecorderLog`. Raises LogUnavailable where the server does not answer in time."""
        with self._datastore.within(APPEND_SECONDS):
            return super()._append(envelopes, encoded)


def open_postgres(
    address: PostgresAddress,
    codec: Codec,
    keys: KeyFolder | None = None,
    since: Link = Link(),  # noqa: B008  (immutable)
    *,
    copies: bool = False,
    unproven: bool = False,
) -> RecorderLog:
    """Opens and owns the log in this database.

    `keys` is the folder of keys, by default this user's; the first key is made for a new log. The events up to `since`
    are not verified again, where the log has that link. `copies`, `unproven`: see `Storage`.
    Raises LogOwned, LogUnavailable, MarkRefused, NotSealed, KeyRefused, KeyMissing.
    """
    folder = keys or KeyFolder()
    owner = PostgresOwner(address)
    datastore = BoundedDatastore(address)
    try:
        known = folder.read()
        link = _end_of_chain(address, datastore, codec, known, since)
        known = known if link.ordinal else folder.made()
        epoch = Epoch(str(address), link)
        marks = MarkWriter(POSTGRES, known, Content(codec), link, epoch)
        storage = Storage(POSTGRES.value, copies=copies, unproven=unproven)
        recorder = PostgresLogRecorder(datastore, [PostgresSchema(address), storage, epoch, marks])
        recorder.create_table()
        owner.continue_ordinals()
    except (PersistenceError, psycopg.Error) as fault:
        datastore.close()
        owner.release()
        reason = " ".join(str(fault).split())
        raise LogUnavailable(f"{address} cannot hold a log for this user: {reason}") from fault
    except LogError:
        datastore.close()
        owner.release()
        raise

    def release() -> None:
        # A forked process must not use the connections of the owner, not even to close them.
        if owner.is_this_process:
            datastore.close()
            owner.release()

    rows = PostgresRows(recorder, address, codec, known)
    rows.bind_to(lambda: marks.log_id)
    return PostgresLog(recorder, rows, codec, datastore, release=release, check=owner.check)


def _end_of_chain(
    address: PostgresAddress, datastore: BoundedDatastore, codec: Codec, keys: Keys, since: Link
) -> Link:
    """The end of the log's chain of marks, after all events after `since` were verified; raises what `Verifier.own`
    raises."""
    with connected(address) as connection:
        if not _has_table(connection, "stored_events"):
            return Link()
    return PostgresRows(PostgresApplicationRecorder(datastore), address, codec, keys).own(since)


def read_postgres(address: PostgresAddress, codec: Codec, keys: KeyFolder | None = None) -> RecordedLog:
    """Opens the log in this database for reading.

    Raises LogUnavailable, LogCorrupt, KeyRefused, and InvalidInput where there is no log. Without the log's key the log
    is read as unverified.
    """
    return RecordedLog(reading_rows(address, codec, (keys or KeyFolder()).read()), codec)


def reading_rows(address: PostgresAddress, codec: Codec, keys: Keys) -> PostgresRows:
    """Reads the log in this database. Raises LogUnavailable, and InvalidInput where there is no log."""
    with connected(address) as connection:
        is_there = _has_table(connection, "stored_events")
    if not is_there:
        raise InvalidInput(f"there is no log in {address}; `whence paper --log {address}` begins one")
    datastore = BoundedDatastore(address)
    return PostgresRows(PostgresApplicationRecorder(datastore), address, codec, keys, datastore.close)
