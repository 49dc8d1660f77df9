"""The queue of appends that wait for the next commit."""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Final

from adapters.kafka.append import Append
from adapters.kafka.errors import KafkaUnavailable

# A transaction must end within its timeout; 10,000 records take 0.2 s.
_RECORDS: Final = 10_000
# Seconds to wait for the callers of the last commit, which usually append again: this halves the number of commits.
_MOMENT: Final = 0.002


class Waiting:
    """A queue to which callers add appends and from which the writer takes groups of them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._queue: SimpleQueue[Append | None] = SimpleQueue()
        self._entering = threading.Lock()
        self._closed = False
        self._answered = 0

    def put(self, append: Append) -> None:
        """Adds an append. Raises KafkaUnavailable where the queue is closed."""
        with self._entering:
            if self._closed:
                raise KafkaUnavailable(f"the writer of {self._name} is closed")
            self._queue.put(append)

    def offer(self, append: Append) -> None:
        """Adds an append for whose answer nobody waits, unless the queue is closed or others wait in it."""
        with self._entering:
            if not self._closed and self._queue.empty():
                self._queue.put(append)

    def close(self) -> None:
        """Refuses further appends."""
        with self._entering:
            if not self._closed:
                self._queue.put(None)
            self._closed = True

    def group(self) -> list[Append]:
        """Waits for an append and returns the queued appends; an empty list once the queue is closed and empty."""
        first = self._queue.get()
        if first is None:
            return []
        group, records = [first], len(first.events)
        together = self._answered + 1 + self._queue.qsize() if self._answered > 1 else 1
        until = monotonic() + _MOMENT
        while records < _RECORDS and (following := self._next(len(group) < together, until)) is not None:
            group.append(following)
            records += len(following.events)
        self._answered = len(group)
        return group

    def _next(self, more: bool, until: float) -> Append | None:  # noqa: FBT001 - private, with one call
        try:
            following = self._queue.get(timeout=max(0.0, until - monotonic()) if more else 0.0)
        except Empty:
            return None
        if following is None:
            self._queue.put(None)
        return following
