"""The inputs of a recording of candles in which those that lead to nothing are passed over (decision 0098)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from adapters.simulated import SimulatedExchange
from commands.driver import Driver
from commands.input_tape import SessionBegun, Taped
from commands.inputs import MarketMoved, Warmed
from domain.candle import Candle
from infra.run.bars import Bars
from infra.run.shortened import candles_of
from infra.run.skipping import Skipping


class SkippedInputs:
    """Finds the inputs that a backtest must be fed. Every input but candles is one of them, and so is the last one."""

    def __init__(self, given: Sequence[Taped], exchange: SimulatedExchange) -> None:
        """`given` is the whole recording, of one session."""
        moves = [candles_of(one) for one in given]
        self._bars = Bars(zip((one.at for one in given), moves, strict=True))
        self._fed = [number for number, closed in enumerate(moves) if not closed or number == len(given) - 1]
        self._warming = [candle for one in given if isinstance(one, Warmed) for candle in one.candles]
        self._skipping = Skipping(self._bars, exchange)

    def begin(self, driver: Driver) -> None:
        """Lets the strategies of an engine that has read no candle scan the recording."""
        self._skipping.foresee(driver.engine, self._warming)

    def next(self, driver: Driver, begin: int) -> int:
        """The place of the first input from place `begin` that must be fed."""
        return self._skipping.next(driver.engine, begin, self._fed[bisect_left(self._fed, begin)])

    def pass_over(self, driver: Driver, begin: int, end: int) -> Sequence[Candle]:
        """See `Skipping.pass_over`."""
        return self._skipping.pass_over(driver, begin, end)


def can_skip(given: Sequence[Taped]) -> bool:
    """Whether these inputs are of one session, whose market has nothing but candles."""
    if sum(1 for one in given if type(one) is SessionBegun) != 1:
        return False
    return all(len(candles_of(one)) == len(one.events) for one in given if isinstance(one, MarketMoved))
