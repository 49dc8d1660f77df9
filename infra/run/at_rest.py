"""A market at rest before the simulated exchange, second after second, as inputs of an engine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from adapters.simulated import SimulatedExchange
from adapters.simulated.still import SECOND, StillMarket
from commands.inputs import Input, MarketMoved, Reported, Tick
from domain.portfolio import Portfolio


class MarketAtRest:
    """Every instrument stands at its last known price, one flat candle a second, from `began` on."""

    def __init__(self, prices: StillMarket, exchange: SimulatedExchange, began: datetime) -> None:
        self._prices, self._exchange = prices, exchange
        self._until = began.replace(microsecond=0)

    def until(self, now: datetime, portfolio: Portfolio) -> Iterator[Input]:
        """The last second that is over by now, with what the exchange reported in it, and the time."""
        second = now.replace(microsecond=0)
        if second - SECOND >= self._until:
            self._until = second
            share = portfolio.settings.settings.simulation.volume_share
            candles = self._prices.candles(second - SECOND, portfolio.instruments, share)
            self._exchange.on_candles(candles)
            yield Reported(second, tuple(self._exchange.reports()))
            yield MarketMoved(second, tuple(candles))
        yield Tick(now)

    def known(self, at: datetime) -> Input:
        """The last known prices, as they are at `at`."""
        return MarketMoved(at, tuple(self._prices.known(at)))
