"""A live run with a grid that kills itself: `python -m tests.adversary.dying_grid HTTP SOCKET KEY LOG STEP BEGINS`.

The run trades on the venue at these addresses. It is given the candle after which its grid is decided, and attends
until the fifth entry, which enters the second level again, is sent. STEP is where it then ends by SIGKILL: `before` or
`after` the request. BEGINS is the time at which the run's clock begins, in ISO 8601: the venue's market has a time of
its own.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta

from adapters.bybit import BybitExchange, Credentials, Site
from adapters.bybit.account import BybitAccount
from commands.exchange import Ticket
from commands.feed import MarketFeed
from commands.world import World
from domain.log import Envelope
from infra.config import WhenceSettings
from infra.logs import open_owned
from infra.run.live import LiveRun, placed_in
from infra.run.live_plan import LiveVenue, Wake
from tests.adapters.bybit.bench import QUICK
from tests.adapters.simulated.server.serving import SECRET
from tests.infra.run.grid_desk import BEFORE, GRID_PLAN, leg_of
from tests.infra.run.live_desk import FIVE, HandFeed, a_candle

LAST = "e5"


class DyingExchange(BybitExchange):
    """Ends the process at the request that places `LAST`."""

    step = "after"

    def submit(self, tickets: Sequence[Ticket]) -> None:
        is_last = LAST in {leg_of(one.order_id) for one in tickets}
        if is_last and self.step == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        super().submit(tickets)
        if is_last:
            os.kill(os.getpid(), signal.SIGKILL)


def main(url: str, socket: str, key: str, address: str, step: str, begins: str) -> None:
    """See the module's docstring."""
    site = Site(http=url, socket=socket)
    DyingExchange.step = step
    begun, started = datetime.fromisoformat(begins), time.monotonic()

    def now() -> datetime:
        return begun + timedelta(seconds=time.monotonic() - started)

    feed = HandFeed([a_candle(begun - (4 - bar) * FIVE, close) for bar, close in enumerate(BEFORE)])

    def connect(world: World, wake: Wake) -> LiveVenue:
        placed = placed_in(world)
        exchange = DyingExchange(
            Credentials(key, SECRET), site, placed, timing=QUICK, limits={}, on_arrival=wake
        )
        return LiveVenue(exchange, BybitAccount(exchange), exchange.start, exchange.close)

    def feed_of(_instruments: Sequence[str], _wake: Wake) -> MarketFeed:
        return feed

    with closing(open_owned(WhenceSettings(log=address))) as log:
        run = LiveRun(log, GRID_PLAN, connect, feed_of, list[Envelope]().append, clock=now)
        run.start()
        run.connect()
        while not run.is_trading:
            run.attend(0.5)
        feed.waiting.append(a_candle(begun - FIVE, "100"))
        while True:
            run.attend(0.5)


if __name__ == "__main__":
    main(*sys.argv[1:])
