"""What an account holds, or may come to hold: one holding for each instrument."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from domain.direction import Direction
from domain.portfolio import Portfolio


class Holding(Struct, frozen=True, gc=False, kw_only=True):
    """A position, a waiting entry or a running grid. `is_sure` is false for what may not come to be or may soon end."""

    instrument: str
    direction: Direction
    is_sure: bool


def holdings(portfolio: Portfolio, *, without: str) -> Collection[Holding]:
    """The holdings in all instruments but `without`, in the order in which they are recorded.

    A position that is being reversed has the direction that follows. A position that is being closed or reversed is not
    sure, and neither is an entry or a grid that holds nothing yet.
    """
    found = {name: _of_position(name, portfolio) for name in portfolio.positions}
    for entry in portfolio.entries.values():
        found.setdefault(entry.instrument, _waiting(entry.instrument, entry.direction))
    for name, grid in portfolio.grids.items():
        found.setdefault(name, _waiting(name, grid.direction))
    found.pop(without, None)
    return found.values()


def _of_position(name: str, portfolio: Portfolio) -> Holding:
    held = portfolio.positions[name].state
    if name in portfolio.reversals:
        return _waiting(name, held.direction.opposite)
    return Holding(instrument=name, direction=held.direction, is_sure=held.closing is None)


def _waiting(instrument: str, direction: Direction) -> Holding:
    return Holding(instrument=instrument, direction=direction, is_sure=False)
