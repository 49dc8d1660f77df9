"""The index of one partition: a disposable SQLite database, in a file or in memory.

It maps stream and version to ordinal and offset, and stores how far each topic has been read. New entries are kept in
memory until `flush` writes them to SQLite; every query flushes first. A file that lacks the last entries, because its
process ended before a flush, is still valid: reading continues at the offsets in the file. A file that is missing or
corrupt, or that belongs to another cluster or topic, is rebuilt.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from adapters.kafka.errors import KafkaUnavailable
from adapters.kafka.index_file import LAYOUT, opened, remove
from adapters.kafka.rule import Proof
from adapters.kafka.run import EventPlace, Run

_log = logging.getLogger(__name__)

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
    """A recorded snapshot."""

    stream: str
    version: int
    topic: str
    state: bytes


class IndexDamaged(KafkaUnavailable):
    """The index failed, not the log. It is rebuilt in memory, by the next append or by the reader's thread."""


class Index:
    """The index of one partition with its tracking and snapshots. Safe to use from several threads."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.damaged = False
        self._identity: Mapping[str, str] = {}
        self._database_lock = threading.RLock()
        self._pending_lock = threading.RLock()
        self._open()

    def _open(self) -> None:
        self._pending: list[Run] = []
        self._pending_last: dict[str, int] = {}
        self._reached: dict[str, int] = {}
        self._proof: Proof | None = None
        self._ids: dict[str, int] = {}
        self._db, self._path = opened(self._path)
        self.count = self._counted()
        streams = self._db.execute(
            "SELECT name, last FROM stream LIMIT ?", (_STREAMS_REMEMBERED + 1,)
        ).fetchall()
        # Most logs have so few streams that the last versions of all of them fit in memory.
        self._all_in_memory = len(streams) <= _STREAMS_REMEMBERED
        self._last: dict[str, int] = dict(streams) if self._all_in_memory else {}
        kept = self._db.execute("SELECT value FROM proof").fetchone()
        self.proof = Proof() if kept is None else Proof.unpacked(kept[0])
        self.refused_at = {at for (at,) in self._db.execute("SELECT at FROM refused")}
        self.last_refused = max(self.refused_at, default=-1)

    def _counted(self) -> int:
        row = self._db.execute(
            "SELECT position + events - 1 FROM run ORDER BY position DESC LIMIT 1"
        ).fetchone()
        return 0 if row is None else int(row[0])

    # Queries.

    def last_version(self, stream: str) -> int | None:
        """The last version of `stream`; None where the stream has no event."""
        with self._pending_lock:
            last = self._last.get(stream)
            if last is not None or self._all_in_memory:
                return last
        # No flush is needed: `_last` holds every stream with pending events.
        with self._database_lock, self._usable():
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
        """The places of a stream's events after version `gt` up to and including `lte`, in the order of versions."""
        first, last = 0 if gt is None else gt + 1, _NO_BOUND if lte is None else lte
        places: list[EventPlace] = []
        for row in self._all(_RUNS_OF, {"name": stream, "first": first, "last": last}):
            run = Run(*row)
            ahead = run.ordinal - run.version
            places += run.between(first + ahead, last + ahead)
        return _limited(places, desc=desc, limit=limit)

    def place_at(self, ordinal: int) -> EventPlace | None:
        """The place of the event at `ordinal`; None where the log has no such event."""
        return next(iter(self.places_between(ordinal, ordinal)), None)

    def places_between(self, first: int, last: int) -> list[EventPlace]:
        """The places from ordinal `first` to `last`, both included."""
        rows = self._all(_RUNS_BETWEEN, {"first": first, "last": last})
        return [place for row in rows for place in Run(*row).between(first, last)]

    def reached(self, topic: str) -> int:
        """The offset of `topic` at which reading continues."""
        with self._pending_lock:
            if topic in self._reached:
                return self._reached[topic]
        row = self._one("SELECT next_offset FROM reached WHERE topic = :name", topic)
        return 0 if row is None else int(row[0])

    def refused(self) -> dict[int, str]:
        """For each record that was not accepted as an event: its offset and a description of what it claims to be."""
        return dict(self._all("SELECT at, claim FROM refused ORDER BY at", {}))

    def tracked(self, application: str) -> int | None:
        """The largest ordinal recorded for `application`; None where none is recorded."""
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
        """The snapshots of a stream after version `gt` up to and including `lte`, in the order of versions."""
        bounds = {"gt": -_NO_BOUND if gt is None else gt, "lte": _NO_BOUND if lte is None else lte}
        found = [Snapshot(*row) for row in self._all(_SNAPSHOTS_OF, {"name": stream, **bounds})]
        return _limited(found, desc=desc, limit=limit)

    def check(self) -> None:
        """Raises IndexDamaged where the index has failed and is not rebuilt yet."""
        if self.damaged:
            raise IndexDamaged("the index is damaged: it is being rebuilt from the log")

    @property
    def pending(self) -> int:
        """The number of runs that are not yet written to SQLite."""
        return len(self._pending)

    # Updates.

    def add(
        self,
        runs: Sequence[Run],
        last: Mapping[str, int],
        topic: str,
        reached: int,
        proof: Proof | None = None,
    ) -> None:
        """Adds committed events; `topic` is read up to the offset `reached`.

        `last` holds the last version of each stream in `runs`. `proof` is what the rule of acceptance knows then; None
        where nothing changed.
        """
        events = sum(run.events for run in runs)
        with self._pending_lock:
            self._pending += runs
            self._pending_last.update(last)
            self._last.update(last)
            self._reached[topic] = reached
            if proof is not None:
                self._proof = self.proof = proof
            self.count += events

    def reach(self, topic: str, offset: int) -> None:
        """Records that `topic` is read up to `offset`."""
        with self._pending_lock:
            self._reached[topic] = offset

    def refuse(self, offset: int, claim: str) -> None:
        """Records that the record at `offset` is not an event of this log."""
        self._do("INSERT OR REPLACE INTO refused VALUES (?, ?)", [(offset, claim)])
        self.refused_at.add(offset)
        self.last_refused = max(self.last_refused, offset)

    def track(self, application: str, notification: int) -> None:
        """Records that `application` has processed notifications up to `notification`."""
        self._do(_WRITE_TRACKING, [(application, notification)])

    def keep(self, snapshots: Iterable[Snapshot]) -> None:
        """Stores committed snapshots."""
        self._do("INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?)", snapshots)

    def flush(self) -> None:
        """Writes the pending runs to SQLite, in one transaction with the offsets reached."""
        with self._database_lock:
            with self._pending_lock:
                pending, last, reached = self._pending, self._pending_last, self._reached
                self._pending, self._pending_last, self._reached = [], {}, {}
                proof, self._proof = self._proof, None
            # Outside `_pending_lock`, so that the writer can add runs while SQLite writes.
            if reached:
                self._write(pending, last, reached, proof)

    def belongs_to(self, identity: Mapping[str, str]) -> bool:
        """Whether this index belongs to the cluster and topics in `identity`. An empty index adopts `identity`."""
        self._identity = {**identity, "layout": LAYOUT}
        known = dict(self._all("SELECT name, value FROM identity", {}))
        if not known and self.count == 0:
            self._do("INSERT INTO identity VALUES (?, ?)", self._identity.items())
            return True
        return known == self._identity

    def clear(self) -> None:
        """Deletes everything except the identity, so that the log is read again from its beginning.

        A file that failed while it was in use (on a full disk, for example) is not used again. The index is then kept
        in memory only.
        """
        with self._database_lock, self._pending_lock:
            self._begin_anew(None if self.damaged else self._path)

    def become(self, other: Index) -> None:
        """Takes the content of `other`, which is in memory and not used by anybody else.

        Until then a damaged index raises IndexDamaged, so that no reader sees a part of the log as the whole.
        """
        with self._database_lock, self._pending_lock:
            self._db.close()
            remove(self._path)
            vars(self).update({name: value for name, value in vars(other).items() if name not in _OWN})

    def close(self) -> None:
        """Flushes and closes the database. What cannot be written is read from the log again at the next start."""
        with self._database_lock:
            try:
                self.flush()
            except IndexDamaged as error:
                _log.warning("the index was not written to the end: %s", error)
            finally:
                self._db.close()

    def _begin_anew(self, path: Path | None) -> None:
        self._db.close()
        remove(self._path)
        self._path, self.damaged = path, False
        self._open()
        try:
            self._do("INSERT INTO identity VALUES (?, ?)", self._identity.items())
        except IndexDamaged:
            if self._path is None:
                raise
            self._begin_anew(None)

    def _write(
        self, runs: Sequence[Run], last: Mapping[str, int], reached: Mapping[str, int], proof: Proof | None
    ) -> None:
        with self._written():
            ids = self._written_streams(last)
            rows = [
                (ordinal, ids[stream], version, at, events) for ordinal, stream, version, at, events in runs
            ]
            self._db.executemany("INSERT INTO run VALUES (?, ?, ?, ?, ?)", rows)
            self._db.executemany("INSERT OR REPLACE INTO reached VALUES (?, ?)", reached.items())
            if proof is not None:
                self._db.execute("INSERT OR REPLACE INTO proof VALUES (1, ?)", (proof.packed,))
        if len(self._last) > _STREAMS_REMEMBERED:
            with self._pending_lock:
                # From now on the last versions of streams without pending events are read from SQLite.
                self._last, self._ids, self._all_in_memory = dict(self._pending_last), {}, False

    def _written_streams(self, last: Mapping[str, int]) -> Mapping[str, int]:
        ids = self._ids
        known = [(version, ids[name]) for name, version in last.items() if name in ids]
        self._db.executemany("UPDATE stream SET last = ? WHERE id = ?", known)
        for new in [(name, version) for name, version in last.items() if name not in ids]:
            ids[new[0]] = self._db.execute(_WRITE_STREAM, new).fetchone()[0]
        return ids

    def _one(self, query: str, name: str) -> tuple[Any, ...] | None:
        return next(iter(self._all(query, {"name": name})), None)

    def _all(self, query: str, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
        with self._database_lock:
            self.flush()
            with self._usable():
                return self._db.execute(query, values).fetchall()

    def _do(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        with self._database_lock, self._written():
            self._db.executemany(statement, rows)

    @contextmanager
    def _written(self) -> Generator[None]:
        with self._usable(), self._db:
            self._db.execute("BEGIN")
            yield

    @contextmanager
    def _usable(self) -> Generator[None]:
        self.check()
        try:
            yield
        except sqlite3.DatabaseError as error:
            self.damaged = True
            raise IndexDamaged(f"the index cannot be used: {error}") from error


_OWN: Final = {"_database_lock", "_pending_lock", "_identity"}
"""What an index keeps when it takes the content of another one."""


def _limited(found: list[_T], *, desc: bool, limit: int | None) -> list[_T]:
    if desc:
        found.reverse()
    return found if limit is None else found[:limit]
