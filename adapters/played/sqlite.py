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
from contextlib import closing
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
    """A connection is opened for each call, because calls are rare: at the start, at a stop, and every few seconds."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, log_id: UUID) -> PlayedCandles:
        """See `PlayedStore`. Rows after a gap are left out."""
        try:
            with closing(self._connected()) as connection:
                rows = connection.execute(
                    "SELECT first, checksums FROM played_candles WHERE log_id = ? ORDER BY first",
                    (str(log_id),),
                ).fetchall()
                latest = connection.execute(
                    "SELECT candles FROM played_latest WHERE log_id = ?", (str(log_id),)
                ).fetchone()
            return _record(rows, json.loads(latest[0]) if latest else [])
        except (sqlite3.Error, ValueError, TypeError) as fault:
            _log.warning("the record of played candles in %s cannot be read: %s", self._path, fault)
            return NOTHING_PLAYED

    def add(self, log_id: UUID, first: int, checksums: array[int], latest: Sequence[Figures]) -> None:
        """See `PlayedStore`."""
        try:
            with closing(self._connected()) as connection, connection:
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

    def _connected(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path)
        connection.executescript(_CREATE)
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
