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
    take_retried,
)
from commands.exchange import AnyReport
from domain.errors import LogError, Refused, StoreError

_log = logging.getLogger(__name__)


class LiveLetters:
    """Keeps messages in the keeper's thread, and takes in again those that a person has retried."""

    def __init__(self, keeper: LetterKeeper, stored: Callable[[], DeadLetters]) -> None:
        """`stored` returns the letters that are kept, for reading."""
        self._keeper, self._stored, self._fault = keeper, stored, ""

    def keep(self, exchange: UnreadReports, feed: UnreadMessages, at: datetime) -> None:
        """Keeps what both could not understand since the last call; returns at once and raises nothing.

        `at` is now, in UTC.
        """
        kept = keep_unread(exchange, self._keeper, at)
        kept += keep_unread_market(feed, exchange.venue, self._keeper, at)
        if kept:
            _log.error(
                "%d messages of %s cannot be read: see `whence dead-letters list`", kept, exchange.venue
            )

    def take_retried(self, exchange: object, at: datetime, handle: Callable[[AnyReport], object]) -> None:
        """See `adapters.dead_letters.unread.take_retried`. An exchange that cannot read a message again has none.

        Raises what `handle` raises. Letters that do not answer, or that a person has changed meanwhile, wait for the
        next call: trading does not depend on them.
        """
        if not isinstance(exchange, RereadingExchange):
            return
        recorded = True

        def handled(report: AnyReport) -> None:
            nonlocal recorded
            recorded = False
            handle(report)
            recorded = True

        try:
            take_retried(exchange, self._stored(), at, handled)
            self._fault = ""
        except (StoreError, LogError, Refused) as fault:
            if not recorded:
                raise
            if str(fault) != self._fault:
                _log.warning("retried messages wait until the dead letters answer: %s", fault)
            self._fault = str(fault)
