"""Publishes the closed candles of a feed: the past that the topic lacks, and then each one as it closes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from commands.feed import MarketFeed
from commands.inputs import MarketMoved, Warmed
from domain.candle import Candle
from domain.errors import ExchangeError
from domain.plain_text import counted
from infra.run.clock import SteadyClock
from infra.run.feed_outages import FeedOutages
from infra.run.live_market import LiveMarket

_log = logging.getLogger(__name__)
_PAUSE_SECONDS: Final = 1.0


class Publisher(Protocol):
    """See `adapters.candle_topic.publisher.CandlePublisher`."""

    def recall(self, since: datetime) -> object: ...

    def publish(self, candles: Iterable[Candle]) -> int: ...


class CandlePublishing:
    """One interval of some instruments. A hole is filled before the candle after it is published."""

    def __init__(
        self,
        feed: MarketFeed,
        publisher: Publisher,
        instruments: Sequence[str],
        interval: timedelta,
        history: int,
        clock: Callable[[], datetime],
    ) -> None:
        """`history` is how many past candles of each instrument the topic is to have."""
        self._feed, self._publisher, self._clock = feed, publisher, SteadyClock(clock)
        self._span = history * interval
        self._market = LiveMarket(feed, instruments, interval, (), self._clock, span=self._span)
        self._outages = FeedOutages()

    def run(self, woken: threading.Event, stopped: Callable[[], bool]) -> None:
        """Publishes until a stop is requested; `woken` is set by the feed where something arrived.

        Raises ExchangeError where past candles cannot be fetched at the start, LogUnavailable where a candle may not be
        durable. A publisher that is started again goes on after the last candle in the topic.
        """
        self._publisher.recall(self._clock.tick() - self._span)
        self._feed.start()
        try:
            for past in self._market.warmed():
                self._publish(past.candles)
            _log.info("the past is published; each further candle follows as it closes")
            while not stopped():
                woken.wait(_PAUSE_SECONDS)
                woken.clear()
                self._step()
        finally:
            self._feed.close()

    def _step(self) -> None:
        try:
            for candles in self._moved():
                self._publish(candles)
        except ExchangeError as fault:
            _log.warning(
                "missing candles cannot be fetched now, and are fetched with the next ones: %s", fault
            )
        for unread in self._feed.unread():
            _log.warning(
                "a message of the exchange is passed over: %s: %s", unread.reason, unread.content[:200]
            )
        self._outages.look(self._feed.states(), self._clock.tick())

    def _moved(self) -> Iterator[Sequence[Candle]]:
        for move in self._market.moves():
            match move:
                case Warmed():
                    yield move.candles
                case MarketMoved():
                    yield [one for one in move.events if isinstance(one, Candle)]

    def _publish(self, candles: Sequence[Candle]) -> None:
        if published := self._publisher.publish(candles):
            _log.info("%s published", counted(published, "candle"))
