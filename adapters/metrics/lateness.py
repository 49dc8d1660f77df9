"""How long something has been behind, by the clock of whoever watches.

A log may be of a tape, whose events were recorded years ago by their own clock; how late a read model is has nothing
to do with that. So what counts is when this process first saw the log reach beyond what has been taken up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from time import monotonic


class Lateness:
    """Remembers when it first saw each head of a log; safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._seen: list[tuple[int, float]] = []
        self._lock = Lock()

    def look(self, head: int, ordinals: Iterable[int]) -> Mapping[int, float]:
        """For each ordinal, for how many seconds the log has been seen beyond it; 0 where it is not."""
        with self._lock:
            now, wanted = self._clock(), set(ordinals)
            if not self._seen or head > self._seen[-1][0]:
                self._seen.append((head, now))
            least = min(wanted, default=head)
            self._seen = [one for one in self._seen if one[0] > least]
            return {ordinal: now - self._first_beyond(ordinal, now) for ordinal in wanted}

    def _first_beyond(self, ordinal: int, now: float) -> float:
        return next((moment for head, moment in self._seen if head > ordinal), now)
