"""The exchange on the venue's matching engine fulfils the contract of the port."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest

from adapters.simulated.matched import MatchedExchange, MatchedRules
from adapters.simulated.matched_market import in_ms
from commands.exchange import Exchange
from domain.errors import ExchangeUnreachable, OutcomeUnknown
from domain.instrument import Instrument
from domain.market import Quote
from tests.adapters.simulated.scene import BTC, NO_LATENCY, START, d
from tests.adapters.simulated.still_market import show_and_trade
from tests.commands.exchange_contract import Bench, ExchangeContract
from tests.commands.faulty_exchange import FaultyExchange

WIDE = MatchedRules(latency=NO_LATENCY, price_band=d("0.3"))
_STEP = timedelta(seconds=1)


class MatchedBench:
    """Shows each price in the book for a second."""

    def __init__(self) -> None:
        self._now = START
        self._venue = MatchedExchange({BTC.id: BTC}, "USDT", d("10000"), d("10"), WIDE, START)
        self._line = FaultyExchange(self._venue)
        shown = Quote(
            instrument=BTC.id, at=START, bid=d("99"), bid_size=d("1"), ask=d("101"), ask_size=d("1")
        )
        self._venue.on_market([shown], START)
        self.trades_at("100")

    @property
    def exchange(self) -> Exchange:
        return self._line

    @property
    def instrument(self) -> Instrument:
        return BTC

    def now(self) -> datetime:
        return self._now

    def trades_at(self, *prices: str, volume: str = "1000") -> None:
        for price in prices:
            self._now += _STEP
            show_and_trade(self._venue.engine, "BTCUSDT", d(price), d(volume), in_ms(self._now))
            self._venue.on_market([], self._now)

    def cut(self) -> AbstractContextManager[None]:
        return self._line.failing(ExchangeUnreachable)

    def deafen(self) -> AbstractContextManager[None]:
        return self._line.failing(OutcomeUnknown)


class TestMatched(ExchangeContract):
    seeds = range(60)

    @pytest.fixture
    def bench(self) -> Bench:
        return MatchedBench()
