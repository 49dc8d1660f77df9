"""The profit of a position as rules of management measure it: before and after costs, leverage apart."""

from __future__ import annotations

from decimal import Decimal

from domain.arithmetic import EXACT
from domain.direction import Direction
from domain.position import Open, net_at, notional


def move_share(direction: Direction, entry: Decimal, price: Decimal) -> Decimal:
    """The move of the price in the position's favour since its average entry, as a fraction of that entry.

    (price - entry) / entry for a long, (entry - price) / entry for a short.
    """
    moved = EXACT.subtract(price, entry) if direction is Direction.LONG else EXACT.subtract(entry, price)
    return EXACT.divide(moved, entry)


def net_share(state: Open, price: Decimal, fee_rate: Decimal) -> Decimal:
    """The net profit of the whole position if what is held were closed at this price, as a fraction of all its cost.

    (gross + quantity * (price - average entry) - fees - quantity * price * fee_rate + funding) / spent for a long; the
    bracket has the opposite sign for a short. `gross`, `fees` and `funding` are those recorded so far, so that fees of
    the entry and of earlier reductions count. `fee_rate` is the taker fee, a fraction of the notional.
    """
    fee = EXACT.multiply(notional(state.quantity, price), fee_rate)
    return EXACT.divide(net_at(state, price, fee), state.spent)
