"""The rate limit of requests."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from limits import RateLimitItem


@dataclass(slots=True)
class Window:
    """The requests of one key in the window `number` and in the one before."""

    number: int
    count: int = 0
    before: int = 0

    def move(self, number: int) -> None:
        """Makes `number` the current window."""
        if number != self.number:
            self.before = self.count if number == self.number + 1 else 0
            self.number, self.count = number, 0


class Rate:
    """Counts requests by key in a sliding window, in this process's memory. Thread-safe.

    The window's count is the current window's plus the part of the window before that the sliding window still covers.
    The memory of the library `limits` counts in the same way, but starts a thread for almost every request.
    """

    def __init__(
        self,
        limit: RateLimitItem,
        clock: Callable[[], float] = time.monotonic,
        lock: AbstractContextManager[object] | None = None,
    ) -> None:
        self._most, self._seconds = limit.amount, limit.get_expiry()
        self._clock = clock
        self._windows: dict[str, Window] = {}
        self._number = 0
        self._lock = lock or threading.Lock()

    @property
    def keys(self) -> int:
        """The number of keys in memory."""
        return len(self._windows)

    def count(self, key: str) -> int:
        """Counts one request; returns 0, or the seconds to wait if the request exceeds the limit."""
        number, passed = divmod(self._clock(), self._seconds)
        with self._lock:
            window = self._window(key, int(number))
            covered = 1 - passed / self._seconds
            if math.floor(window.before * covered + window.count) >= self._most:
                return max(1, math.ceil(self._left(window, passed)))
            window.count += 1
            self._keep(key, window)
            return 0

    def _window(self, key: str, number: int) -> Window:
        if number != self._number:
            self._windows = {name: one for name, one in self._windows.items() if one.number >= number - 1}
            self._number = number
        window = self._windows.get(key) or Window(number)
        window.move(number)
        return window

    def _keep(self, key: str, window: Window) -> None:
        self._windows[key] = window

    def _left(self, window: Window, passed: float) -> float:
        """The seconds until one request of the window before is no longer covered, or until the current window ends."""
        if not window.before or window.count >= self._most:
            return self._seconds - passed
        return self._seconds / window.before
