"""The venue's two times: that of its market, and that by which requests are signed."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Times are milliseconds of the Unix epoch. `market` never goes back; `wall` is what clients compare with theirs.

    `skew` is added to `wall` (ms): a server whose clock is wrong.
    """

    skew: int

    def market(self) -> int: ...
    def wall(self) -> int: ...


class WallClock:
    """The machine's time, for both."""

    def __init__(self) -> None:
        self.skew = 0
        self._latest = 0

    def market(self) -> int:
        self._latest = max(self._latest, time.time_ns() // 1_000_000)
        return self._latest

    def wall(self) -> int:
        return time.time_ns() // 1_000_000 + self.skew


class PacedClock:
    """A market time that begins at `start` (ms) and passes `pace` times as fast as the machine's."""

    def __init__(self, start: int, pace: float) -> None:
        self.skew = 0
        self._start, self._pace, self._began = start, pace, time.monotonic()

    def market(self) -> int:
        return self._start + int((time.monotonic() - self._began) * 1000 * self._pace)

    def wall(self) -> int:
        return time.time_ns() // 1_000_000 + self.skew


class VirtualClock:
    """A market time that stands still until `advance` moves it; requests are signed by the machine's time."""

    def __init__(self, start: int) -> None:
        self.skew = 0
        self._now = start

    def market(self) -> int:
        return self._now

    def wall(self) -> int:
        return time.time_ns() // 1_000_000 + self.skew

    def advance(self, by: int) -> int:
        """Moves the market's time by `by` ms (at least 0); returns the new time."""
        self._now += max(0, by)
        return self._now
