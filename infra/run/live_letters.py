"""The dead letters of a live run: what its exchange and its feed send and nobody can understand."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from adapters.dead_letters.keeper import LetterKeeper
from adapters.dead_letters.store import DeadLetters
from adapters.dead_letters.unread import (
    RereadingExchange,
    UnreadMessages,
    UnreadReports,
    keep_unread,
    keep_unread_market,
    taken_in,
)
from commands.exchange import AnyReport
from domain.errors import ExchangeError
from infra.run.clock import utc_now
from infra.run.retried_letters import PAUSE_SECONDS, RetriedLetters

_log = logging.getLogger(__name__)


class LiveLetters:
    """Keeps messages in the keeper's thread, and takes in again those that a person has retried."""

    def __init__(
        self,
        keeper: LetterKeeper,
        stored: Callable[[], DeadLetters],
        clock: Callable[[], datetime] = utc_now,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        """`stored` returns the letters that are kept, for reading; `clock` the time in UTC. Retried ones are looked for
        every `pause` seconds."""
        self._keeper, self._stored, self._clock, self._pause = keeper, stored, clock, pause
        self._retried: RetriedLetters | None = None

    def keep(self, exchange: UnreadReports, feed: UnreadMessages, at: datetime) -> bool:
        """Keeps what both could not understand since the last call; returns at once and raises nothing.

        Returns whether any of it was a report of the exchange. `at` is now, in UTC.
        """
        reports = keep_unread(exchange, self._keeper, at)
        kept = reports + keep_unread_market(feed, exchange.venue, self._keeper, at)
        if kept:
            _log.error(
                "%d messages of %s cannot be read: see `whence dead-letters list`", kept, exchange.venue
            )
        return reports > 0

    def take_retried(self, exchange: object, at: datetime, handle: Callable[[AnyReport], object]) -> None:
        """Takes in the messages that a thread has found to be retried; returns at once where there is none.

        The first call starts that thread. An exchange that cannot read a message again has no such messages. Raises
        what `handle` raises, except where it refuses a report; see `adapters.dead_letters.unread.taken_in`.
        """
        if not isinstance(exchange, RereadingExchange):
            return
        if self._retried is None:
            self._retried = RetriedLetters(self._stored, exchange.venue, self._clock, self._pause)
        for due in self._retried.found():
            try:
                self._retried.record(taken_in(exchange, due, at, handle))
            except ExchangeError as fault:
                _log.warning("letter %s waits for %s: %s", due.letter.id, exchange.venue, fault)
                self._retried.give_back(due)

    def close(self) -> None:
        """Records what became of the messages that were taken in, and ends the thread; idempotent."""
        if self._retried is not None:
            self._retried.close()
