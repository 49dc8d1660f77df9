"""Partial closes: at each level of profit a share of the opened quantity is closed at the market, once.

Levels are done in their order. A level counts as done where one of the same or a larger profit was done, by whatever
settings that was. Where the price passes several at once, or where a share is too small to be an order,
the shares of the levels that are not done add up. Quantities are rounded down to the lot. A level is done with its
order, whatever that fills: what the market leaves of it stays in the position.

The last of levels whose shares are 1 in sum closes all that is held. An addition after an earlier level raised what was
opened, of which that level had closed a share before, so a share of it alone would leave a rest.

What is left has to be large enough for an order of its own: at least the least quantity and the least notional of the
instrument. Else the whole position is closed, because its rest could not be reduced by an ordinary order any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from domain.arithmetic import EXACT, ONE, total
from domain.closing import CloseReason
from domain.instrument import Instrument, round_down
from domain.managed import Rule
from domain.management.action import Close, Finding, Reduce
from domain.management.reading import Reading
from domain.management.settings import PartialLevel, partial_levels
from domain.position import notional


def partial_close(reading: Reading) -> Finding | None:
    """Closes the shares of the levels that the profit has reached and that are not done."""
    price, profit, texts = reading.price, reading.profit, reading.settings.partial_closes
    if not texts or price is None or profit is None or not reading.can_reduce:
        return None
    levels = partial_levels(texts)
    done = levels_done(reading, levels)
    reached = sum(1 for one in levels if profit >= one.profit)
    if reached <= done:
        return None
    state, rules = reading.state, reading.rules
    share = total(one.share for one in levels[done:reached])
    quantity = min(round_down(EXACT.multiply(state.entered, share), rules.lot), state.quantity)
    if reached == len(levels) and total(one.share for one in levels) == ONE:
        quantity = state.quantity
    if not is_tradable(quantity, price.price, rules):
        return None
    figures = {
        "from_profit": f"{levels[reached - 1].profit:f}",
        "share": f"{share:f}",
        "entered": f"{state.entered:f}",
    }
    left = EXACT.subtract(state.quantity, quantity)
    if is_tradable(left, price.price, rules):
        return Finding(Rule.PARTIAL_CLOSE, Reduce(quantity, reached), figures)
    return Finding(Rule.PARTIAL_CLOSE, Close(CloseReason.LAST_PARTIAL_CLOSE), figures | {"left": f"{left:f}"})


def levels_done(reading: Reading, levels: Sequence[PartialLevel]) -> int:
    """How many of the levels are done: those up to the largest profit of which one was done."""
    last = reading.last.get(Rule.PARTIAL_CLOSE)
    profit = None if last is None else last.from_profit
    return 0 if profit is None else sum(1 for one in levels if one.profit <= profit)


def is_tradable(quantity: Decimal, price: Decimal, rules: Instrument) -> bool:
    """Whether an order of this quantity (base currency) at this price is large enough for the instrument."""
    return quantity >= rules.min_quantity and quantity > 0 and notional(quantity, price) >= rules.min_notional
