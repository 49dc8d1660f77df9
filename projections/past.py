"""The events that a query about the past folds; they are decoded once for all tables of the query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain

from domain.log import LogReader, Recorded

_HELD = 20_000
"""The largest number of events kept in memory for the next table; a longer range is read again for each table."""


class Past:
    """The events of a log up to and including `ordinal`."""

    def __init__(self, log: LogReader, ordinal: int) -> None:
        self._log = log
        self.ordinal = ordinal
        self._after = ordinal
        self._events: list[Recorded] = []

    def events(self, after: int) -> Iterable[Recorded]:
        """The events with `after < ordinal <= self.ordinal`, in order. Raises what `LogReader.read` raises."""
        if self.ordinal - after > _HELD:
            return self._log.read(after, self.ordinal)
        if after < self._after:
            self._events = list(chain(self._log.read(after, self._after), self._events))
            self._after = after
        return self._beyond(after)

    def _beyond(self, after: int) -> Iterator[Recorded]:
        return iter(self._events[after - self._after :])


def ordinal_at(moment: datetime, head: int, recorded_at: Callable[[int], datetime]) -> int:
    """The ordinal of the last event recorded at or before `moment`; 0 where the first event was recorded later.

    Binary search for the ordinal p with `recorded_at(p) <= moment < recorded_at(p + 1)`: about log2(head) lookups. The
    recorded times of a log do not decrease, so p is unique. If a clock was set back while the log was written, there
    may be several such ordinals, and any of them is returned; the caller can then give an ordinal instead of a time.
    """
    at_or_before, later = 0, head + 1
    while later - at_or_before > 1:
        middle = (at_or_before + later) // 2
        if recorded_at(middle) <= moment:
            at_or_before = middle
        else:
            later = middle
    return at_or_before
