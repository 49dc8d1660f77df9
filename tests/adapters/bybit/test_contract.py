"""The adapter for Bybit fulfils the contract of the port over our venue, with orders by REST and over the socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.order_way import OrderWay
from tests.adapters.bybit.bench import BybitBench
from tests.adapters.simulated.server.serving import RunningVenue
from tests.commands.exchange_contract import ExchangeContract


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
