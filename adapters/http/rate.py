"""The rate limit of requests."""

from __future__ import annotations

import math
import time

from limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter


class Rate:
    """Counts requests by key in a sliding window, in this process's memory. Thread-safe."""

    def __init__(self, limit: RateLimitItem) -> None:
        self._limit = limit
        self._window = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, key: str) -> int:
        """Counts one request; returns 0, or the seconds to wait if the request exceeds the limit."""
        return 0 if self._window.hit(self._limit, key) else self._left(key)

    def _left(self, key: str) -> int:
        opens = self._window.get_window_stats(self._limit, key).reset_time
        return max(1, math.ceil(opens - time.time()))
