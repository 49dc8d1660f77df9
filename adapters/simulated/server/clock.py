"""The venue's two times: that of its market, and that by which requests are signed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Times are milliseconds of the Unix epoch. `market` never goes back; `wall` is what clients compare with theirs.

    `skew` is added to `wall` (ms): a server whose clock is wrong.
    """

    skew: int

    def market(self) -> int: ...
    def wall(self) -> int: ...


class WallClock:
    """The machine's time, for both. Where it is set back, the market's time goes on from where it was.

    `machine` and `monotonic` return times in ns; only the second one never goes back.
    """

    def __init__(
        self, machine: Callable[[], int] = time.time_ns, monotonic: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self.skew = 0
        self._machine, self._monotonic = machine, monotonic
        self._ahead = machine() - monotonic()

    def market(self) -> int:
        # The machine's time is read first: a pause between the two calls then makes the difference less, not more.
        self._ahead = max(self._ahead, self._machine() - self._monotonic())
        return (self._monotonic() + self._ahead) // 1_000_000

    def wall(self) -> int:
        return self._machine() // 1_000_000 + self.skew


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
