"""The last events of a log, held once for all subscribers."""

from __future__ import annotations

from domain.log import Recorded


class Ring:
    """Holds the last `size` events after ordinal `begin`. Not safe to use from several threads."""

    def __init__(self, size: int, begin: int) -> None:
        self.size = size
        self._slots: list[Recorded | None] = [None] * size
        self._begin = begin
        self.last = begin

    @property
    def first(self) -> int:
        """The ordinal of the oldest held event; the ordinal of the next event where none is held."""
        return max(self._begin, self.last - self.size) + 1

    def add(self, recorded: Recorded) -> None:
        """Adds the next event. Raises ValueError for any other event, because later reads would not notice a gap."""
        if recorded.ordinal != self.last + 1:
            raise ValueError(f"ordinal {recorded.ordinal} does not follow {self.last}")
        self.last = recorded.ordinal
        self._slots[self.last % self.size] = recorded

    def at(self, ordinal: int) -> Recorded | None:
        """The event at `ordinal`; None where it is no longer held, or has not arrived yet."""
        if not self.first <= ordinal <= self.last:
            return None
        return self._slots[ordinal % self.size]
