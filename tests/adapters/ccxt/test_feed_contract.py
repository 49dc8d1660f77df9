"""The feed from an exchange of ccxt fulfils the contract of the port, over our venue as ccxt's `bybit`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.simulated.server import VenueServer
from commands.exchange import Unread
from domain.direction import Side
from domain.market import Quote
from tests.adapters.bybit.feed_bench import SYMBOL
from tests.adapters.ccxt.bench import QUICK
from tests.adapters.ccxt.feed_bench import BRIEF, CcxtFeedBench
from tests.adapters.simulated.server.serving import RunningVenue
from tests.commands.feed_contract import FeedContract

QUOTES = f"orderbook.1.{SYMBOL}"
SPOILED = f'{{"topic":"{QUOTES}","type":"snapshot","data":7}}'


class TestStreams(FeedContract):
    @pytest.fixture
    def bench(self, venue: RunningVenue, request: pytest.FixtureRequest) -> Iterator[CcxtFeedBench]:
        """Pings are frequent only where the connection is silent."""
        is_silent = request.node.name.endswith("[silence]")
        bench = CcxtFeedBench(venue, streams=True, timing=BRIEF if is_silent else QUICK)
        yield bench
        bench.close()


class TestPolls(FeedContract):
    @pytest.fixture
    def bench(self, venue: RunningVenue) -> Iterator[CcxtFeedBench]:
        bench = CcxtFeedBench(venue, streams=False)
        yield bench
        bench.close()


def test_a_message_that_ccxt_cannot_read_is_kept_and_quotes_are_streamed_on(venue: RunningVenue) -> None:
    bench = CcxtFeedBench(venue, streams=True)
    bench.until(lambda: bool(venue.do(_push)))
    found: list[Unread] = []

    def is_kept() -> bool:
        found.extend(bench.feed.unread())
        return bool(found)

    bench.until(is_kept)
    assert [one.content for one in found] == [SPOILED]
    venue.fails("/v5/market/tickers", "drop", times=0)
    bench.feed.events()
    bench.show(Side.BUY, 1, "7")
    bench.until(lambda: any(isinstance(one, Quote) for one in bench.feed.events()))
    bench.close()


def _push(server: VenueServer) -> int:
    """Pushes to the connections that receive quotes; returns their number."""
    receiving = [session for session in server.sockets.sessions if QUOTES in session.topics]
    for session in receiving:
        session.send(SPOILED.encode())
    return len(receiving)
