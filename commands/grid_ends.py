"""The grids that the market or the time ends: at a close beyond their bound, and at the end of their lifetime.

It is judged by the log's state and not by the strategy, so that a restart and another warm-up end the same grid.
"""

from __future__ import annotations

from collections.abc import Collection

from commands.inputs import MarketMoved, Tick
from commands.signal import EndGrid
from commands.stimulus import Stimulus, asks_of_engine
from domain.candle import Candle
from domain.grid import GridEnd, RunningGrid
from domain.portfolio import Portfolio


def grid_ends(given: MarketMoved | Tick, portfolio: Portfolio, left: Collection[str]) -> Stimulus | None:
    """The ends that are due at this input; None if there are none.

    `left` are the chains of the grids whose bound a missed candle had left (`left_at`).
    """
    due = [
        EndGrid(grid.chain, reason)
        for grid in portfolio.grids.values()
        if (reason := _reason(grid, given, left)) is not None
    ]
    return Stimulus(given.at, asks_of_engine(due, given.at)) if due else None


def left_at(missed: Candle, portfolio: Portfolio) -> str | None:
    """The chain of the grid whose bound this candle left while the engine did not see it; None without one.

    The candles of a warm-up that closed before the grid was decided on do not count.
    """
    grid = portfolio.grids.get(missed.instrument)
    if grid is None or missed.close_time <= grid.decided_at or not grid.is_left_at(missed.close):
        return None
    return grid.chain


def _reason(grid: RunningGrid, given: MarketMoved | Tick, left: Collection[str]) -> GridEnd | None:
    if given.at >= grid.ends_at:
        return GridEnd.LIFETIME
    if grid.chain in left:
        return GridEnd.BOUND
    closes = () if isinstance(given, Tick) else given.events
    is_left = any(
        isinstance(one, Candle) and one.instrument == grid.instrument and grid.is_left_at(one.close)
        for one in closes
    )
    return GridEnd.BOUND if is_left else None
