"""The port to live market data for Bybit's linear perpetuals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from threading import Event

from adapters.bybit.bounds import Bounds
from adapters.bybit.line import Line
from adapters.bybit.market_filler import Filler
from adapters.bybit.market_group import Group
from adapters.bybit.market_instrument import InstrumentMarket
from adapters.bybit.market_query import MarketQuery
from adapters.bybit.pace import APART, MARKET_SHARE, Turns
from adapters.bybit.placing import CATEGORY
from adapters.bybit.site import Site, Timing
from adapters.bybit.wanted import Wanted, topics
from adapters.candle_line import first_opening
from commands.exchange import Unread
from commands.feed import FeedState
from domain.candle import Candle
from domain.errors import ExchangeRefused, InvalidInput
from domain.market import MarketEvent


def _now() -> datetime:
    return datetime.now(UTC)


def _nothing() -> None:
    """Does nothing with an arrival."""


class BybitFeed:
    """See `commands.feed.MarketFeed`. Demo trading has the prices of the real market, so its sockets are used then.

    `clock` returns this machine's time (UTC). The first candle that is returned is the one that is open at `start`.
    `on_arrival` must return at once and raise nothing.
    """

    def __init__(
        self,
        site: Site,
        wanted: Wanted,
        *,
        on_arrival: Callable[[], None] = _nothing,
        timing: Timing | None = None,
        bounds: Bounds | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        timing, bounds, site = timing or Timing(), bounds or Bounds(), _public(site)
        self._clock, self._stopping = clock, Event()
        turns = Turns(MARKET_SHARE, APART)
        self._groups = [
            Group(
                [InstrumentMarket(one, wanted, bounds) for one in some],
                Line(site=site, channel=CATEGORY, topics=topics(wanted, some)),
                timing,
                turns,
                clock,
                on_arrival,
            )
            for some in _parts(wanted.instruments, bounds.instruments)
        ]
        self._query = MarketQuery(site, timing, self._stopping)
        self._filler = Filler(self._groups, site, timing, bounds, clock, on_arrival)

    def start(self) -> None:
        """See `MarketFeed.start`."""
        for group in self._groups:
            group.start()
        self._filler.start()

    def close(self) -> None:
        """See `MarketFeed.close`."""
        self._stopping.set()
        for group in self._groups:
            group.stream.end()
        self._filler.close()
        for group in self._groups:
            group.stream.close()
        self._query.close()

    def events(self) -> Sequence[MarketEvent]:
        """See `MarketFeed.events`."""
        return [event for group in self._groups for event in group.events()]

    def candles(
        self, instrument: str, interval: timedelta, since: datetime, until: datetime
    ) -> Sequence[Candle]:
        """See `MarketFeed.candles`. Raises InvalidInput for an instrument or interval that Bybit does not have."""
        begin = first_opening(since, interval)
        try:
            return self._query.candles(instrument, interval, begin, until, self._clock()).candles
        except ExchangeRefused as refusal:
            if self._query.is_traded(instrument):
                raise
            raise InvalidInput(f"Bybit does not trade {instrument} now: {refusal}") from None

    def unread(self) -> Sequence[Unread]:
        """See `MarketFeed.unread`."""
        return [one for group in self._groups for one in group.unread()]

    def states(self) -> Sequence[FeedState]:
        """See `MarketFeed.states`."""
        states = (state for group in self._groups for state in group.states())
        return sorted(states, key=lambda state: state.instrument)

    @property
    def connects(self) -> int:
        """The connections that were made so far."""
        return sum(group.stream.state.connects for group in self._groups)


def _public(site: Site) -> Site:
    return Site(testnet=site.testnet, http=site.http, socket=site.socket)


def _parts(instruments: tuple[str, ...], most: int) -> Iterator[tuple[str, ...]]:
    return (instruments[first : first + most] for first in range(0, len(instruments), most))
