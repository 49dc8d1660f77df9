"""The record of played candles in tables of a SQLite file, signed with the installation's key.

The file may be that of the log itself. A record that cannot be written or read, or whose signature is not valid, is
logged and left out: it gives no prices, fewer candles can be compared, and trading goes on.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from array import array
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from adapters.marks.key_folder import KeyFolder
from adapters.marks.signature import Signer
from adapters.played.record import NOTHING_PLAYED, Figures, PlayedCandles
from adapters.played.signed import EMPTY, SignedRecord, digest_after
from domain.errors import KeyRefused, MarkRefused

_log = logging.getLogger(__name__)

_CREATE = """
CREATE TABLE IF NOT EXISTS played_candles (
    log_id TEXT, first INTEGER, checksums BLOB, PRIMARY KEY (log_id, first)
);
CREATE TABLE IF NOT EXISTS played_latest (log_id TEXT PRIMARY KEY, candles TEXT);
CREATE TABLE IF NOT EXISTS played_signatures (
    log_id TEXT PRIMARY KEY, candles INTEGER, digest BLOB, signature BLOB
);
CREATE TABLE IF NOT EXISTS played_complete (log_id TEXT PRIMARY KEY, ordinal INTEGER);
"""
_Signature = tuple[int, bytes, bytes]
"""The number of candles, the digest of their checksums, and the signature."""


class SqlitePlayed:
    """Keeps one connection from its construction to `close`.

    In the log's own file a later connection could find another file under the name, and SQLite would then write this
    record and the events into different `-wal` files.
    """

    def __init__(self, path: Path, keys: KeyFolder | None = None, *, creates: bool = True) -> None:
        """Without `creates` a missing file is not made, and nothing is recorded.

        `keys` is the installation's folder of keys. Makes the first key where there is none; raises KeyRefused.
        """
        self._path, self._signer = path, Signer(keys or KeyFolder())
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = _connected(path, "rwc" if creates else "rw")
        except sqlite3.Error as fault:
            _log.warning("the record of played candles in %s cannot be opened: %s", path, fault)

    def read(self, log_id: UUID) -> PlayedCandles:
        """See `PlayedStore`. A record without a valid signature is as good as none."""
        if self._connection is None:
            return NOTHING_PLAYED
        try:
            pieces = _pieces(self._connection, log_id)
            latest = _latest(self._connection, log_id)
            if not pieces and latest is None:
                return NOTHING_PLAYED
            self._check(log_id, _signature(self._connection, log_id), pieces, latest or "")
            return PlayedCandles(_as_numbers(b"".join(pieces)), json.loads(latest or "[]"))
        except (MarkRefused, KeyRefused) as fault:
            _log.warning(
                "the record of played candles in %s is not used: %s; the next `whence paper` makes it anew",
                self._path,
                fault,
            )
        except (sqlite3.Error, ValueError, TypeError, OverflowError) as fault:
            _log.warning("the record of played candles in %s cannot be read: %s", self._path, fault)
        return NOTHING_PLAYED

    def add(self, log_id: UUID, first: int, checksums: array[int], latest: Sequence[Figures]) -> None:
        """See `PlayedStore`. Candles that do not follow on a record with a valid signature are not recorded."""
        if self._connection is None:
            return
        try:
            with self._connection as connection:
                before = EMPTY if first == 0 else self._digest_of(connection, log_id, first)
                self._add(connection, log_id, first, before, _as_bytes(checksums), json.dumps(latest))
        except (MarkRefused, KeyRefused, sqlite3.Error, ValueError, TypeError, OverflowError) as fault:
            _log.warning("the record of played candles in %s cannot be written: %s", self._path, fault)

    def mark_complete(self, log_id: UUID, ordinal: int) -> None:
        """See `PlayedStore`. The mark is not signed: it holds no figure that is traded on."""
        if self._connection is None:
            return
        try:
            with self._connection as connection:
                row = (str(log_id), ordinal)
                connection.execute("INSERT OR REPLACE INTO played_complete VALUES (?, ?)", row)
        except sqlite3.Error as fault:
            _log.warning("the last complete instant cannot be written to %s: %s", self._path, fault)

    def complete_at(self, log_id: UUID) -> int | None:
        """See `PlayedStore`."""
        if self._connection is None:
            return None
        query = "SELECT CAST(ordinal AS INTEGER) FROM played_complete WHERE log_id = ?"
        try:
            row = self._connection.execute(query, (str(log_id),)).fetchone()
        except sqlite3.Error as fault:
            _log.warning("the last complete instant cannot be read from %s: %s", self._path, fault)
            return None
        return None if row is None else row[0]

    def close(self) -> None:
        """See `PlayedStore`."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _check(self, log_id: UUID, found: _Signature | None, pieces: Sequence[bytes], latest: str) -> None:
        """Raises MarkRefused or KeyMissing where the signature is not that of these pieces and figures."""
        candles, digest = sum(map(len, pieces)) // _BYTES, digest_after(EMPTY, pieces)
        record = SignedRecord(log_id, candles, digest, latest)
        self._signer.check(record, None if found is None else found[2])

    def _digest_of(self, connection: sqlite3.Connection, log_id: UUID, candles: int) -> bytes:
        """The digest of the record of so many candles. Raises MarkRefused or KeyMissing where it is not that record."""
        number, digest, signature = _signature(connection, log_id) or (0, EMPTY, b"")
        self._signer.check(SignedRecord(log_id, number, digest, _latest(connection, log_id) or ""), signature)
        if number != candles:
            raise MarkRefused(f"it has {number} candles instead of {candles}")
        return digest

    def _add(
        self,
        connection: sqlite3.Connection,
        log_id: UUID,
        first: int,
        before: bytes,
        piece: bytes,
        latest: str,
    ) -> None:
        candles, digest = first + len(piece) // _BYTES, digest_after(before, [piece])
        signature = self._signer.signature(SignedRecord(log_id, candles, digest, latest))
        name = str(log_id)
        connection.execute("DELETE FROM played_candles WHERE log_id = ? AND first >= ?", (name, first))
        connection.execute("INSERT INTO played_candles VALUES (?, ?, ?)", (name, first, piece))
        connection.execute("INSERT OR REPLACE INTO played_latest VALUES (?, ?)", (name, latest))
        row = (name, candles, digest, signature)
        connection.execute("INSERT OR REPLACE INTO played_signatures VALUES (?, ?, ?, ?)", row)


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, check_same_thread=False)
    try:
        connection.executescript(_CREATE)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _pieces(connection: sqlite3.Connection, log_id: UUID) -> Sequence[bytes]:
    """The checksums as they were added, in order."""
    query = "SELECT CAST(checksums AS BLOB) FROM played_candles WHERE log_id = ? ORDER BY first"
    return [row[0] for row in connection.execute(query, (str(log_id),))]


def _latest(connection: sqlite3.Connection, log_id: UUID) -> str | None:
    query = "SELECT CAST(candles AS TEXT) FROM played_latest WHERE log_id = ?"
    row = connection.execute(query, (str(log_id),)).fetchone()
    return None if row is None else row[0]


def _signature(connection: sqlite3.Connection, log_id: UUID) -> _Signature | None:
    # A stranger may have written values of any type.
    query = """SELECT CAST(candles AS INTEGER), CAST(digest AS BLOB), CAST(signature AS BLOB)
        FROM played_signatures WHERE log_id = ?"""
    found: _Signature | None = connection.execute(query, (str(log_id),)).fetchone()
    return found


_BYTES = 4
"""The bytes of one checksum."""


def _as_bytes(checksums: array[int]) -> bytes:
    return b"".join(one.to_bytes(_BYTES, "big") for one in checksums)


def _as_numbers(data: bytes) -> array[int]:
    return array("I", (int.from_bytes(data[at : at + _BYTES], "big") for at in range(0, len(data), _BYTES)))
