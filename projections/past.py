"""What an answer about the past is folded from: events decoded once, however many tables are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain

from domain.log import LogReader, Recorded

_HELD = 20_000
"""Events that are held in memory for the next table; a longer stretch is read again for each."""


class Past:
    """The events of a log up to and with `ordinal`."""

    def __init__(self, log: LogReader, ordinal: int) -> None:
        self._log = log
        self.ordinal = ordinal
        self._after = ordinal
        self._events: list[Recorded] = []

    def events(self, after: int) -> Iterable[Recorded]:
        """Those with `after < ordinal <= self.ordinal`, in order; see `LogReader.read` for what it raises."""
        if self.ordinal - after > _HELD:
            return self._log.read(after, self.ordinal)
        if after < self._after:
            self._events = list(chain(self._log.read(after, self._after), self._events))
            self._after = after
        return self._beyond(after)

    def _beyond(self, after: int) -> Iterator[Recorded]:
        return iter(self._events[after - self._after :])


def ordinal_at(moment: datetime, head: int, recorded_at: Callable[[int], datetime]) -> int:
    """The last ordinal of the log that was recorded by then; 0 where the first was recorded later.

    An ordinal p with `recorded_at(p) <= moment < recorded_at(p + 1)`, found with about log2(head) questions. There is
    one such ordinal, for a log's recorded times never go back; had somebody set a clock back while it was written,
    there could be several, and one of them is found: then the ordinal itself says exactly what is meant.
    """
    by_then, later = 0, head + 1
    while later - by_then > 1:
        middle = (by_then + later) // 2
        if recorded_at(middle) <= moment:
            by_then = middle
        else:
            later = middle
    return by_then
