"""Passes over the candles of a recorded market that lead to nothing (decision 0098).

The exchange, the strategies, the manager of positions and the engine each name the first instant at which they may act.
The engine is given the earliest of them and every later one until all are idle again; between two of them it takes the
candles in one step, so that prices, marks and the hash of the candles are those of a run that is given each. What
cannot name an instant is given every one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import chain

from adapters.simulated import SimulatedExchange
from commands.driver import Driver
from commands.engine import Engine
from domain.candle import Candle
from infra.run.bars import Bars


class Skipping:
    """Finds the instants of one run that its engine must be given; the run passes over those before."""

    def __init__(self, bars: Bars, exchange: SimulatedExchange) -> None:
        self._bars, self._exchange = bars, exchange
        self._signals: Sequence[int] | None = None

    def foresee(self, engine: Engine, warming: Sequence[Candle] = ()) -> None:
        """Lets the strategies of an engine that has read no candle scan the whole tape, from the candles of `warming`.

        Where one of them cannot, no instant is passed over.
        """
        read: dict[str, list[Candle]] = {}
        for candle in warming:
            read.setdefault(candle.instrument, []).append(candle)
        for name, candles in self._bars.by_instrument.items():
            read.setdefault(name, []).extend(candles)
        closes = engine.foresee(list(read.values()))
        if closes is not None:
            self._signals = sorted(number for at in closes for number in self._bars.closing_at(at))

    def next(self, engine: Engine, begin: int, limit: int) -> int:
        """The number of the first instant from `begin` that may lead to something, at most `limit`."""
        signals, idle_before = self._signals, engine.idle_before
        bounds = self._exchange.idle_bounds()
        if signals is None or idle_before is None or bounds is None:
            return begin
        times = self._bars.times
        end = bisect_left(times, idle_before, begin, max(begin, limit))
        place = bisect_left(signals, begin)
        if place < len(signals):
            end = min(end, signals[place])
        for one in bounds.values():
            if one.arrives_at is not None:
                end = min(end, bisect_right(times, one.arrives_at, begin, end))
        end = self._bars.first_beyond(bounds, begin, end)
        return self._bars.first_managed(engine.idle_prices, begin, end)

    def pass_over(self, driver: Driver, begin: int, end: int) -> Sequence[Candle]:
        """Moves exchange and engine past the instants from `begin` up to `end`; returns the last candle of each
        instrument.
        """
        candles = self._bars.candles[begin:end]
        last = tuple({one.instrument: one for one in chain.from_iterable(candles)}.values())
        self._exchange.pass_over(last)
        driver.pass_over(self._bars.times[begin:end], candles)
        return last
