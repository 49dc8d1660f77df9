"""How long readers of a log have been behind it, by this process's clock.

The events of a tape were recorded years ago by the tape's clock, so the times in the log do not show how late a read
model is. Lateness is thus the time since this process first saw that the log had an event after the reader's ordinal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from time import monotonic


class Lateness:
    """Records when each head of a log was first seen. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._seen: list[tuple[int, float]] = []
        self._lock = Lock()

    def look(self, head: int, ordinals: Iterable[int]) -> Mapping[int, float]:
        """For each ordinal the seconds since a later event was first seen; 0 where the log has no later event."""
        with self._lock:
            now, wanted = self._clock(), set(ordinals)
            if not self._seen or head > self._seen[-1][0]:
                self._seen.append((head, now))
            least = min(wanted, default=head)
            self._seen = [one for one in self._seen if one[0] > least]
            return {ordinal: now - self._first_beyond(ordinal, now) for ordinal in wanted}

    def _first_beyond(self, ordinal: int, now: float) -> float:
        return next((moment for head, moment in self._seen if head > ordinal), now)
