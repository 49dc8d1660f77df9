"""The market of a live run: the feed's events as inputs of the engine, and past candles for strategies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from commands.feed import MarketFeed
from commands.inputs import MarketMoved, Warmed
from commands.watching import Instance
from domain.candle import Candle
from domain.errors import ExchangeError
from domain.market import MarketEvent
from infra.run.clock import SteadyClock

_WARM_BARS = 300
"""Past candles of each strategy's own interval, with which its indicators settle."""


class LiveMarket:
    """Passes each candle to the engine once, in order and without a hole.

    `queries` counts the queries for candles.
    """

    def __init__(
        self,
        feed: MarketFeed,
        instruments: Sequence[str],
        interval: timedelta,
        instances: Sequence[Instance],
        clock: SteadyClock,
    ) -> None:
        self._feed, self._instruments, self._interval, self._clock = feed, instruments, interval, clock
        longest = max((one.interval or interval for one in instances), default=interval)
        self._span = max(longest, interval) * _WARM_BARS
        self._next: dict[str, datetime] = {}
        self.queries = 0

    def warmed(self) -> Iterator[Warmed]:
        """The past candles of each instrument. Raises what `MarketFeed.candles` raises."""
        for name in self._instruments:
            now = self._clock.tick()
            yield from self._missed(name, now - self._span, now)

    def passed(self) -> Iterator[Warmed]:
        """The candles that arrived before trading began: no signal follows from them."""
        for move in self.moves():
            if isinstance(move, Warmed):
                yield move
            elif candles := tuple(one for one in move.events if isinstance(one, Candle)):
                yield Warmed(move.at, candles)

    def moves(self) -> Iterator[Warmed | MarketMoved]:
        """The events that arrived since the last call: candles by the time of their close, then the other events.

        A candle after a hole is preceded by the candles that are missing; no signal follows from those. Where they
        cannot be fetched, the candle is left out, and is itself missing for the next one. Raises what
        `MarketFeed.candles` raises, after every other event was passed on.
        """
        events, faults = self._feed.events(), list[ExchangeError]()
        candles = [one for one in events if isinstance(one, Candle)]
        for close, closed in groupby(sorted(candles, key=_order), key=_close_time):
            yield from self._closed(close, closed, faults)
        others = tuple(one for one in events if not isinstance(one, Candle))
        if others:
            yield self._moved(max(one.at for one in others), others)
        if faults:
            raise faults[0]

    def _closed(
        self, close: datetime, closed: Iterable[Candle], faults: list[ExchangeError]
    ) -> Iterator[Warmed | MarketMoved]:
        moved: list[MarketEvent] = []
        for candle in filter(self._is_next, closed):
            expected = self._next.get(candle.instrument, candle.open_time)
            if candle.open_time > expected:
                try:
                    missed = list(self._missed(candle.instrument, expected, candle.open_time))
                except ExchangeError as fault:
                    faults.append(fault)
                    continue
                yield from missed
            self._next[candle.instrument] = candle.close_time
            moved.append(candle)
        if moved:
            yield self._moved(close, tuple(moved))

    def _missed(self, name: str, since: datetime, until: datetime) -> Iterator[Warmed]:
        self.queries += 1
        found = [one for one in self._feed.candles(name, self._interval, since, until) if self._is_next(one)]
        if found:
            self._next[name] = found[-1].close_time
            yield Warmed(self._clock.tick(), tuple(found))

    def _moved(self, latest: datetime, events: tuple[MarketEvent, ...]) -> MarketMoved:
        """Recorded no earlier than the events, where the exchange's clock is a little ahead."""
        self._clock.not_before(latest)
        return MarketMoved(self._clock.tick(), events)

    def _is_next(self, candle: Candle) -> bool:
        """Whether the candle was not passed on yet, and is closed by the interval of this market."""
        expected = self._next.get(candle.instrument)
        return candle.interval == self._interval and (expected is None or candle.open_time >= expected)


def _order(candle: Candle) -> tuple[datetime, str]:
    return candle.close_time, candle.instrument


def _close_time(candle: Candle) -> datetime:
    return candle.close_time
