"""The feed from an exchange of ccxt fulfils the contract of the port, over our venue as ccxt's `bybit`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.adapters.ccxt.bench import QUICK
from tests.adapters.ccxt.feed_bench import BRIEF, CcxtFeedBench
from tests.adapters.simulated.server.serving import RunningVenue
from tests.commands.feed_contract import FeedContract


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
