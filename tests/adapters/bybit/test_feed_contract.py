"""The feed from Bybit fulfils the contract of the port, over our venue."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.simulated.server import kline_stream
from tests.adapters.bybit.bench import QUICK, bybit_venue
from tests.adapters.bybit.feed_bench import BRIEF, BybitFeedBench
from tests.adapters.simulated.server.serving import RunningVenue
from tests.commands.feed_contract import FeedContract


@pytest.fixture(scope="module")
def venue() -> Iterator[RunningVenue]:
    """A venue that pushes candles more often than once a second."""
    with pytest.MonkeyPatch.context() as patch, bybit_venue() as running:
        patch.setattr(kline_stream, "INTERVAL", 50)
        yield running


class TestBybitFeed(FeedContract):
    @pytest.fixture
    def bench(self, venue: RunningVenue, request: pytest.FixtureRequest) -> Iterator[BybitFeedBench]:
        """Pings are answered too late only where the connection is silent."""
        is_silent = request.node.name.endswith("[silence]")
        bench = BybitFeedBench(venue, timing=BRIEF if is_silent else QUICK)
        yield bench
        bench.close()
