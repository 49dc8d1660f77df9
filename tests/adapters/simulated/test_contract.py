"""The simulated exchange fulfils the contract of the port; `FaultyExchange` simulates failures of the connection."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime

import pytest

from adapters.simulated import SimulationRules
from commands.exchange import Exchange
from domain.errors import ExchangeUnreachable, OutcomeUnknown
from domain.instrument import Instrument
from tests.adapters.simulated.scene import BTC, FIVE, SMOOTH, START, candle, d, exchange
from tests.commands.exchange_contract import Bench, ExchangeContract
from tests.commands.faulty_exchange import FaultyExchange
from tests.replacing import replace

WIDE: SimulationRules = replace(SMOOTH, price_band=d("0.3"))


class SimulatedBench:
    """Runs the contract on the simulated exchange: each price becomes a five-minute candle with four equal prices."""

    def __init__(self) -> None:
        self._venue = exchange(WIDE)
        self._line = FaultyExchange(self._venue)
        self._count = 0

    @property
    def exchange(self) -> Exchange:
        return self._line

    @property
    def instrument(self) -> Instrument:
        return BTC

    def now(self) -> datetime:
        return START + self._count * FIVE

    def trades_at(self, *prices: str, volume: str = "1000") -> None:
        for price in prices:
            self._venue.on_candles([candle(self._count, " ".join([price] * 4), volume=volume)])
            self._count += 1

    def cut(self) -> AbstractContextManager[None]:
        return self._line.failing(ExchangeUnreachable)

    def deafen(self) -> AbstractContextManager[None]:
        return self._line.failing(OutcomeUnknown)


class TestSimulated(ExchangeContract):
    seeds = range(60)

    @pytest.fixture
    def bench(self) -> Bench:
        return SimulatedBench()


def test_the_server_time_is_the_later_of_the_last_candle_and_the_last_request() -> None:
    venue = exchange()
    venue.on_candles([candle(0, "100 100 100 100")])
    assert venue.server_time() == START + FIVE
    venue.cancel("nobody", START + 3 * FIVE)
    assert venue.server_time() == START + 3 * FIVE
    venue.on_candles([candle(1, "100 100 100 100")])
    assert venue.server_time() == START + 3 * FIVE
