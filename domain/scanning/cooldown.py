"""The cooldown: bars after a report in which a detector reports nothing further."""

from __future__ import annotations


class Cooldown:
    """Allows a report unless one was made less than `bars` bars before."""

    __slots__ = ("_bars", "_next")

    def __init__(self, bars: int) -> None:
        self._bars = bars
        self._next = 0

    def allows(self, bar: int) -> bool:
        """Whether the bar of this number is outside the cooldown; numbers never decrease."""
        return bar >= self._next

    def begin(self, bar: int) -> None:
        """A report was made at this bar; the next one is possible `bars` bars later."""
        self._next = bar + self._bars
