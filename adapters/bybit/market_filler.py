"""Fetches what the sockets did not bring: candles that are missing, and prices of instruments that are silent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Event, Thread

from adapters.back_off import random_pause
from adapters.bybit.bounds import Bounds
from adapters.bybit.market_group import Group
from adapters.bybit.market_instrument import InstrumentMarket
from adapters.bybit.market_query import MarketQuery
from adapters.bybit.site import Site, Timing
from adapters.candle_line import CandleLine, Hole
from domain.errors import ExchangeError

Missing = tuple[Group, InstrumentMarket, CandleLine, Hole]


class Filler:
    """Runs in a thread of its own from `start` to `close`."""

    def __init__(
        self,
        groups: Sequence[Group],
        site: Site,
        timing: Timing,
        bounds: Bounds,
        clock: Callable[[], datetime],
        on_arrival: Callable[[], None],
    ) -> None:
        self._groups, self._timing, self._bounds = groups, timing, bounds
        self._clock, self._on_arrival = clock, on_arrival
        self._stopping = Event()
        self._query = MarketQuery(site, timing, self._stopping)
        self._failures: dict[CandleLine, int] = {}
        self._resting: dict[CandleLine, float] = {}
        self._priced: datetime | None = None
        self._thread = Thread(target=self._run, name="bybit-filler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Ends the thread, if it was started, after the response to a query that is under way."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._query.close()

    def _run(self) -> None:
        while not self._stopping.wait(self._bounds.look):
            for missing in self._missing():
                self._fill(*missing)
            self._price(self._clock())

    def _missing(self) -> Iterator[Missing]:
        for group, market in self._pairs():
            for line in market.lines:
                hole = self._hole(group, line)
                if hole is not None and not self._stopping.is_set():
                    yield group, market, line, hole

    def _hole(self, group: Group, line: CandleLine) -> Hole | None:
        if time.monotonic() < self._resting.get(line, 0.0):
            return None
        with group.lock:
            return line.hole(self._clock() - timedelta(seconds=self._bounds.late))

    def _fill(self, group: Group, market: InstrumentMarket, line: CandleLine, hole: Hole) -> None:
        try:
            found = self._query.candles(
                market.instrument, line.interval, hole.since, hole.until, self._clock()
            )
        except ExchangeError as error:
            self._rest(line, is_failure=True)
            with group.lock:
                market.fetch_fault = f"candles cannot be fetched: {error}"
            return
        with group.lock:
            market.fetch_fault = ""
            is_due = market.fetched(line, hole, found.candles, later=found.later)
        self._rest(line, is_failure=not is_due)
        if is_due:
            self._on_arrival()

    def _rest(self, line: CandleLine, *, is_failure: bool) -> None:
        """Lets a line rest that got nothing, longer each time."""
        self._failures[line] = self._failures.get(line, 0) + 1 if is_failure else 0
        timing = self._timing
        resting = random_pause(self._failures[line], timing.first_pause, timing.longest_pause)
        self._resting[line] = time.monotonic() + resting

    def _price(self, now: datetime) -> None:
        """Fetches the prices of silent instruments."""
        quiet = timedelta(seconds=self._bounds.quiet)
        silent = [pair for pair in self._pairs() if pair[1].is_silent(now - quiet)]
        if not silent or (self._priced is not None and now < self._priced + quiet):
            return
        self._priced, fault = now, ""
        prices: Mapping[str, Decimal] = {}
        try:
            prices = self._query.prices([market.instrument for _, market in silent])
        except ExchangeError as error:
            fault = f"prices cannot be fetched: {error}"
        for group, market in silent:
            with group.lock:
                market.priced(now, prices.get(market.instrument), fault)
        self._on_arrival()

    def _pairs(self) -> Iterator[tuple[Group, InstrumentMarket]]:
        return ((group, market) for group in self._groups for market in group.markets)
