"""The grids that the market or the time ends: at a close beyond their bound, and at the end of their lifetime.

It is judged by the log's state and not by the strategy, so that a restart and another warm-up end the same grid.
"""

from __future__ import annotations

from commands.inputs import MarketMoved, Tick
from commands.signal import EndGrid
from commands.stimulus import Stimulus, asks_of_engine
from domain.candle import Candle
from domain.grid import GridEnd, RunningGrid
from domain.portfolio import Portfolio


def grid_ends(given: MarketMoved | Tick, portfolio: Portfolio) -> Stimulus | None:
    """The ends that are due at this input; None if there are none."""
    due = [
        EndGrid(grid.chain, reason)
        for grid in portfolio.grids.values()
        if (reason := _reason(grid, given)) is not None
    ]
    return Stimulus(given.at, asks_of_engine(due, given.at)) if due else None


def _reason(grid: RunningGrid, given: MarketMoved | Tick) -> GridEnd | None:
    if given.at >= grid.ends_at:
        return GridEnd.LIFETIME
    closes = () if isinstance(given, Tick) else given.events
    is_left = any(
        isinstance(one, Candle) and one.instrument == grid.instrument and grid.is_left_at(one.close)
        for one in closes
    )
    return GridEnd.BOUND if is_left else None
