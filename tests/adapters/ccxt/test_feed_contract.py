"""The feed from an exchange of ccxt fulfils the contract of the port, over our venue as ccxt's `bybit`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.adapters.ccxt.feed_bench import CcxtFeedBench
from tests.adapters.simulated.server.serving import RunningVenue
from tests.commands.feed_contract import FeedContract


class TestCcxtFeed(FeedContract):
    @pytest.fixture
    def bench(self, venue: RunningVenue) -> Iterator[CcxtFeedBench]:
        bench = CcxtFeedBench(venue)
        yield bench
        bench.close()
