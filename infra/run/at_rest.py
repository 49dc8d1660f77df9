"""A market at rest: moves the simulated exchange once a second and gives the engine its inputs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from adapters.simulated import SimulatedExchange
from adapters.simulated.still import SECOND, StillMarket
from commands.inputs import Input, MarketMoved, Reported, Tick
from domain.portfolio import Portfolio


class MarketAtRest:
    """From `began` on, every priced instrument has one candle a second, whose prices all equal its last known price.

    An instrument without a price has no market: its requests are answered, and nothing trades.
    """

    def __init__(self, prices: StillMarket, exchange: SimulatedExchange, began: datetime) -> None:
        self._prices, self._exchange = prices, exchange
        self._until = began.replace(microsecond=0)

    def until(self, now: datetime, portfolio: Portfolio) -> Iterator[Input]:
        """Yields the inputs up to `now`: the last complete second with its candles and reports, then the time `now`."""
        second = now.replace(microsecond=0)
        if second - SECOND >= self._until:
            self._until = second
            share = portfolio.settings.settings.simulation.volume_share
            candles = self._prices.candles(second - SECOND, portfolio.instruments, share)
            self._exchange.on_candles(candles)
            self._exchange.answer_unpriced({candle.instrument for candle in candles}, second)
            yield Reported(second, tuple(self._exchange.reports()))
            yield MarketMoved(second, tuple(one for one in candles if one.instrument in self._prices.prices))
        yield Tick(now)

    @property
    def is_priced(self) -> bool:
        """Whether any instrument has a market."""
        return bool(self._prices.prices)

    def known(self, at: datetime) -> Input:
        """The last known prices, dated `at`."""
        return MarketMoved(at, tuple(self._prices.known(at)))
