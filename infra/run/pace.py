"""The rate at which a reader advances in a log."""

from __future__ import annotations

import time
from collections import deque

_WINDOW = 10.0


class Pace:
    """Ordinals a second over the last ten seconds. One thread calls `at`; any thread may call `rate`."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque(maxlen=1_000)

    def at(self, ordinal: int) -> None:
        """Records the current ordinal."""
        now = time.monotonic()
        self._seen.append((now, ordinal))
        while self._seen[0][0] < now - _WINDOW:
            self._seen.popleft()

    def rate(self) -> float:
        """Ordinals a second; 0 where there was no progress within the window."""
        seen, now = list(self._seen), time.monotonic()
        recent = [one for one in seen if one[0] >= now - _WINDOW]
        if len(recent) < 2 or recent[-1][0] == recent[0][0]:
            return 0.0
        return (recent[-1][1] - recent[0][1]) / (now - recent[0][0])
