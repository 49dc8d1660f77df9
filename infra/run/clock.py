"""The wall clock: read here, and handed in wherever time is needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime


def utc_now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


class SteadyClock:
    """A clock that never goes back: the times of a log do not."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock, self._last = clock, datetime.min.replace(tzinfo=UTC)

    def tick(self) -> datetime:
        """The time now, or the latest one it has shown or was given."""
        self._last = max(self._clock(), self._last)
        return self._last

    def not_before(self, at: datetime) -> None:
        """It shows no time before this one from here on."""
        self._last = max(self._last, at)
