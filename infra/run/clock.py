"""The wall clock, which is passed as a function to all code that needs the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def utc_now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)


_LONGEST_STEP = timedelta(seconds=1)
"""More than this between two ticks is a clock that was set, or a machine that slept, and not time that passed."""


class SteadyClock:
    """A clock that never goes back, because the times in a log must not decrease, and that never stands still.

    It shows the wall clock, or a later time where the wall clock was set back or the log ends in the future. From that
    later time on it advances as the wall clock does, at most a second a tick, until the wall clock has overtaken it.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock, self._last = clock, datetime.min.replace(tzinfo=UTC)
        self._wall = clock()

    def tick(self) -> datetime:
        """The current time, but never before a time that was returned or passed to `not_before` earlier."""
        before, self._wall = self._wall, self._clock()
        passed = min(max(self._wall - before, timedelta()), _LONGEST_STEP)
        self._last = max(self._wall, self._last + passed)
        return self._last

    def not_before(self, at: datetime) -> None:
        """Makes every later `tick` return `at` or a later time."""
        self._last = max(self._last, at)
