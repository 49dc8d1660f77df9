"""Where the events of one partition are: a disposable SQLite view of it, in a file or in memory.

It says which version of which stream is at which position, and how far it has read. What it is told is written to
SQLite a moment later by `flush`, which every question asks for first; a file that was killed in between is merely
older, and reads on from where it is. A file that is missing, corrupt, of another cluster or another topic is made anew.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from adapters.kafka.errors import KafkaUnavailable

_log = logging.getLogger(__name__)

LAYOUT: Final = "1"
_STREAMS_REMEMBERED: Final = 200_000

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS identity (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reached (topic TEXT PRIMARY KEY, next_offset INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stream (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS event (
    position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, version INTEGER NOT NULL, at INTEGER NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS event_of_stream ON event (stream, version);
CREATE TABLE IF NOT EXISTS refused (at INTEGER PRIMARY KEY, claim TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tracking (application TEXT PRIMARY KEY, notification INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS snapshot (
    stream TEXT, version INTEGER, topic TEXT NOT NULL, state BLOB NOT NULL, PRIMARY KEY (stream, version)
) WITHOUT ROWID;
"""

_PLACES_OF: Final = {
    False: "SELECT position, version, at FROM event WHERE stream = (SELECT id FROM stream WHERE name = ?)"
    " AND version > ? AND version <= ? ORDER BY version ASC LIMIT ?",
    True: "SELECT position, version, at FROM event WHERE stream = (SELECT id FROM stream WHERE name = ?)"
    " AND version > ? AND version <= ? ORDER BY version DESC LIMIT ?",
}
_SNAPSHOTS_OF: Final = {
    False: "SELECT stream, version, topic, state FROM snapshot WHERE stream = ?"
    " AND version > ? AND version <= ? ORDER BY version ASC LIMIT ?",
    True: "SELECT stream, version, topic, state FROM snapshot WHERE stream = ?"
    " AND version > ? AND version <= ? ORDER BY version DESC LIMIT ?",
}
_ALL: Final = 2**62


class Place(NamedTuple):
    """An event's place: position, stream, version, and an offset at or before the record (never after it)."""

    position: int
    stream: str
    version: int
    offset: int


class Snapshot(NamedTuple):
    """A snapshot as it was recorded."""

    stream: str
    version: int
    topic: str
    state: bytes


class IndexDamaged(KafkaUnavailable):
    """The view failed, not the log: it is made anew with the next takeover."""


class Index:
    """The view of one partition and its siblings. Safe to use from several threads."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._asking = threading.RLock()
        self._telling = threading.RLock()
        self._told: list[Place] = []
        self._last: dict[str, int] = {}
        self._reached: dict[str, int] = {}
        self._ids: dict[str, int] = {}
        self.damaged = False
        self._db = _opened(path)
        self.count = self._count()

    # What is known.

    def last_version(self, stream: str) -> int | None:
        """The last version of `stream`, None where it has no event."""
        with self._telling:
            last = self._last.get(stream)
        if last is not None:
            return last
        row = self._one("SELECT last FROM stream WHERE name = ?", stream)
        return None if row is None else int(row[0])

    def places_of(
        self,
        stream: str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> list[Place]:
        """The places of a stream's events, in the order of versions."""
        rows = self._all(_PLACES_OF[desc], stream, *_bounds(gt, lte, limit))
        return [Place(position, stream, version, at) for position, version, at in rows]

    def place_at(self, position: int) -> Place | None:
        """The place at `position`, None where the log does not reach so far."""
        row = self._one(
            "SELECT position, name, version, at FROM event JOIN stream ON stream.id = stream WHERE position = ?",
            position,
        )
        return None if row is None else Place(*row)

    def places_between(self, first: int, last: int) -> list[Place]:
        """The places from position `first` to `last`, both included."""
        rows = self._all(
            "SELECT position, name, version, at FROM event JOIN stream ON stream.id = stream"
            " WHERE position BETWEEN ? AND ? ORDER BY position", first, last,
        )  # fmt: skip
        return [Place(*row) for row in rows]

    def reached(self, topic: str) -> int:
        """The offset of `topic` from which reading goes on."""
        with self._telling:
            if topic in self._reached:
                return self._reached[topic]
        row = self._one("SELECT next_offset FROM reached WHERE topic = ?", topic)
        return 0 if row is None else int(row[0])

    def refused(self) -> dict[int, str]:
        """Offsets of the records that no reader accepts, and what they claimed to be."""
        return dict(self._all("SELECT at, claim FROM refused ORDER BY at"))

    def tracked(self, application: str) -> int | None:
        """The largest notification tracked for `application`."""
        row = self._one("SELECT notification FROM tracking WHERE application = ?", application)
        return None if row is None else int(row[0])

    def snapshots_of(
        self,
        stream: str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> list[Snapshot]:
        """The snapshots of a stream in the order of versions."""
        rows = self._all(_SNAPSHOTS_OF[desc], stream, *_bounds(gt, lte, limit))
        return [Snapshot(*row) for row in rows]

    @property
    def untold(self) -> int:
        """How many events SQLite has not yet been told of."""
        return len(self._told)

    # What is told.

    def add(self, places: Sequence[Place], topic: str, reached: int) -> None:
        """These events are committed, one position after the other; `topic` is read up to `reached`."""
        with self._telling:
            self._told.extend(places)
            self._last.update((place.stream, place.version) for place in places)
            self._reached[topic] = reached
            self.count += len(places)

    def reach(self, topic: str, offset: int) -> None:
        """`topic` is read up to `offset`, and there was nothing more to know."""
        with self._telling:
            self._reached[topic] = offset

    def refuse(self, offset: int, claim: str) -> None:
        """The record at `offset` is no event of this log."""
        self._do("INSERT OR REPLACE INTO refused VALUES (?, ?)", [(offset, claim)])

    def track(self, application: str, notification: int) -> None:
        """`application` has got as far as `notification`."""
        self._do(
            "INSERT INTO tracking VALUES (?, ?) ON CONFLICT (application) DO UPDATE"
            " SET notification = max(notification, excluded.notification)",
            [(application, notification)],
        )

    def keep(self, snapshots: Iterable[Snapshot]) -> None:
        """These snapshots are committed."""
        self._do("INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?)", snapshots)

    def flush(self) -> None:
        """Write what was told to SQLite, in one transaction with the offsets reached."""
        with self._asking:
            with self._telling:
                told, self._told = self._told, []
                reached, self._reached = self._reached, {}
            # Outside the inner lock: the writer goes on telling while SQLite is busy.
            if told or reached:
                self._write(told, reached)

    def belongs_to(self, identity: dict[str, str]) -> bool:
        """Whether this index is of that cluster and those topics. One that is of nothing yet becomes so."""
        known = dict(self._all("SELECT name, value FROM identity"))
        wanted = {**identity, "layout": LAYOUT}
        if not known and self.count == 0:
            self._do("INSERT INTO identity VALUES (?, ?)", wanted.items())
            return True
        return known == wanted

    def clear(self) -> None:
        """Forget everything: the log will be read again from its beginning.

        A file that failed while in use (a full disk, say) is not tried again: what follows is kept in memory.
        """
        with self._asking, self._telling:
            self._told, self._last, self._reached, self._ids = [], {}, {}, {}
            self._db.close()
            _remove(self.path)
            self.path = None if self.damaged else self.path
            self.damaged = False
            self._db = _opened(self.path)
            self.count = 0

    def close(self) -> None:
        """Write what is left and let the file go."""
        with self._asking:
            try:
                self.flush()
            finally:
                self._db.close()

    def _write(self, told: list[Place], reached: dict[str, int]) -> None:
        with self._written():
            if told:
                self._write_places(told)
            self._db.executemany("INSERT OR REPLACE INTO reached VALUES (?, ?)", reached.items())
        if len(self._last) > _STREAMS_REMEMBERED:
            with self._telling:
                # Whoever asks next is answered from SQLite, after a flush.
                self._last, self._ids = {}, {}

    def _write_places(self, told: list[Place]) -> None:
        last = {place.stream: place.version for place in told}
        self._db.executemany(
            "INSERT INTO stream (name, last) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET last = excluded.last",
            last.items(),
        )
        for name in last.keys() - self._ids.keys():
            self._ids[name] = self._db.execute("SELECT id FROM stream WHERE name = ?", (name,)).fetchone()[0]
        ids = self._ids
        self._db.executemany(
            "INSERT INTO event VALUES (?, ?, ?, ?)",
            [(position, ids[stream], version, at) for position, stream, version, at in told],
        )

    def _count(self) -> int:
        row = self._db.execute("SELECT max(position) FROM event").fetchone()
        return int(row[0] or 0)

    def _one(self, question: str, *values: object) -> tuple[Any, ...] | None:
        rows = self._all(question, *values)
        return rows[0] if rows else None

    def _all(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        with self._asking:
            self.flush()
            with self._usable():
                return self._db.execute(question, values).fetchall()

    def _do(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        with self._asking, self._written():
            self._db.executemany(statement, rows)

    @contextmanager
    def _written(self) -> Generator[None]:
        with self._usable(), self._db:
            self._db.execute("BEGIN")
            yield

    @contextmanager
    def _usable(self) -> Generator[None]:
        if self.damaged:
            raise IndexDamaged("the index is damaged: it is made anew when the log is next taken over")
        try:
            yield
        except sqlite3.DatabaseError as error:
            self.damaged = True
            raise IndexDamaged(f"the index cannot be used: {error}") from error


def _bounds(gt: int | None, lte: int | None, limit: int | None) -> tuple[int, int, int]:
    return -_ALL if gt is None else gt, _ALL if lte is None else lte, _ALL if limit is None else limit


def _opened(path: Path | None) -> sqlite3.Connection:
    if path is None:
        return _connected(None)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _connected(path)
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            _log.warning(
                "the index %s is in use by another process: this one keeps its own in memory", path.name
            )
            return _connected(None)
        _log.warning("the index %s is not usable (%s): it is made anew", path.name, error)
        _remove(path)
        return _connected(path)


def _connected(path: Path | None) -> sqlite3.Connection:
    db = sqlite3.connect(
        ":memory:" if path is None else path, isolation_level=None, check_same_thread=False, timeout=0
    )
    try:
        db.executescript(
            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
        )
        db.executescript("PRAGMA cache_size = -65536;")
        _check(db)
        db.executescript(_TABLES)
    except BaseException:
        db.close()
        raise
    return db


def _check(db: sqlite3.Connection) -> None:
    """Raises sqlite3.DatabaseError: the file is damaged."""
    verdict = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)


def _remove(path: Path | None) -> None:
    for suffix in ("", "-wal", "-shm", "-journal") if path is not None else ():
        Path(f"{path}{suffix}").unlink(missing_ok=True)
