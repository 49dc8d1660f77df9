"""The market of a live run: the feed's events as inputs of the engine, and past candles for strategies."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import groupby

from commands.feed import MarketFeed
from commands.inputs import MarketMoved, Warmed
from commands.watching import Instance
from domain.candle import Candle
from domain.errors import ExchangeError, InvalidInput
from domain.interval import interval_of
from domain.market import MarketEvent
from infra.run.clock import SteadyClock

_DAY = timedelta(days=1)
_log = logging.getLogger(__name__)
_WARM_BARS = 300
"""Past candles of each strategy's own interval, with which its indicators settle."""
_SETTLED = 10
"""The periods of a Wilder mean after which its beginning has a weight below 0.01 %."""


class LiveMarket:
    """Passes each candle to the engine once, in order and without a hole.

    `queries` counts the queries for candles. `left_out` holds, by instrument, why the exchange has no candles of it
    now: it was delisted, or renamed. Strategies see no candle of such an instrument, so they propose no entry in it.
    Its next candle is the next reason to fetch the missing ones.
    """

    def __init__(
        self,
        feed: MarketFeed,
        instruments: Sequence[str],
        interval: timedelta,
        instances: Sequence[Instance],
        clock: SteadyClock,
        least: timedelta = timedelta(0),
        *,
        span: timedelta | None = None,
    ) -> None:
        """`span` is how far the past candles reach back; by default as far as the instances need, and at least `least`,
        which is for others than the instances.
        """
        self._feed, self._instruments, self._interval, self._clock = feed, instruments, interval, clock
        needed = max((least, interval * _WARM_BARS, *(_span_of(one, interval) for one in instances)))
        self._span = needed if span is None else span
        self._next: dict[str, datetime] = {}
        self.queries = 0
        self.left_out: dict[str, str] = {}

    def reach(self) -> None:
        """Queries the latest candles of one instrument that has candles. Raises ExchangeError where they cannot be
        fetched now.
        """
        now = self._clock.tick()
        for name in self._instruments:
            with suppress(InvalidInput):  # `warmed` leaves it out, and names it
                self._feed.candles(name, self._interval, now - 2 * self._interval, now)
                return

    def warmed(self) -> Iterator[Warmed]:
        """The past candles of each instrument. Raises ExchangeError where they cannot be fetched now."""
        for name in self._instruments:
            now = self._clock.tick()
            found = self._missed(name, now - self._span, now)
            if found is not None and not found:
                _log.warning(
                    "%s: the exchange has no candle of %s to %s UTC, so its strategies begin without a past; a venue "
                    "that plays a recording has candles of another time only, on which nothing is traded",
                    name,
                    *(f"{one:%Y-%m-%d %H:%M}" for one in (now - self._span, now)),
                )
            yield from found or ()

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
        cannot be fetched, the candle is left out, and is itself missing for the next one. Raises ExchangeError where
        they cannot be fetched now, after every other event was passed on.
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
            expected = self._expected(candle)
            if candle.open_time > expected:
                try:
                    missed = self._missed(candle.instrument, expected, candle.open_time)
                except ExchangeError as fault:
                    faults.append(fault)
                    continue
                if missed is None:
                    continue
                yield from missed
            self._next[candle.instrument] = candle.close_time
            moved.append(candle)
        if moved:
            yield self._moved(close, tuple(moved))

    def _expected(self, candle: Candle) -> datetime:
        """When the next candle of the instrument opens; of one that could not be warmed, its whole past is missing."""
        first = candle.open_time - self._span if candle.instrument in self.left_out else candle.open_time
        return self._next.get(candle.instrument, first)

    def _missed(self, name: str, since: datetime, until: datetime) -> Sequence[Warmed] | None:
        """The missing candles; None for an instrument that is left out."""
        self.queries += 1
        try:
            fetched = self._feed.candles(name, self._interval, since, until)
        except InvalidInput as fault:
            self._leave_out(name, str(fault))
            return None
        if self.left_out.pop(name, None) is not None:
            _log.warning("%s has candles again", name)
        found = [one for one in fetched if self._is_next(one)]
        if not found:
            return ()
        self._next[name] = found[-1].close_time
        return [Warmed(self._clock.tick(), tuple(found))]

    def _leave_out(self, name: str, reason: str) -> None:
        if self.left_out.get(name) != reason:
            _log.error("%s is left out, no entry follows from its candles: %s", name, reason)
        self.left_out[name] = reason

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


def _span_of(instance: Instance, given: timedelta) -> timedelta:
    """The time whose candles an instance reads before its first own one; `given` is the interval of the market's.

    The pivots of a whole UTC day need up to two days.
    """
    own, filters = instance.interval or given, instance.filters
    spans = [own * _WARM_BARS, (interval_of(filters.timeframe) or own) * _WARM_BARS]
    if filters.reads_adx:
        spans.append(own * filters.adx_period * _SETTLED)
    if filters.minimum_pivot_distance:
        spans.append(2 * _DAY)
    if filters.reads_correlation:
        spans.append(given * (filters.correlation_candles + 1))
    return max(*spans, own * filters.value_area_candles)
