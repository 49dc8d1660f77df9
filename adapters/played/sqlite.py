"""The record of played candles in two tables of a SQLite file.

The file may be that of the log itself. A record that cannot be written or read is logged and left out, because it is
only a check: trading goes on without it.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from array import array
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from adapters.played.record import NOTHING_PLAYED, Figures, PlayedCandles

_log = logging.getLogger(__name__)

_CREATE = """
CREATE TABLE IF NOT EXISTS played_candles (
    log_id TEXT, first INTEGER, checksums BLOB, PRIMARY KEY (log_id, first)
);
CREATE TABLE IF NOT EXISTS played_latest (log_id TEXT PRIMARY KEY, candles TEXT);
"""


class SqlitePlayed:
    """Keeps one connection from its construction to `close`.

    In the log's own file a later connection could find another file under the name, and SQLite would then write this
    record and the events into different `-wal` files.
    """

    def __init__(self, path: Path, *, creates: bool = True) -> None:
        """Without `creates` a missing file is not made, and nothing is recorded."""
        self._path = path
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = _connected(path, "rwc" if creates else "rw")
        except sqlite3.Error as fault:
            _log.warning("the record of played candles in %s cannot be opened: %s", path, fault)

    def read(self, log_id: UUID) -> PlayedCandles:
        """See `PlayedStore`. Rows after a gap are left out."""
        if self._connection is None:
            return NOTHING_PLAYED
        try:
            rows = self._connection.execute(
                "SELECT first, checksums FROM played_candles WHERE log_id = ? ORDER BY first",
                (str(log_id),),
            ).fetchall()
            latest = self._connection.execute(
                "SELECT candles FROM played_latest WHERE log_id = ?", (str(log_id),)
            ).fetchone()
            return _record(rows, json.loads(latest[0]) if latest else [])
        except (sqlite3.Error, ValueError, TypeError) as fault:
            _log.warning("the record of played candles in %s cannot be read: %s", self._path, fault)
            return NOTHING_PLAYED

    def add(self, log_id: UUID, first: int, checksums: array[int], latest: Sequence[Figures]) -> None:
        """See `PlayedStore`."""
        if self._connection is None:
            return
        try:
            with self._connection as connection:
                connection.execute(
                    "DELETE FROM played_candles WHERE log_id = ? AND first >= ?", (str(log_id), first)
                )
                connection.execute(
                    "INSERT INTO played_candles VALUES (?, ?, ?)", (str(log_id), first, _as_bytes(checksums))
                )
                connection.execute(
                    "INSERT OR REPLACE INTO played_latest VALUES (?, ?)", (str(log_id), json.dumps(latest))
                )
        except sqlite3.Error as fault:
            _log.warning("the record of played candles in %s cannot be written: %s", self._path, fault)

    def close(self) -> None:
        """See `PlayedStore`."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, check_same_thread=False)
    try:
        connection.executescript(_CREATE)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _record(rows: Sequence[tuple[int, bytes]], latest: Sequence[Figures]) -> PlayedCandles:
    checksums = array("I")
    for first, data in rows:
        if first != len(checksums):
            return PlayedCandles(checksums)
        checksums += _as_numbers(data)
    return PlayedCandles(checksums, latest if len(latest) <= len(checksums) else ())


def _as_bytes(checksums: array[int]) -> bytes:
    return b"".join(one.to_bytes(4, "big") for one in checksums)


def _as_numbers(data: bytes) -> array[int]:
    return array("I", (int.from_bytes(data[at : at + 4], "big") for at in range(0, len(data), 4)))
