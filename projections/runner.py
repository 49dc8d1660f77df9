"""The runner: reads a log in batches and keeps the builds of a store up to date with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from time import time_ns
from typing import Any

from domain.errors import InvalidInput
from domain.log import LogReader, Recorded
from domain.opening import LogOpened
from projections.bookkeeping import BuildKind, BuildStatus
from projections.faults import Dropped, Overtaken, Unwritable
from projections.lineage import Frames, Lineage
from projections.projection import Fold
from projections.work import Work, commit_together

Projected = Callable[[Sequence[Recorded], int], None]
"""Called with a committed batch and the time when its folding began, in nanoseconds since 1970."""

BATCH = 2_000
"""Events per transaction by default. The number is small, because a query may be waiting for new rows."""
_ALONE = 10_000
"""Events per transaction where all builds are at the same ordinal and more than this many events behind; then no build
delays another."""
_AT_ONCE = 50_000
"""Events per read of the log; limited because a writer of the log may have to wait until the read ends."""


class Runner:
    """Keeps several builds up to date with one log; builds at the same ordinal share a transaction.

    A build that is behind delays the others by at most one batch. `restarted_at` is the log's head when a build was
    last emptied, because the log did not hold the events of its rows. Not thread-safe.
    """

    def __init__(
        self,
        log: LogReader,
        works: Sequence[Work],
        projected: Projected | None = None,
        storage: Callable[[], str] = str,
        frames: Frames | None = None,
    ) -> None:
        """`projected` is called after each batch that a live build of kind TODAY has committed. `storage` returns which
        storage holds the log, or an empty text where that is not known. `frames`: see `Lineage`."""
        self._log = log
        self._lineage = Lineage(log, frames)
        self.works = list(works)
        self._projected = projected
        self._find_storage = storage
        self.head = 0
        self.restarted_at = 0
        self._log_id = self._storage = ""
        self._reads: dict[int, _Read] = {}

    def start(self) -> None:
        """Resumes each build at its stored ordinal, or at 0 where the log does not hold the events of its rows.

        Raises InvalidInput where the store holds another log's rows.
        """
        self._log_id = ""
        self._lineage.begin()
        log_id, self.head = log_id_of(self._log), self._log.head()
        for work in () if log_id else self.works:
            work.check_is_empty()
        self._storage = self._find_storage() if log_id else ""
        for work in list(self.works) if log_id else ():
            self._resume(work, log_id)
        self._log_id = log_id

    def take_up(self, works: Sequence[Work]) -> None:
        """Replaces the builds; builds that the runner already had continue at their ordinal."""
        new = [work for work in works if work not in self.works]
        self.works = [work for work in self.works if work in works]
        for work in new:
            self.works.append(work)
            if self._log_id:
                self._resume(work, self._log_id)

    def step(self, most: int | None = None) -> int:
        """Advances each group of builds at the same ordinal by one batch; returns the number of events folded.

        A batch has at most `most` events; by default BATCH, or more where all builds are far behind together.
        """
        if not self._log_id:
            self.start()
        if not self._log_id or not self._is_continued():
            return 0
        groups = [(at, list(group)) for at, group in groupby(sorted(self.works, key=_turn), key=_ordinal)]
        size = most or (_ALONE if len(groups) == 1 and self.head - groups[0][0] > _ALONE else BATCH)
        try:
            folded = sum(self._advance(at, group, size) for at, group in groups if at < self.head)
            self._make_indexes()
        except BaseException:
            self._begin_again()
            raise
        return folded

    def catch_up(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Folds to the end of the log, or until `stopped()` returns true."""
        while not stopped() and self.step():
            pass

    def close(self) -> None:
        """Ends all reads of the log; idempotent."""
        for read in self._reads.values():
            read.close()
        self._reads.clear()

    def _make_indexes(self) -> None:
        """Makes the late indexes of each build that has nearly caught up."""
        for work in [one for one in self.works if self.head - one.ordinal <= _ALONE]:
            try:
                work.make_indexes()
            except Dropped:
                self.works.remove(work)

    def _is_continued(self) -> bool:
        """Reads the log's head. A log that has become shorter is no longer the log that was read: all builds resume."""
        self.head = self._log.head()
        if all(work.ordinal <= self.head for work in self.works):
            return True
        self._begin_again()
        return False

    def _begin_again(self) -> None:
        """Makes the next step resume all builds from the store, so that no uncommitted event is folded twice."""
        self.close()
        self._log_id = ""

    def _advance(self, after: int, group: Sequence[Work], most: int) -> int:
        batch = self._batch(after, most)
        if not batch:
            return 0
        interested, began = _interested(group), time_ns()
        digests = self._lineage.along(group[0].digest, batch)
        for work in group:
            work.follow(digests, is_at_end=self.head - batch[-1].ordinal < BATCH)
        for recorded in batch:
            for work, fold in interested.get(type(recorded.envelope.event), ()):
                work.fold(fold, recorded)
        self._commit(group, batch)
        if self._projected is not None and any(_serves_queries(work) for work in group):
            self._projected(batch, began)
        return len(batch)

    def _batch(self, after: int, most: int) -> Sequence[Recorded]:
        read = self._reads.pop(after, None) or _Read(self._log, after, min(self.head, after + _AT_ONCE))
        batch = read.next(most)
        if read.after < read.upto and batch:
            self._reads[read.after] = read
        else:
            read.close()
        return batch

    def _commit(self, group: Sequence[Work], batch: Sequence[Recorded]) -> None:
        try:
            commit_together(group, batch[-1].ordinal)
        except (Overtaken, Unwritable):
            for work in group:
                self._commit_alone(work, batch)

    def _commit_alone(self, work: Work, batch: Sequence[Recorded]) -> None:
        try:
            work.commit(batch[-1].ordinal)
        except Overtaken:
            self._resume(work, self._log_id)
        except Unwritable:
            self._one_by_one(work, batch)

    def _one_by_one(self, work: Work, batch: Sequence[Recorded]) -> None:
        """Commits one event after the other, and parks exactly the events whose rows the database refuses."""
        self._resume(work, self._log_id)
        for recorded in batch:
            fold = work.folds.get(type(recorded.envelope.event))
            if fold is not None and recorded.ordinal > work.ordinal:
                self._single(work, fold, recorded)

    def _single(self, work: Work, fold: Fold, recorded: Recorded) -> None:
        work.fold(fold, recorded)
        try:
            work.commit(recorded.ordinal)
        except Overtaken:
            self._resume(work, self._log_id)
        except Unwritable as refused:
            self._resume(work, self._log_id)
            work.park(recorded, refused.__cause__ or refused)
            work.commit(recorded.ordinal)

    def _resume(self, work: Work, log_id: str) -> None:
        restarts = work.restarts
        try:
            work.resume(log_id, self._storage, self._lineage.digest_at)
        except Dropped:
            self.works.remove(work)
        if work.restarts > restarts:
            self.restarted_at = self._log.head()


class _Read:
    """The events of a log with `after < ordinal <= upto`, taken in batches."""

    def __init__(self, log: LogReader, after: int, upto: int) -> None:
        self.after, self.upto = after, upto
        self._events: Iterator[Recorded] = log.read(after, upto)
        self._close = getattr(self._events, "close", _nothing)

    def next(self, most: int) -> Sequence[Recorded]:
        batch = list(islice(self._events, most))
        if batch:
            self.after = batch[-1].ordinal
        return batch

    def close(self) -> None:
        """Releases the connection that the log is read from, if any, without waiting for garbage collection."""
        self._close()


def _interested(group: Sequence[Work]) -> Mapping[type, Sequence[tuple[Work, Fold]]]:
    found: dict[type, list[tuple[Work, Fold]]] = {}
    for work in group:
        for kind, fold in work.folds.items():
            found.setdefault(kind, []).append((work, fold))
    return found


def log_id_of(log: LogReader) -> str:
    """The log's id, from its first event; empty for an empty log.
    Raises InvalidInput where the first event is not LogOpened.
    """
    first = next(iter(log.read(upto=1)), None)
    if first is None:
        return ""
    event = first.envelope.event
    if not isinstance(event, LogOpened):
        raise InvalidInput(f"this log does not begin with LogOpened but with {type(event).__name__}")
    return str(event.log_id)


def _serves_queries(work: Work) -> bool:
    return work.build.status is BuildStatus.LIVE and work.build.kind is BuildKind.TODAY


def _nothing() -> None:
    pass


def _ordinal(work: Work) -> int:
    return work.ordinal


def _turn(work: Work) -> tuple[Any, ...]:
    """The order in which builds are advanced: by ordinal, and at the same ordinal the live build last, so that its
    replacement is never behind it."""
    return work.ordinal, work.build.status is BuildStatus.LIVE
