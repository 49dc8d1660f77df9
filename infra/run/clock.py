"""The wall clock, which is passed as a function to all code that needs the time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def utc_now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)


_LONGEST_STEP = timedelta(seconds=1)
"""More than this between two ticks is a clock that was set, or a machine that slept, and not time that passed."""


_NOTED = timedelta(seconds=2)
"""From here on a clock that is behind the log is stated: the engine refuses a person's new orders then."""

_log = logging.getLogger(__name__)


class SteadyClock:
    """A clock that never goes back, because the times in a log must not decrease, and that never stands still.

    It shows the wall clock, or a later time where the wall clock was set back or the log ends in the future. From that
    later time on it advances as the wall clock does, at most a second a tick, until the wall clock has overtaken it.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock, self._last = clock, datetime.min.replace(tzinfo=UTC)
        self._wall, self._is_behind = clock(), False

    def tick(self) -> datetime:
        """The current time, but never before a time that was returned or passed to `not_before` earlier."""
        before, self._wall = self._wall, self._clock()
        passed = min(max(self._wall - before, timedelta()), _LONGEST_STEP)
        self._last = max(self._wall, self._last + passed)
        self._state()
        return self._last

    def not_before(self, at: datetime) -> None:
        """Makes every later `tick` return `at` or a later time."""
        self._last = max(self._last, at)

    def _state(self) -> None:
        """Logs the beginning and the end of a time in which the wall clock is behind."""
        behind = self._last - self._wall
        if (behind >= _NOTED) is self._is_behind:
            return
        self._is_behind = not self._is_behind
        if self._is_behind:
            _log.warning(
                "the clock shows %s, and the log's time is %s already: new orders of people are refused until it "
                "has overtaken the log; set it right",
                self._wall.isoformat(),
                self._last.isoformat(),
            )
        else:
            _log.info("the clock has overtaken the log's time: new orders are accepted again")
