"""The adapter for exchanges of ccxt fulfils the contract of the port, over our venue as ccxt's `bybit`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.adapters.ccxt.bench import CcxtBench
from tests.adapters.simulated.server.serving import RunningVenue
from tests.commands.exchange_contract import ExchangeContract


class TestStreams(ExchangeContract):
    seeds = range(1)

    @pytest.fixture
    def bench(self, venue: RunningVenue) -> Iterator[CcxtBench]:
        bench = CcxtBench(venue, streams=True)
        yield bench
        bench.close()


class TestPolls(ExchangeContract):
    seeds = range(1)

    @pytest.fixture
    def bench(self, venue: RunningVenue) -> Iterator[CcxtBench]:
        bench = CcxtBench(venue, streams=False)
        yield bench
        bench.close()
