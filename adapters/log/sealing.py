"""Sealing a log: a person accepts its events from before marks, and the log's owner marks those that follow.

The events are checked before: they decode, follow each other, and have the ids that their places demand.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from adapters.kafka.config import settings_of
from adapters.kafka.seal import seal
from adapters.log.address import KafkaAddress, PostgresAddress
from adapters.log.companion import Statements
from adapters.log.content import NO_LOG, Content
from adapters.log.epoch import Epoch
from adapters.log.kafka import environment_of, owners_rule
from adapters.log.mark_rows import POSTGRES, SQLITE, MarkedRow, MarkWriter
from adapters.log.owner import FileOwner
from adapters.log.postgres import PostgresOwner, connected, reading_rows
from adapters.log.postgres_schema import PostgresSchema
from adapters.log.reading import writable
from adapters.log.recorder_log import Codec
from adapters.log.sqlite import SqliteRows
from adapters.log.sqlite_schema import SqliteSchema
from adapters.log.verified_rows import VerifiedRows
from adapters.marks.key_folder import KeyFolder
from adapters.marks.mark import Link
from adapters.marks.sealed import Kind, Sealed
from domain.errors import InvalidInput, KeyMissing, LogCorrupt, LogUnavailable, MarkRefused, Refused

_AT_ONCE = 10_000


def seal_sqlite(path: Path, codec: Codec, folder: KeyFolder, *, without_key: bool = False) -> Sealed:
    """Marks all events of the log in this file, where they have no marks; makes the mark of the head again, where only
    that one is missing.

    With `without_key` the marks are replaced that were made with a key which is not at hand. Raises Refused where there
    are none, and LogOwned, LogUnavailable, InvalidInput, KeyRefused, KeyMissing, and LogCorrupt for an event that is
    refused; nothing was then written.
    """
    path = path.resolve()
    with closing(SqliteRows(path, codec, folder.read())) as rows:
        owner = FileOwner(path)
        try:
            return _sealed(rows, Content(codec), partial(_in_file, path, folder), without_key=without_key)
        finally:
            owner.release()


def seal_postgres(
    address: PostgresAddress, codec: Codec, folder: KeyFolder, *, without_key: bool = False
) -> Sealed:
    """Marks all events of the log in this database. Returns and raises what `seal_sqlite` does."""
    owner = PostgresOwner(address)
    try:
        with closing(reading_rows(address, codec, folder.read())) as rows:
            place = partial(_in_database, address, folder)
            return _sealed(rows, Content(codec), place, without_key=without_key)
    finally:
        owner.release()


def seal_kafka(
    address: KafkaAddress,
    codec: Codec,
    client: Mapping[str, str],
    folder: KeyFolder,
    *,
    without_key: bool = False,
) -> Sealed:
    """Seals all events of the log in this partition. Returns and raises what `seal_sqlite` does.

    Raises InvalidInput with `without_key`: the marks on Kafka are in the headers of the records.
    """
    if without_key:
        raise InvalidInput(
            f"{address}: the marks of events on Kafka are in the headers of their records, which nobody can change. "
            "Without its key the log can be read, as unverified, and no engine can own it again: begin another topic"
        )
    rule = owners_rule(folder, codec)
    return seal(settings_of(environment_of(address, client, {"KAFKA_EXCLUSIVE": "true"}, None)), rule)


def checked(rows: Iterable[MarkedRow], content: Content) -> Iterator[MarkedRow]:
    """The rows, each checked. Raises LogCorrupt, which names the ordinal of a row that is refused."""
    versions: dict[str, int] = {}
    log_id = NO_LOG
    for number, row in enumerate(rows, 1):
        last = versions.get(row.stream, 0)
        if row.version != last + 1:
            raise LogCorrupt(
                f"ordinal {row.ordinal} holds version {row.version} of {row.stream}, after {last}"
            )
        try:
            content.check(log_id, number, row.marked)
        except MarkRefused as fault:
            raise LogCorrupt(f"ordinal {row.ordinal}: {fault}") from None
        versions[row.stream] = row.version
        log_id = content.log_id_of(row.state) if number == 1 else log_id
        yield row


Writing = Callable[[MarkWriter, Statements], None]
"""Writes marks in a transaction."""
Place = Callable[[Content, Writing], None]
"""Runs a `Writing` in one transaction of a log."""


def _sealed(rows: VerifiedRows, content: Content, place: Place, *, without_key: bool) -> Sealed:
    """Seals the log of these rows; its marks, where it has any, are verified first."""
    head = rows.marked_head()
    if not rows.has_marks():
        if without_key:
            raise Refused("the log has no marks, so no key is missing: use `whence log seal` alone")
        return _all_marked(rows, content, place, Kind.EVENTS) if head.ordinal else Sealed(Kind.EMPTY)
    try:
        end = rows.own() if head.mark is not None else rows.end(head.ordinal)
    except KeyMissing:
        if not without_key:
            raise
        return _all_marked(rows, content, place, Kind.KEY_LOST)
    if without_key:
        raise Refused(
            "all keys of the log's marks are in the folder of keys: nothing is to be accepted without"
        )
    if head.mark is not None:
        return Sealed(Kind.MARKED)
    place(content, lambda marks, cursor: marks.begin(cursor, end))
    return Sealed(Kind.HEAD)


def _all_marked(rows: VerifiedRows, content: Content, place: Place, kind: Kind) -> Sealed:
    """Checks all events, and gives each a new mark."""
    last = rows.marked_head().ordinal
    found = checked(rows.marked_rows(0, last), content)
    count = 0

    def write(marks: MarkWriter, cursor: Statements) -> None:
        nonlocal count
        marks.clear(cursor)
        count = _written(cursor, marks, found)

    place(content, write)
    return Sealed(kind, count)


def _in_file(path: Path, folder: KeyFolder, content: Content, write: Writing) -> None:
    marks = MarkWriter(SQLITE, folder.made(), content, Link(), Epoch(str(path)))
    try:
        with closing(sqlite3.connect(writable(path), uri=True, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            cursor = connection.cursor()
            cursor.execute("BEGIN IMMEDIATE")
            SqliteSchema(path).prepare(cursor)
            write(marks, cursor)
            cursor.execute("COMMIT")
    except sqlite3.Error as fault:
        raise LogUnavailable(f"{path} cannot be sealed: {fault}") from fault


def _in_database(address: PostgresAddress, folder: KeyFolder, content: Content, write: Writing) -> None:
    marks = MarkWriter(POSTGRES, folder.made(), content, Link(), Epoch(str(address)))
    try:
        with (
            connected(address) as connection,
            connection.transaction(),
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            PostgresSchema(address).prepare(cursor)
            write(marks, cursor)
    except psycopg.Error as fault:
        raise LogUnavailable(f"{address} cannot be sealed: {' '.join(str(fault).split())}") from fault


def _written(cursor: Statements, marks: MarkWriter, rows: Iterator[MarkedRow]) -> int:
    """Writes the marks of all rows; returns the number of rows."""
    link, count = Link(), 0
    while page := list(islice(rows, _AT_ONCE)):
        link = marks.write(cursor, link, ((row.ordinal, row.marked) for row in page))
        count += len(page)
    return count
