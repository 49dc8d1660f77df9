"""The resident memory of a live engine with 100 instruments: its log, its feed and its strategies, in one process."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from decimal import Decimal

import psutil

from adapters.bybit import BybitExchange, BybitFeed, Credentials, Site, Wanted
from adapters.bybit.account import BybitAccount
from commands.world import World
from domain.instrument import instrument_id
from domain.market import MarketEvent
from domain.settings import Settings
from infra.run.live import LiveRun, placed_in
from infra.run.live_plan import LivePlan, LiveVenue, Wake
from infra.run.watchers import ignored
from infra.trading import for_live, instances_of
from tests.adapters.simulated.server.serving import KEY, SECRET
from tests.benchmarks.figure import Figure
from tests.benchmarks.logs import fresh, owned
from tests.benchmarks.venue_apart import symbols, venue_apart

INSTRUMENTS, MINUTES = 100, 2
_INTERVAL = timedelta(minutes=1)
_DEPTH = 50


class CountedFeed(BybitFeed):
    """Counts the events that it returns."""

    count = 0

    def events(self) -> Sequence[MarketEvent]:
        found = super().events()
        self.count += len(found)
        return found


def run() -> list[Figure]:
    """In a process of its own, because memory that was used before would hide what is used."""
    found: list[Figure] = []
    for book, what in (
        (False, "candles and quotes"),
        (True, "candles, quotes, trades and books of 50 levels"),
    ):
        with venue_apart(INSTRUMENTS) as venue:
            call = f"measured({venue.http!r}, {venue.socket!r}, {book})"
            code = f"from tests.benchmarks.bench_live_memory import measured; print({call})"
            printed = subprocess.run(
                [sys.executable, "-c", code], check=True, capture_output=True, text=True
            ).stdout
        before, connected, after, events, moves = json.loads(printed)
        note = f"{INSTRUMENTS} instruments, {what}; SQLite"
        found += [
            Figure("memory before the run is made", before, "MiB", None, note),
            Figure("memory once it trades, strategies warmed", connected, "MiB", None, note),
            Figure(
                f"memory after {MINUTES} minutes",
                after,
                "MiB",
                None,
                f"{note}; {events} events, {moves:,} market events",
            ),
        ]
    return found


def measured(address: str, socket: str, book: bool) -> list[float]:
    """The resident memory (MiB) before the run, when it trades and minutes later; the log's and the market's events."""
    logging.disable(logging.WARNING)
    site, settings = Site(http=address, socket=socket), for_live(Settings(), {})
    instruments = tuple(map(instrument_id, symbols(INSTRUMENTS)))
    plan = LivePlan(
        account="main",
        leverage=Decimal(5),
        settings=settings,
        instances=instances_of(settings),
        instruments=instruments,
        interval=_INTERVAL,
    )
    wanted = Wanted(
        instruments=instruments, candles=(_INTERVAL,), quotes=True, trades=book, book=_DEPTH if book else 0
    )

    def connect(world: World, wake: Wake) -> LiveVenue:
        exchange = BybitExchange(Credentials(KEY, SECRET), site, placed_in(world), on_arrival=wake)
        return LiveVenue(exchange, BybitAccount(exchange), exchange.start, exchange.close)

    before = _resident()
    with fresh("SQLite") as place, closing(owned(place)) as log:
        feeds: list[CountedFeed] = []

        def feed_of(_ids: Sequence[str], wake: Wake) -> CountedFeed:
            feeds.append(CountedFeed(site, wanted, on_arrival=wake))
            return feeds[0]

        run = LiveRun(log, plan, connect, feed_of, ignored)
        with closing(run):
            run.start()
            run.connect()
            while not run.is_trading:
                run.attend(0.5)
            connected, until = _resident(), time.monotonic() + MINUTES * 60
            while time.monotonic() < until:
                run.attend(0.5)
            return [before, connected, _resident(), log.head(), feeds[0].count]


def _resident() -> float:
    return psutil.Process().memory_info().rss / 2**20
