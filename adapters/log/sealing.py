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
from adapters.log.postgres import PostgresOwner, PostgresRows, connected, reading_rows
from adapters.log.postgres_schema import PostgresSchema
from adapters.log.reading import writable
from adapters.log.recorder_log import Codec
from adapters.log.sqlite import SqliteRows
from adapters.log.sqlite_schema import SqliteSchema
from adapters.marks.key_folder import KeyFolder
from adapters.marks.mark import Link
from domain.errors import LogCorrupt, LogUnavailable, MarkRefused

_AT_ONCE = 10_000


def seal_sqlite(path: Path, codec: Codec, folder: KeyFolder) -> int:
    """Marks all events of the log in this file; returns their number, 0 where it has marks already.

    Raises LogOwned, LogUnavailable, InvalidInput, KeyRefused, KeyMissing, and LogCorrupt for an event that is refused;
    nothing was then written.
    """
    path = path.resolve()
    with closing(SqliteRows(path, codec, folder.read())) as rows:
        owner = FileOwner(path)
        try:
            return _sealed(rows, Content(codec), partial(_seal_file, path, folder))
        finally:
            owner.release()


def seal_postgres(address: PostgresAddress, codec: Codec, folder: KeyFolder) -> int:
    """Marks all events of the log in this database. Returns and raises what `seal_sqlite` does."""
    owner = PostgresOwner(address)
    try:
        with closing(reading_rows(address, codec, folder.read())) as rows:
            return _sealed(rows, Content(codec), partial(_seal_database, address, folder))
    finally:
        owner.release()


def seal_kafka(address: KafkaAddress, codec: Codec, client: Mapping[str, str], folder: KeyFolder) -> int:
    """Seals all events of the log in this partition. Returns and raises what `seal_sqlite` does."""
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


def _sealed(
    rows: SqliteRows | PostgresRows, content: Content, seal_all: Callable[[Content, Iterator[MarkedRow]], int]
) -> int:
    """What `seal_all` returns for the checked rows; 0 where the log has marks, which are then verified."""
    if rows.has_marks():
        rows.own()
        return 0
    return seal_all(content, checked(rows.marked_rows(0, rows.head()), content))


def _seal_file(path: Path, folder: KeyFolder, content: Content, rows: Iterator[MarkedRow]) -> int:
    marks = MarkWriter(SQLITE, folder.made(), content, Link(), Epoch(str(path)))
    try:
        with closing(sqlite3.connect(writable(path), uri=True, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            cursor = connection.cursor()
            cursor.execute("BEGIN IMMEDIATE")
            SqliteSchema(path).prepare(cursor)
            sealed = _written(cursor, marks, rows)
            cursor.execute("COMMIT")
            return sealed
    except sqlite3.Error as fault:
        raise LogUnavailable(f"{path} cannot be sealed: {fault}") from fault


def _seal_database(
    address: PostgresAddress, folder: KeyFolder, content: Content, rows: Iterator[MarkedRow]
) -> int:
    marks = MarkWriter(POSTGRES, folder.made(), content, Link(), Epoch(str(address)))
    try:
        with (
            connected(address) as connection,
            connection.transaction(),
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            PostgresSchema(address).prepare(cursor)
            return _written(cursor, marks, rows)
    except psycopg.Error as fault:
        raise LogUnavailable(f"{address} cannot be sealed: {' '.join(str(fault).split())}") from fault


def _written(cursor: Statements, marks: MarkWriter, rows: Iterator[MarkedRow]) -> int:
    """Writes the marks of all rows; returns the number of rows."""
    marks.prepare(cursor)
    link, count = Link(), 0
    while page := list(islice(rows, _AT_ONCE)):
        link = marks.write(cursor, link, ((row.ordinal, row.marked) for row in page))
        count += len(page)
    return count
