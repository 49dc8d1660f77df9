"""The pace of a strategy on a book: readings in a row that agree, the pause after an entry, and one exit a turn."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.direction import Direction

SILENT = timedelta(seconds=10)
"""After so long without a reading nothing is concluded from earlier ones: a book is stale then, too."""


class Agreement:
    """How many readings in a row have pointed the same way."""

    __slots__ = ("_count", "_needed", "_side")

    def __init__(self, needed: int) -> None:
        self._needed = needed
        self.reset()

    def reset(self) -> None:
        """Begins to count anew."""
        self._side: Direction | None = None
        self._count = 0

    def take(self, side: Direction | None) -> Direction | None:
        """Takes the side of the next reading, None for neither; returns it where so many in a row have had it."""
        self._count = self._count + 1 if side is self._side else 1
        self._side = side
        return side if self._count >= self._needed else None


class BookPace:
    """When a strategy may propose on one instrument.

    An entry needs `readings` readings in a row that agree, and `cooldown` since the last one that was proposed,
    whatever became of it; a gap does not shorten the pause. An exit needs as many readings that contradict. It is
    proposed once after an entry against it, and once after a beginning or a gap, because a position may be held from
    before.
    """

    __slots__ = ("_at", "_contradicted", "_cooldown", "_entered_at", "_entering", "_exits")

    def __init__(self, readings: int, cooldown: timedelta) -> None:
        self._cooldown = cooldown
        self._entering, self._contradicted = Agreement(readings), Agreement(readings)
        self._entered_at: datetime | None = None
        self._at: datetime | None = None
        self.reset()

    def reset(self) -> None:
        """Forgets the readings so far, as after a gap."""
        self._entering.reset()
        self._contradicted.reset()
        self._exits = set(Direction)

    def is_after_silence(self, at: datetime) -> bool:
        """Takes the time of the next reading (UTC); whether it follows too late on the last one."""
        before, self._at = self._at, at
        return before is not None and at - before >= SILENT

    def entering(self, at: datetime, side: Direction | None) -> Direction | None:
        """The direction in which an entry may be proposed at `at` (UTC); `side` is that of this reading."""
        agreed = self._entering.take(side)
        is_paused = self._entered_at is not None and at - self._entered_at < self._cooldown
        return None if is_paused else agreed

    def entered(self, at: datetime, direction: Direction) -> None:
        """An entry was proposed."""
        self._entered_at = at
        self._entering.reset()
        self._exits = {direction.opposite}

    def leaving(self, turned: Direction | None) -> Direction | None:
        """The direction of an EXIT that may be proposed; `turned` is the one to which this reading has turned."""
        agreed = self._contradicted.take(turned)
        return agreed if agreed in self._exits else None

    def left(self, direction: Direction) -> None:
        """An EXIT in this direction was proposed."""
        self._exits.discard(direction)
