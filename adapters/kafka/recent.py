"""An in-memory cache of the latest events, which are often read right after they are written."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from adapters.kafka.append import Draft
from adapters.kafka.record import Event

_EVENTS_KEPT: Final = 20_000

# A plain tuple of plain values, because the garbage collector stops tracking such tuples.
_Content = tuple[str, int, str, bytes]


class Recent:
    """The latest commits, bounded by their number of events. A commit is evicted as a whole."""

    def __init__(self, limit: int = _EVENTS_KEPT) -> None:
        self._limit, self._kept = limit, 0
        self._firsts: list[int] = []
        self._commits: list[list[_Content]] = []
        self._lock = threading.Lock()

    def add(self, first: int, events: Sequence[Draft]) -> None:
        """Adds committed events, the first of which is at ordinal `first`."""
        with self._lock:
            self._firsts.append(first)
            self._commits.append([event[:4] for event in events])
            self._kept += len(events)
            if self._kept > 2 * self._limit:
                self._trim()

    def at(self, ordinals: Sequence[int]) -> list[Event] | None:
        """The events at `ordinals`; None unless the cache holds all of them."""
        with self._lock:
            found = [self._at(ordinal) for ordinal in ordinals]
        records = [record for record in found if record is not None]
        return records if len(records) == len(found) else None

    def clear(self) -> None:
        """Empties the cache."""
        with self._lock:
            self._firsts, self._commits, self._kept = [], [], 0

    def _at(self, ordinal: int) -> Event | None:
        commit = bisect_right(self._firsts, ordinal) - 1
        if commit < 0:
            return None
        within = ordinal - self._firsts[commit]
        return Event(ordinal, *self._commits[commit][within]) if within < len(self._commits[commit]) else None

    def _trim(self) -> None:
        # Called rarely, and removes many commits at once, because removing the head of a list takes linear time.
        gone = 0
        while self._kept > self._limit:
            self._kept -= len(self._commits[gone])
            gone += 1
        del self._firsts[:gone], self._commits[:gone]
