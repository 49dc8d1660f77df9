"""The hours of a log that were marked, and the UTC days without a gap between their marks."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

from domain.mark import HOUR, AccountMarked

DAY = timedelta(days=1)


@dataclass(slots=True)
class MarkedHours:
    """The hours with a mark (UTC, in order), and the largest number of candles that closed in one."""

    hours: list[datetime] = field(default_factory=list[datetime])
    candles: int = 0
    most: int = 0

    def take(self, mark: AccountMarked) -> None:
        """Adds the next mark."""
        self.most, self.candles = max(self.most, mark.candles - self.candles), mark.candles
        self.hours.append(mark.hour)

    def step(self, instruments: int) -> timedelta:
        """The time between two marks of an engine that runs all the time.

        It is an hour where candles are shorter: then more than one closes within an hour for each of the
        `instruments`. Longer ones are as far apart as the two marks that are closest.
        """
        if self.most > instruments:
            return HOUR
        return min((after - before for before, after in pairwise(self.hours)), default=HOUR)

    def whole_days(self, instruments: int) -> Collection[date]:
        """The days with all their marks, before which the day before had its last one; not the last marked day."""
        if not self.hours:
            return ()
        broken = set(self._broken(self.step(instruments)))
        return {one.date() for one in self.hours} - {self.hours[-1].date()} - broken

    def _broken(self, step: timedelta) -> Iterator[date]:
        """The days with a gap. What happened in a gap before a day's first mark is in the change of that day."""
        for before, after in pairwise(self.hours):
            if after - before > step:
                yield after.date()
                if (before + step).date() == before.date():
                    yield before.date()
