"""The runner: reads a log and keeps the builds of a store up to date with it, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from domain.errors import InvalidInput
from domain.log import LogReader
from domain.opening import LogOpened
from projections.projection import Fold
from projections.work import Overtaken, Work

BATCH = 2_000


class Runner:
    """Keeps several builds up to date with one log. Not safe for threads: one thread runs it."""

    def __init__(self, log: LogReader, works: Sequence[Work]) -> None:
        self._log = log
        self.works = list(works)
        self._log_id = ""

    def start(self) -> None:
        """Begins where the store says. Raises InvalidInput where it holds another log's rows; see `Work.resume`."""
        self._log_id = log_id_of(self._log)
        for work in self.works:
            if self._log_id:
                work.resume(self._log_id)

    def step(self, most: int = BATCH) -> int:
        """Takes each group of builds that are equally far one batch on; returns how many events were folded."""
        if not self._log_id:
            self.start()
        head = self._log.head()
        groups = groupby(sorted(self.works, key=_position), key=_position)
        behind = [(after, list(group)) for after, group in groups if after < head]
        return sum(self._advance(after, group, min(after + most, head)) for after, group in behind)

    def catch_up(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Folds until the log holds nothing more, or until `stopped()`."""
        while not stopped() and self.step():
            pass

    def _advance(self, after: int, group: Sequence[Work], upto: int) -> int:
        interested: dict[type, list[tuple[Work, Fold]]] = {}
        for work in group:
            for kind, fold in work.folds.items():
                interested.setdefault(kind, []).append((work, fold))
        last = after
        for recorded in self._log.read(after, upto):
            for work, fold in interested.get(type(recorded.envelope.event), ()):
                work.fold(fold, recorded)
            last = recorded.position
        for work in group:
            self._commit(work, last)
        return last - after

    def _commit(self, work: Work, position: int) -> None:
        try:
            work.commit(position)
        except Overtaken:
            work.resume(self._log_id)


def log_id_of(log: LogReader) -> str:
    """The id of the log, which its first event names; empty for an empty log."""
    first = next(iter(log.read(upto=1)), None)
    if first is None:
        return ""
    event = first.envelope.event
    if not isinstance(event, LogOpened):
        raise InvalidInput(f"this log does not begin with LogOpened but with {type(event).__name__}")
    return str(event.log_id)


def _position(work: Work) -> int:
    return work.position
