"""The SQLite database behind an index: opening, checking, creating its tables, replacing a damaged file."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path
from typing import Final

_log = logging.getLogger(__name__)

LAYOUT: Final = "3"

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS identity (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS proof (id INTEGER PRIMARY KEY CHECK (id = 1), value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS reached (topic TEXT PRIMARY KEY, next_offset INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stream (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS run (
    position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL,
    events INTEGER NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS run_of_stream ON run (stream, version);
CREATE TABLE IF NOT EXISTS refused (at INTEGER PRIMARY KEY, claim TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tracking (application TEXT PRIMARY KEY, notification INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS snapshot (
    stream TEXT, version INTEGER, topic TEXT NOT NULL, state BLOB NOT NULL, PRIMARY KEY (stream, version)
) WITHOUT ROWID;
"""

# Only one process uses a file, so its lock is exclusive. A power failure may lose the last transactions, but does not
# reorder them; the lost entries are read from the log again.
_PRAGMAS: Final = """
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA cache_size = -65536;
"""


def opened(path: Path | None) -> tuple[sqlite3.Connection, Path | None]:
    """The database in the file `path`, and its file; in memory (None) where `path` is None or no file can be used.

    No file can be used where another process uses it, or where it cannot be written, as on a full disk. A damaged file
    is replaced by an empty one.
    """
    if path is None:
        return _connected(None), None
    try:
        return _in_file(path), path
    except (sqlite3.DatabaseError, OSError) as error:
        _log.warning("the index %s is kept in memory: its file cannot be used: %s", path.name, error)
        return _connected(None), None


def _in_file(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _connected(path)
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise
        _log.warning("the index %s is not usable (%s): it is rebuilt", path.name, error)
        remove(path)
        return _connected(path)


def remove(path: Path | None) -> None:
    """Deletes the database file and SQLite's files beside it."""
    for suffix in ("", "-wal", "-shm", "-journal") if path is not None else ():
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _connected(path: Path | None) -> sqlite3.Connection:
    where = ":memory:" if path is None else path
    db = sqlite3.connect(where, isolation_level=None, check_same_thread=False, timeout=0)
    try:
        db.executescript(_PRAGMAS)
        _check(db)
        db.executescript(_TABLES)
    except BaseException:
        db.close()
        raise
    return db


def _check(db: sqlite3.Connection) -> None:
    """Raises sqlite3.DatabaseError where the file is damaged."""
    verdict = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)
