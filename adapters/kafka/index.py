"""Where the events of one partition are: a disposable SQLite view of it, in a file or in memory.

It says which version of which stream is at which ordinal, and how far it has read. What it is told is written to
SQLite a moment later by `flush`, which questions ask for first; a file that was left before that is merely older,
and reads on from where it is. A file that is missing, corrupt, of another cluster or another topic is made anew.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from adapters.kafka.errors import KafkaUnavailable
from adapters.kafka.index_file import LAYOUT, opened, remove
from adapters.kafka.run import EventPlace, Run

_T = TypeVar("_T")

_STREAMS_REMEMBERED: Final = 200_000
_NO_BOUND: Final = 2**62

_RUNS_OF: Final = """
SELECT position, :name, version, at, events FROM run
WHERE stream = (SELECT id FROM stream WHERE name = :name) AND version <= :last AND version >= coalesce(
    (SELECT max(version) FROM run WHERE stream = (SELECT id FROM stream WHERE name = :name) AND version <= :first), 0)
ORDER BY version
"""
_RUNS_BETWEEN: Final = """
SELECT position, name, version, at, events FROM run JOIN stream ON stream.id = stream
WHERE position <= :last AND position >= coalesce((SELECT max(position) FROM run WHERE position <= :first), 0)
ORDER BY position
"""
_SNAPSHOTS_OF: Final = """
SELECT stream, version, topic, state FROM snapshot
WHERE stream = :name AND version > :gt AND version <= :lte ORDER BY version
"""
_WRITE_STREAM: Final = """
INSERT INTO stream (name, last) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET last = excluded.last RETURNING id
"""
_WRITE_TRACKING: Final = """
INSERT INTO tracking VALUES (?, ?)
ON CONFLICT (application) DO UPDATE SET notification = max(notification, excluded.notification)
"""


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
        self._path = path
        self.damaged = False
        self._identity: Mapping[str, str] = {}
        self._asking = threading.RLock()
        self._telling = threading.RLock()
        self._open()

    def _open(self) -> None:
        self._told: list[Run] = []
        self._told_last: dict[str, int] = {}
        self._reached: dict[str, int] = {}
        self._ids: dict[str, int] = {}
        self._db = opened(self._path)
        self.count = self._counted()
        streams = self._db.execute(
            "SELECT name, last FROM stream LIMIT ?", (_STREAMS_REMEMBERED + 1,)
        ).fetchall()
        # Most logs have so few streams that all of them can be known by heart.
        self._knows_all = len(streams) <= _STREAMS_REMEMBERED
        self._last: dict[str, int] = dict(streams) if self._knows_all else {}

    def _counted(self) -> int:
        row = self._db.execute(
            "SELECT position + events - 1 FROM run ORDER BY position DESC LIMIT 1"
        ).fetchone()
        return 0 if row is None else int(row[0])

    # What is known.

    def last_version(self, stream: str) -> int | None:
        """The last version of `stream`, None where it has no event."""
        with self._telling:
            last = self._last.get(stream)
            if last is not None or self._knows_all:
                return last
        # Whatever is not yet written is known by heart: there is no need to write it first.
        with self._asking, self._usable():
            row = self._db.execute("SELECT last FROM stream WHERE name = ?", (stream,)).fetchone()
        return None if row is None else int(row[0])

    def places_of(
        self,
        stream: str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> list[EventPlace]:
        """The places of a stream's events, in the order of versions."""
        first, last = 0 if gt is None else gt + 1, _NO_BOUND if lte is None else lte
        places: list[EventPlace] = []
        for row in self._all(_RUNS_OF, {"name": stream, "first": first, "last": last}):
            run = Run(*row)
            ahead = run.ordinal - run.version
            places += run.between(first + ahead, last + ahead)
        return _limited(places, desc=desc, limit=limit)

    def place_at(self, ordinal: int) -> EventPlace | None:
        """The place at `ordinal`, None where the log does not reach so far."""
        return next(iter(self.places_between(ordinal, ordinal)), None)

    def places_between(self, first: int, last: int) -> list[EventPlace]:
        """The places from ordinal `first` to `last`, both included."""
        rows = self._all(_RUNS_BETWEEN, {"first": first, "last": last})
        return [place for row in rows for place in Run(*row).between(first, last)]

    def reached(self, topic: str) -> int:
        """The offset of `topic` from which reading goes on."""
        with self._telling:
            if topic in self._reached:
                return self._reached[topic]
        row = self._one("SELECT next_offset FROM reached WHERE topic = :name", topic)
        return 0 if row is None else int(row[0])

    def refused(self) -> dict[int, str]:
        """Offsets of the records that no reader accepts, and what they claimed to be."""
        return dict(self._all("SELECT at, claim FROM refused ORDER BY at", {}))

    def tracked(self, application: str) -> int | None:
        """The largest notification tracked for `application`."""
        row = self._one("SELECT notification FROM tracking WHERE application = :name", application)
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
        bounds = {"gt": -_NO_BOUND if gt is None else gt, "lte": _NO_BOUND if lte is None else lte}
        found = [Snapshot(*row) for row in self._all(_SNAPSHOTS_OF, {"name": stream, **bounds})]
        return _limited(found, desc=desc, limit=limit)

    @property
    def untold(self) -> int:
        """How many runs SQLite has not yet been told of."""
        return len(self._told)

    # What is told.

    def add(self, runs: Sequence[Run], last: Mapping[str, int], topic: str, reached: int) -> None:
        """These events are committed; `topic` is read up to `reached`.

        `last` holds the last version of each stream among them.
        """
        events = sum(run.events for run in runs)
        with self._telling:
            self._told += runs
            self._told_last.update(last)
            self._last.update(last)
            self._reached[topic] = reached
            self.count += events

    def reach(self, topic: str, offset: int) -> None:
        """`topic` is read up to `offset`, and there was nothing more to know."""
        with self._telling:
            self._reached[topic] = offset

    def refuse(self, offset: int, claim: str) -> None:
        """The record at `offset` is no event of this log."""
        self._do("INSERT OR REPLACE INTO refused VALUES (?, ?)", [(offset, claim)])

    def track(self, application: str, notification: int) -> None:
        """`application` has got as far as `notification`."""
        self._do(_WRITE_TRACKING, [(application, notification)])

    def keep(self, snapshots: Iterable[Snapshot]) -> None:
        """These snapshots are committed."""
        self._do("INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?)", snapshots)

    def flush(self) -> None:
        """Write what was told to SQLite, in one transaction with the offsets reached."""
        with self._asking:
            with self._telling:
                told, last, reached = self._told, self._told_last, self._reached
                self._told, self._told_last, self._reached = [], {}, {}
            # Outside the inner lock: the writer goes on telling while SQLite is busy.
            if reached:
                self._write(told, last, reached)

    def belongs_to(self, identity: Mapping[str, str]) -> bool:
        """Whether this index is of that cluster and those topics; one that is of nothing yet becomes so."""
        self._identity = {**identity, "layout": LAYOUT}
        known = dict(self._all("SELECT name, value FROM identity", {}))
        if not known and self.count == 0:
            self._do("INSERT INTO identity VALUES (?, ?)", self._identity.items())
            return True
        return known == self._identity

    def clear(self) -> None:
        """Forget everything but whose it is: the log will be read again from its beginning.

        A file that failed while in use (a full disk, say) is not tried again: what follows is kept in memory.
        """
        with self._asking, self._telling:
            self._db.close()
            remove(self._path)
            self._path = None if self.damaged else self._path
            self.damaged = False
            self._open()
            self._do("INSERT INTO identity VALUES (?, ?)", self._identity.items())

    def close(self) -> None:
        """Write what is left and let the file go."""
        with self._asking:
            try:
                self.flush()
            finally:
                self._db.close()

    def _write(self, told: Sequence[Run], last: Mapping[str, int], reached: Mapping[str, int]) -> None:
        with self._written():
            ids = self._written_streams(last)
            rows = [
                (ordinal, ids[stream], version, at, events) for ordinal, stream, version, at, events in told
            ]
            self._db.executemany("INSERT INTO run VALUES (?, ?, ?, ?, ?)", rows)
            self._db.executemany("INSERT OR REPLACE INTO reached VALUES (?, ?)", reached.items())
        if len(self._last) > _STREAMS_REMEMBERED:
            with self._telling:
                # Those that are written are asked of SQLite from now on.
                self._last, self._ids, self._knows_all = dict(self._told_last), {}, False

    def _written_streams(self, last: Mapping[str, int]) -> Mapping[str, int]:
        ids = self._ids
        known = [(version, ids[name]) for name, version in last.items() if name in ids]
        self._db.executemany("UPDATE stream SET last = ? WHERE id = ?", known)
        for new in [(name, version) for name, version in last.items() if name not in ids]:
            ids[new[0]] = self._db.execute(_WRITE_STREAM, new).fetchone()[0]
        return ids

    def _one(self, question: str, name: str) -> tuple[Any, ...] | None:
        return next(iter(self._all(question, {"name": name})), None)

    def _all(self, question: str, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
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


def _limited(found: list[_T], *, desc: bool, limit: int | None) -> list[_T]:
    if desc:
        found.reverse()
    return found if limit is None else found[:limit]
