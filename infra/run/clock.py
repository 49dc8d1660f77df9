"""The wall clock, which is passed as a function to all code that needs the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)


class SteadyClock:
    """A clock that never goes back, because the times in a log must not decrease."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock, self._last = clock, datetime.min.replace(tzinfo=UTC)

    def tick(self) -> datetime:
        """The current time, but never before a time that was returned or passed to `not_before` earlier."""
        self._last = max(self._clock(), self._last)
        return self._last

    def not_before(self, at: datetime) -> None:
        """Makes every later `tick` return `at` or a later time."""
        self._last = max(self._last, at)
