"""Live market data that moves the exchange on the venue's matching engine before the engine of the run has it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from adapters.simulated.matched import MatchedExchange
from commands.exchange import AnyReport, Unread
from commands.feed import FeedState, MarketFeed
from domain.candle import Candle
from domain.market import KnownPrice, MarketEvent, Quote

_KEPT = 1_000
"""Quotes and prices that wait for the engine of the run; the oldest ones are left out."""


class FedExchange(MatchedExchange):
    """Takes in the market data that has arrived before it returns reports."""

    moved: Callable[[], None] | None = None

    def reports(self) -> Sequence[AnyReport]:
        """See `ReportStream.reports`."""
        if self.moved is not None:
            self.moved()
        return super().reports()


class MatchedFeed:
    """The `feed`, of which `exchange` has every event first. Trades and books go to the exchange only: a live run has
    candles, quotes and fetched prices, and a demo run is to decide the same.
    """

    def __init__(self, feed: MarketFeed, exchange: FedExchange, clock: Callable[[], datetime]) -> None:
        self._feed, self._exchange, self._clock = feed, exchange, clock
        self._candles: list[Candle] = []
        self._prices: deque[MarketEvent] = deque(maxlen=_KEPT)
        exchange.moved = self.move

    def move(self) -> None:
        """Moves the exchange by what has arrived, and to the present time."""
        events = self._feed.events()
        self._exchange.on_states(self._feed.states())
        self._exchange.on_market(events, self._clock())
        self._candles.extend(one for one in events if isinstance(one, Candle))
        self._prices.extend(one for one in events if isinstance(one, Quote | KnownPrice))

    def start(self) -> None:
        """See `MarketFeed.start`."""
        self._feed.start()

    def close(self) -> None:
        """See `MarketFeed.close`."""
        self._feed.close()

    def events(self) -> Sequence[MarketEvent]:
        """See `MarketFeed.events`; returns those by which the exchange was moved since the last call."""
        found = [*self._candles, *self._prices]
        self._candles.clear()
        self._prices.clear()
        return found

    def candles(
        self, instrument: str, interval: timedelta, since: datetime, until: datetime
    ) -> Sequence[Candle]:
        """See `MarketFeed.candles`."""
        return self._feed.candles(instrument, interval, since, until)

    def unread(self) -> Sequence[Unread]:
        """See `MarketFeed.unread`."""
        return self._feed.unread()

    def states(self) -> Sequence[FeedState]:
        """See `MarketFeed.states`."""
        return self._feed.states()
