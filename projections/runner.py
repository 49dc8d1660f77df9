"""The runner: reads a log and keeps the builds of a store up to date with it, batch by batch."""

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
from projections.projection import Fold
from projections.work import Work, commit_together

Projected = Callable[[Sequence[Recorded], int], None]
"""Told of a committed batch, and when its folding began, in nanoseconds since 1970."""

BATCH = 2_000
"""Events a transaction, where somebody may wait for it."""
_ALONE = 10_000
"""Events a transaction, where all builds are equally far and far behind: nobody waits for anybody."""
_AT_ONCE = 50_000
"""Events asked of a log in one go: whoever writes it must not wait for one endless read to end."""


class Runner:
    """Keeps several builds up to date with one log; builds that are equally far are one transaction.

    Builds that are behind never keep the others waiting for longer than one batch. Not safe for threads: one runs it.
    """

    def __init__(self, log: LogReader, works: Sequence[Work], projected: Projected | None = None) -> None:
        """`projected` is told of each batch that what answers now has taken up, and since when it was folded."""
        self._log = log
        self.works = list(works)
        self._projected = projected
        self.head = 0
        self._log_id = ""
        self._reads: dict[int, _Read] = {}

    def start(self) -> None:
        """Begins where the store says. Raises InvalidInput where it holds another log's rows; see `Work.resume`."""
        self._log_id = ""
        log_id = log_id_of(self._log)
        for work in list(self.works) if log_id else ():
            self._resume(work, log_id)
        self._log_id = log_id

    def take_up(self, works: Sequence[Work]) -> None:
        """These are the builds from here on; those it knows already go on where they are."""
        new = [work for work in works if work not in self.works]
        self.works = [work for work in self.works if work in works]
        for work in new:
            self.works.append(work)
            if self._log_id:
                self._resume(work, self._log_id)

    def step(self, most: int | None = None) -> int:
        """Takes each group of builds that are equally far one batch on; returns how many events were folded.

        A batch is `most` events, or as many as serve whoever waits.
        """
        if not self._log_id:
            self.start()
        if not self._log_id:
            return 0
        self.head = self._log.head()
        groups = [(at, list(group)) for at, group in groupby(sorted(self.works, key=_turn), key=_ordinal)]
        size = most or (_ALONE if len(groups) == 1 and self.head - groups[0][0] > _ALONE else BATCH)
        try:
            return sum(self._advance(at, group, size) for at, group in groups if at < self.head)
        except BaseException:
            self._begin_again()
            raise

    def catch_up(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Folds until the log holds nothing more, or until `stopped()`."""
        while not stopped() and self.step():
            pass

    def close(self) -> None:
        """Ends what is being read of the log; idempotent."""
        for read in self._reads.values():
            read.close()
        self._reads.clear()

    def _begin_again(self) -> None:
        """What was folded and is not committed must not be folded once more on top of itself."""
        self.close()
        self._log_id = ""

    def _advance(self, after: int, group: Sequence[Work], most: int) -> int:
        batch = self._batch(after, most)
        if not batch:
            return 0
        interested, began = _interested(group), time_ns()
        for recorded in batch:
            for work, fold in interested.get(type(recorded.envelope.event), ()):
                work.fold(fold, recorded)
        self._commit(group, batch)
        if self._projected is not None and any(_answers(work) for work in group):
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
        """Finds the events whose rows the database does not take, and parks those alone."""
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
        try:
            work.resume(log_id)
        except Dropped:
            self.works.remove(work)


class _Read:
    """The events of a log from `after` on, up to and with `upto`, taken by batches."""

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
        """Where the log reads from a connection, that is let go of now and not when memory is tidied."""
        self._close()


def _interested(group: Sequence[Work]) -> Mapping[type, Sequence[tuple[Work, Fold]]]:
    found: dict[type, list[tuple[Work, Fold]]] = {}
    for work in group:
        for kind, fold in work.folds.items():
            found.setdefault(kind, []).append((work, fold))
    return found


def log_id_of(log: LogReader) -> str:
    """The id of the log, which its first event names; empty for an empty log."""
    first = next(iter(log.read(upto=1)), None)
    if first is None:
        return ""
    event = first.envelope.event
    if not isinstance(event, LogOpened):
        raise InvalidInput(f"this log does not begin with LogOpened but with {type(event).__name__}")
    return str(event.log_id)


def _answers(work: Work) -> bool:
    return work.build.status is BuildStatus.LIVE and work.build.kind is BuildKind.TODAY


def _nothing() -> None:
    pass


def _ordinal(work: Work) -> int:
    return work.ordinal


def _turn(work: Work) -> tuple[Any, ...]:
    """Of builds that are equally far, what is live comes last: so what is to take its place is never behind it."""
    return work.ordinal, work.build.status is BuildStatus.LIVE
