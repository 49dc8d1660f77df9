"""The order books that the engine has read: the last reading of each instrument, and which proposals on readings are
recorded.

Nothing here is state of the log. A signal holds the book that it is judged with, so every decision can be made again
from the log. After a restart no book is known until a reading arrives.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from commands.watching import Instance, Sighting
from domain.book.book_read import BookRead, read_of
from domain.direction import Direction
from domain.market import BookReading, MarketEvent
from domain.portfolio import OpenPosition, Portfolio
from domain.settings import Settings
from domain.strategies import Intent

LEAST_APART = timedelta(seconds=1)
"""The least time between two recorded entries of one instance in one instrument and direction, that readings lead to.

A strategy may propose the same entry at each of ten readings a second; each recorded one is a signal and a decision.
"""


class BookReads:
    """The last readings of one engine."""

    def __init__(self) -> None:
        self._last: dict[str, BookReading] = {}
        self._entered: dict[tuple[str, str, Direction], datetime] = {}
        self._reading: dict[str, bool] = {}

    def take(self, events: Sequence[MarketEvent]) -> Sequence[MarketEvent]:
        """Takes the readings among the events of one time; returns the events that are news.

        A reading that confirms the book of the last one renews its age alone: its levels and figures have been read.
        """
        readings = [one for one in events if type(one) is BookReading]
        if not readings:
            return events
        news = [one for one in events if type(one) is not BookReading or not self._confirms(one)]
        self._last.update((one.instrument, one) for one in readings)
        return news

    def last(self, instrument: str) -> BookReading | None:
        """The last reading; None before the first."""
        return self._last.get(instrument)

    def read(self, instrument: str, now: datetime) -> BookRead:
        """The book of the last reading, as a signal holds it at `now` (UTC)."""
        return read_of(self._last.get(instrument), now)

    def with_book(self, sighting: Sighting, settings: Settings, now: datetime) -> Sighting:
        """The sighting with the book that it is judged with, where it is an entry that needs one."""
        if sighting.proposal.intent is Intent.EXIT or sighting.book is not None:
            return sighting
        if not self._needs_book(sighting.instance, settings):
            return sighting
        return sighting.with_book(self.read(sighting.proposal.instrument, now))

    def is_recorded(self, sighting: Sighting, portfolio: Portfolio, now: datetime) -> bool:
        """Whether the proposal is recorded, if it was made on a reading; one on a candle always is.

        An entry is not where one waits in its instrument, where its direction is held already and nothing is added,
        or within `LEAST_APART` of the last one. No proposal is while the position against it is being closed.
        """
        if not isinstance(sighting.source, BookReading):
            return True
        proposal, owner = sighting.proposal, sighting.instance.id
        held = portfolio.positions.get(proposal.instrument)
        if held is not None and held.state.closing is not None:
            return False
        if proposal.intent is Intent.EXIT:
            return True
        if _waits(proposal.instrument, portfolio) or _is_held(held, proposal.direction, owner, portfolio):
            return False
        key = (owner, proposal.instrument, proposal.direction)
        last = self._entered.get(key)
        if last is not None and now - last < LEAST_APART:
            return False
        self._entered[key] = now
        return True

    def _confirms(self, reading: BookReading) -> bool:
        last = self._last.get(reading.instrument)
        return (
            reading.confirmed_at is not None
            and last is not None
            and last.is_known
            and (last.update_id, last.at) == (reading.update_id, reading.at)
        )

    def _needs_book(self, instance: Instance, settings: Settings) -> bool:
        if settings.book_of(instance.id).required:
            return True
        found = self._reading.get(instance.id)
        if found is None:
            found = self._reading[instance.id] = instance.reads_books
        return found


def _waits(instrument: str, portfolio: Portfolio) -> bool:
    return any(one.instrument == instrument for one in portfolio.entries.values())


def _is_held(held: OpenPosition | None, direction: Direction, owner: str, portfolio: Portfolio) -> bool:
    """Whether the direction is held, and the owner's settings neither add to positions nor count what they hold."""
    if held is None or held.state.direction is not direction:
        return False
    intents = portfolio.settings.settings.intents_of(owner)
    return not (intents.in_use or intents.additions)
