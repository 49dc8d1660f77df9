"""The member that judges a grid. It votes only on a signal with a grid, so that other decisions keep their bytes."""

from __future__ import annotations

from domain.committees.case import Case
from domain.committees.member import Judgement, Member, judgement
from domain.grid import is_in_order, net_gain_of
from domain.signal import Chamber


def levels(case: Case) -> Judgement:
    """The levels lead from the price to the stop, each pays for its fees, and nothing is in the instrument yet.

    A level that loses each time it is traded would add to the worst case by which the grid is sized.
    """
    planned, direction, fee = case.plan, case.entry.direction, case.view.listed.taker_fee
    grid, (stop, _bound) = planned.grid, planned.levels
    if grid is None:
        raise ValueError("the entry has no grid")
    least = min(net_gain_of(level, direction, fee) for level in grid.levels)
    return judgement(
        {
            "GRID_UNDER_WAY": case.view.portfolio.is_engaged(case.entry.instrument),
            "LEVELS_NOT_BETWEEN_PRICE_AND_STOP": not is_in_order(grid, direction, planned.entry, stop),
            "LEVEL_WITHIN_COSTS": least <= 0,
        },
        levels=len(grid.levels),
        nearest=grid.levels[0].price,
        outermost=grid.levels[-1].price,
        stop=stop,
        taker_fee=fee,
        least_gain=least,
        quantity=planned.part,
        notional=planned.notional,
    )


def grid_members(case: Case) -> tuple[Member, ...]:
    """The member `levels` for a signal with a grid, else none."""
    return _MEMBERS if case.entry.grid is not None else ()


_MEMBERS = (Member("levels", Chamber.RISK, levels),)
