"""The feed of the instruments that the exchange trades now.

One that it does not trade is left out, so that nobody queries it all the time. One that is delisted later is left
out by the feed itself at its next connection.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from commands.exchange import Unread
from commands.feed import FeedState, MarketFeed
from domain.candle import Candle
from domain.errors import InvalidInput
from domain.market import MarketEvent
from infra.run.live_plan import FeedOf, Wake


class ListedFeed:
    """See `commands.feed.MarketFeed`. `choose` makes the feed, before `start`; until then nothing arrives."""

    def __init__(self, feed_of: FeedOf, instruments: Sequence[str], wake: Wake) -> None:
        self._feed_of, self._instruments, self._wake = feed_of, instruments, wake
        self._listed: Sequence[str] = ()
        self._feed: MarketFeed | None = None

    def choose(self, listed: Collection[str]) -> None:
        """Makes the feed of the instruments that are `listed`; there is none where none is."""
        self._listed = [one for one in self._instruments if one in listed]
        if self._listed:
            self._feed = self._feed_of(self._listed, self._wake)

    def start(self) -> None:
        """See `MarketFeed.start`."""
        if self._feed is not None:
            self._feed.start()

    def close(self) -> None:
        """See `MarketFeed.close`."""
        if self._feed is not None:
            self._feed.close()

    def events(self) -> Sequence[MarketEvent]:
        """See `MarketFeed.events`."""
        return () if self._feed is None else self._feed.events()

    def candles(
        self, instrument: str, interval: timedelta, since: datetime, until: datetime
    ) -> Sequence[Candle]:
        """See `MarketFeed.candles`. Raises InvalidInput for an instrument that was not listed."""
        if self._feed is None or instrument not in self._listed:
            raise InvalidInput(f"the exchange did not list {instrument} when the engine started")
        return self._feed.candles(instrument, interval, since, until)

    def unread(self) -> Sequence[Unread]:
        """See `MarketFeed.unread`."""
        return () if self._feed is None else self._feed.unread()

    def states(self) -> Sequence[FeedState]:
        """See `MarketFeed.states`."""
        return () if self._feed is None else self._feed.states()
