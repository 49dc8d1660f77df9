"""The port to live market data. Every adapter passes the tests in `tests/commands/feed_contract.py`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct

from commands.exchange import Unread
from domain.candle import Candle
from domain.market import MarketEvent


class FeedState(Struct, frozen=True, gc=False, kw_only=True):
    """Whether market data of one instrument arrives now; `fault` states why it does not.

    `heard_at` is when the last message of the instrument came (UTC, by this machine's clock), None before the first.
    `dropped` counts the events that newer ones replaced because nobody took them in time, `gaps` the times at which the
    book was found to be wrong, and `refused` the changes of it that came before its next snapshot.
    `retry_at` is when the feed connects again (UTC, by this machine's clock); None where it is connected, or polls.
    """

    instrument: str
    is_live: bool
    heard_at: datetime | None
    dropped: int
    fault: str
    gaps: int = 0
    refused: int = 0
    retry_at: datetime | None = None


class MarketFeed(Protocol):
    """Market data of the instruments for which the feed was made.

    Calls come from one thread; the feed's own threads change nothing of the caller's. `on_arrival`, given to the
    constructor of each adapter, is called in a thread of the feed where events arrived or a state changed.
    """

    def start(self) -> None:
        """Begins to receive; returns at once."""
        ...

    def close(self) -> None:
        """Ends the connections and threads."""
        ...

    def events(self) -> Sequence[MarketEvent]:
        """The events since the last call, by time for each instrument. Raises nothing.

        Candles are closed. Each one is returned once, in order and without a hole: those that the stream missed are
        fetched. Of the other events, newer ones replace older ones where nobody took them in time.
        """
        ...

    def candles(
        self, instrument: str, interval: timedelta, since: datetime, until: datetime
    ) -> Sequence[Candle]:
        """The closed candles that open in `since` <= time < `until`, in order; to warm up strategies.

        Raises ExchangeUnreachable if no response arrived, ExchangeRefused if the venue refused the query, and
        InvalidInput for an instrument that the venue does not have (any more).
        """
        ...

    def unread(self) -> Sequence[Unread]:
        """The messages since the last call that could not be understood or used; none is left out.

        Also a candle that differs from the one of its time that was returned, and candles that the venue does not have.
        """
        ...

    def states(self) -> Sequence[FeedState]:
        """The state of each instrument, in order of id."""
        ...
