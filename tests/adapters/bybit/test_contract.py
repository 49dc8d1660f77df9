"""The adapter for Bybit fulfils the contract of the port over our venue, with orders by REST and over the socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.order_way import OrderWay
from tests.adapters.bybit.bench import BybitBench, bybit_venue
from tests.adapters.simulated.server.serving import RunningVenue
from tests.commands.exchange_contract import ExchangeContract


@pytest.fixture(scope="module")
def venue() -> Iterator[RunningVenue]:
    """A venue at which messages arrive at once."""
    with bybit_venue(network=0.0) as running:
        yield running


class TestBybit(ExchangeContract):
    seeds = range(1)

    @pytest.fixture
    def bench(self, venue: RunningVenue) -> Iterator[BybitBench]:
        bench = BybitBench(venue)
        yield bench
        bench.close()


class TestBybitOverTheSocketOfOrders(ExchangeContract):
    seeds = range(1)

    @pytest.fixture
    def bench(self, venue: RunningVenue) -> Iterator[BybitBench]:
        bench = BybitBench(venue, way=OrderWay.WEBSOCKET)
        yield bench
        bench.close()
