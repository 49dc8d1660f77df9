"""Partial closes: at each level of profit a share of the opened quantity is closed at the market, once.

Levels are done in their order. Where the price passes several at once, or where a share is too small to be an order,
the shares of the levels that are not done add up. Quantities are rounded down to the lot.

What is left has to be large enough for an order of its own: at least the least quantity and the least notional of the
instrument. Else the whole position is closed, because its rest could not be reduced by an ordinary order any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from domain.arithmetic import EXACT, total
from domain.instrument import Instrument, round_down
from domain.management.profit import move_share
from domain.position import Open, notional


class PartialClose(Struct, frozen=True, gc=False):
    """What is closed: `quantity` in base currency, and the number of levels that are done with it.

    `profit` is that of the last of these levels, a fraction of the average entry price. `whole` is whether nothing of
    the position is left.
    """

    quantity: Decimal
    levels: int
    profit: Decimal
    whole: bool


Level = tuple[Decimal, Decimal]
"""A profit from which on, and the share of the opened quantity that, is closed; both are fractions."""


def partial_close(
    state: Open, price: Decimal, done: int, levels: Sequence[Level], rules: Instrument
) -> PartialClose | None:
    """What is closed at this price where `done` levels are done; None where nothing is.

    `levels` are in rising order of their profit.
    """
    if done >= len(levels):
        return None
    profit = move_share(state.direction, state.average_price, price)
    reached = sum(1 for least, _share in levels if profit >= least)
    if reached <= done:
        return None
    share = total(share for _least, share in levels[done:reached])
    quantity = min(round_down(EXACT.multiply(state.entered, share), rules.lot), state.quantity)
    if not _is_tradable(quantity, price, rules):
        return None
    left = EXACT.subtract(state.quantity, quantity)
    whole = not _is_tradable(left, price, rules)
    return PartialClose(state.quantity if whole else quantity, reached, levels[reached - 1][0], whole)


def _is_tradable(quantity: Decimal, price: Decimal, rules: Instrument) -> bool:
    return quantity >= rules.min_quantity and quantity > 0 and notional(quantity, price) >= rules.min_notional
