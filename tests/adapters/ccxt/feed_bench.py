"""The feed on our venue as ccxt's `bybit`, as the bench of the port's contract.

What moves the market is that of Bybit's bench. ccxt states no turnover of candles.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Event

from adapters.ccxt import Bounds, CcxtFeed, Site, Timing, Wanted
from domain.candle import Candle
from tests.adapters.bybit.feed_bench import DEPTH, INSTRUMENT, VenueMarket
from tests.adapters.ccxt.bench import QUICK
from tests.adapters.simulated.server.serving import RunningVenue
from tests.commands.feed_contract import MINUTE
from tests.replacing import replace

BRIEF: Timing = replace(QUICK, ping=0.3)
KEEN = Bounds(look=0.02, poll=0.02, again=0.02, quiet=0.2)
EVERYTHING = Wanted(instruments=(INSTRUMENT,), candles=(MINUTE,), trades=True, quotes=True, book=DEPTH)
_LATE, _PATIENCE = 5, 60


class CcxtFeedBench(VenueMarket):
    """A feed of one instrument; the venue's market stands still."""

    instrument = INSTRUMENT

    def __init__(
        self,
        venue: RunningVenue,
        *,
        streams: bool,
        wanted: Wanted = EVERYTHING,
        timing: Timing = QUICK,
        bounds: Bounds = KEEN,
    ) -> None:
        super().__init__(venue)
        self._arrival = Event()
        self._feed = CcxtFeed(
            "bybit",
            Site(http=venue.url, socket=venue.socket_url, is_paced=False),
            wanted,
            streams=streams,
            on_arrival=self._arrival.set,
            timing=timing,
            bounds=bounds,
            clock=self.now,
        )
        self._feed.start()
        self.until(lambda: all(state.is_live for state in self._feed.states()))

    @property
    def feed(self) -> CcxtFeed:
        return self._feed

    def close(self) -> None:
        self._feed.close()
        self.venue.do(lambda one: one.faults.clear())

    def candles(self, since: datetime) -> Sequence[Candle]:
        return [replace(one, turnover=None) for one in super().candles(since)]

    def arrived(self) -> None:
        self._arrival.wait(_LATE)
        self._arrival.clear()

    def until(self, reached: Callable[[], bool]) -> None:
        """Returns when the feed has reached a state; fails after a minute."""
        patience = time.monotonic() + _PATIENCE
        while not reached():
            assert time.monotonic() < patience, self._feed.states()
            self.arrived()
