"""A grid: resting limit entries at several prices, each with a target of its own, and one stop for all of them.

Entries are numbered from 1. Number n trades level (n - 1) mod N + 1 of N levels, for the ((n - 1) div N + 1)-th time;
the order ids `<chain>-e<n>`, `-s<n>` and `-t<n>` follow from it. A level is entered again when its target has filled.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from msgspec import Struct

from domain.arithmetic import EXACT, ZERO, total
from domain.direction import Direction
from domain.instrument import round_down, round_up

MOST_LEVELS = 10
"""Bybit permits twenty attached stops and targets of an instrument (110061); each level has one of both."""
MOST_ROUNDS = 1_000
MOST_SECONDS = 366 * 86_400


class GridLevel(Struct, frozen=True, gc=False):
    """The limit price of a level's entry and that of its target, in quote currency."""

    price: Decimal
    target: Decimal


class Grid(Struct, frozen=True, gc=False, kw_only=True):
    """The levels from the nearest to the reference price to the outermost.

    Each level is entered at most `rounds` times. After `lifetime_seconds` from the decision no entry is left.
    """

    levels: tuple[GridLevel, ...]
    rounds: int
    lifetime_seconds: int

    @property
    def last_number(self) -> int:
        """The greatest number that an entry may have."""
        return len(self.levels) * self.rounds

    def level(self, number: int) -> GridLevel:
        """The level that the entry of this number trades."""
        return self.levels[(number - 1) % len(self.levels)]

    def next_number(self, number: int) -> int | None:
        """The number of the level's next entry; None after its last round."""
        following = number + len(self.levels)
        return following if following <= self.last_number else None


class GridEnd(StrEnum):
    """Why no level of a grid is entered any more.

    STOP: the common stop filled. CLOSED: the position is being closed. REDUCED: another order reduced the position.
    BOUND: a candle closed at or beyond the grid's bound. LIFETIME: its time is over. EXIT: a signal took it out.
    KILL_SWITCH: the switch was tripped. DONE: no entry works, and nothing is held.
    """

    STOP = "STOP"
    CLOSED = "CLOSED"
    REDUCED = "REDUCED"
    BOUND = "BOUND"
    LIFETIME = "LIFETIME"
    EXIT = "EXIT"
    KILL_SWITCH = "KILL_SWITCH"
    DONE = "DONE"


class RunningGrid(Struct, frozen=True, gc=False, kw_only=True):
    """A decided grid that has not ended.

    `chain` is the chain of its signal. `stop` is the stop of all levels and `bound` the price beyond which the grid
    ends, in quote currency; `decided_at` is the time of the decision (UTC). `risk` is the loss, before fees, if every
    level is entered and then stopped, in quote currency.
    """

    chain: str
    owner: str
    instrument: str
    direction: Direction
    grid: Grid
    stop: Decimal
    bound: Decimal
    decided_at: datetime
    risk: Decimal

    @property
    def ends_at(self) -> datetime:
        """The end of its lifetime (UTC)."""
        return self.decided_at + timedelta(seconds=self.grid.lifetime_seconds)

    def is_left_at(self, price: Decimal) -> bool:
        """Whether the price is at or beyond the bound."""
        return price >= self.bound if self.direction is Direction.LONG else price <= self.bound


def on_ticks(grid: Grid, direction: Direction, tick: Decimal) -> Grid:
    """The grid with every price on the tick: rounded down for a long, up for a short, as stop and target are."""
    rounded = round_down if direction is Direction.LONG else round_up
    return Grid(
        levels=tuple(GridLevel(rounded(one.price, tick), rounded(one.target, tick)) for one in grid.levels),
        rounds=grid.rounds,
        lifetime_seconds=grid.lifetime_seconds,
    )


def chain_of(order_id: str) -> str:
    """The chain in an order id of an engine, such as `nsvwda8dgah11` of `nsvwda8dgah11-t12`."""
    return order_id.rpartition("-")[0]


def entry_number(order_id: str) -> int:
    """The number at the end of an order id of a chain, such as 12 of `nsvwda8dgah11-t12`."""
    return int(order_id.rpartition("-")[2][1:])


def prices(grid: Grid) -> Sequence[Decimal]:
    """The limit prices of the entries, the nearest level first."""
    return [level.price for level in grid.levels]


def is_in_order(grid: Grid, direction: Direction, price: Decimal, stop: Decimal) -> bool:
    """Whether the levels lead strictly from the reference price to the stop, each with a target that gains."""
    rising = [stop, *reversed(prices(grid)), price]
    ladder = rising if direction is Direction.LONG else [EXACT.minus(one) for one in rising]
    gains = [gain(level, direction) for level in grid.levels]
    return all(one < other for one, other in pairwise(ladder)) and all(one > 0 for one in gains)


def gain(level: GridLevel, direction: Direction) -> Decimal:
    """What one unit gains from the level's price to its target, before fees, in quote currency."""
    up = EXACT.subtract(level.target, level.price)
    return up if direction is Direction.LONG else EXACT.minus(up)


def fees(fee: Decimal, one: Decimal, other: Decimal) -> Decimal:
    """The fees of one unit traded at both prices, at the rate `fee`."""
    return EXACT.multiply(fee, EXACT.add(one, other))


def worst_loss(grid: Grid, stop: Decimal, fee: Decimal) -> Decimal:
    """The loss, fees included, if one unit of every level is entered and then stopped, in quote currency.

    sum over the levels of |price - stop| + fee * (price + stop)
    """
    return total(
        EXACT.add(EXACT.abs(EXACT.subtract(price, stop)), fees(fee, price, stop)) for price in prices(grid)
    )


def risk_at_stop(grid: Grid, stop: Decimal, part: Decimal) -> Decimal:
    """The loss, before fees, if `part` of every level is entered and then stopped, in quote currency."""
    return EXACT.multiply(part, worst_loss(grid, stop, ZERO))


def net_gain(grid: Grid, direction: Direction, fee: Decimal) -> Decimal:
    """The gain after fees if one unit of every level reaches its target once, in quote currency."""
    return total(net_gain_of(level, direction, fee) for level in grid.levels)


def net_gain_of(level: GridLevel, direction: Direction, fee: Decimal) -> Decimal:
    """The gain after fees of one unit at the level's target, in quote currency."""
    return EXACT.subtract(gain(level, direction), fees(fee, level.price, level.target))
