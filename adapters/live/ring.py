"""The last events of a log, held once for everybody who follows it."""

from __future__ import annotations

from domain.log import Recorded


class Ring:
    """Holds the last `size` events after ordinal `begin`; used from one thread."""

    def __init__(self, size: int, begin: int) -> None:
        self.size = size
        self._slots: list[Recorded | None] = [None] * size
        self._begin = begin
        self.last = begin

    @property
    def first(self) -> int:
        """The ordinal of the oldest event that is still here, or of the one that comes next where none is."""
        return max(self._begin, self.last - self.size) + 1

    def add(self, recorded: Recorded) -> None:
        """Takes the next event; raises ValueError for any other, for a gap would never be noticed again."""
        if recorded.ordinal != self.last + 1:
            raise ValueError(f"ordinal {recorded.ordinal} does not follow {self.last}")
        self.last = recorded.ordinal
        self._slots[self.last % self.size] = recorded

    def at(self, ordinal: int) -> Recorded | None:
        """The event at `ordinal`; None where it is here no longer, or not yet."""
        if not self.first <= ordinal <= self.last:
            return None
        return self._slots[ordinal % self.size]
