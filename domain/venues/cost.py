"""The cost of an entry at the market in one instrument, comparable between instruments.

    cost = |value - quantity·middle| + taker fee·(value + quantity·middle)
    cost in basis points = cost / (quantity·middle) · 10,000

`value` is what the quantity sums up to over the levels taken, best first. The first fee is that of the entry, the
second that of the exit, which is made in the same instrument. The cost is against the instrument's own middle price:
a contract that is traded lower than another one is sold lower, too, so the difference of both is no saving. Funding is
not part of it.
"""

from __future__ import annotations

from decimal import Decimal

from domain.arithmetic import EXACT
from domain.book.book_read import BookRead
from domain.book.sweep import Sweep

_STEP = Decimal("0.0001")
_TEN_THOUSAND = Decimal(10_000)
_TWO = Decimal(2)


def middle_of(book: BookRead) -> Decimal | None:
    """The middle of best bid and ask; None where a side is empty."""
    if not book.bids or not book.asks:
        return None
    return EXACT.divide(EXACT.add(book.bids[0].price, book.asks[0].price), _TWO)


def cost_bps(taken: Sweep, middle: Decimal, taker_fee: Decimal) -> Decimal:
    """The cost in 1/10,000 of the filled quantity at the middle price, rounded to 0.0001.

    `taken` is a sweep that filled something, `middle` in quote currency, `taker_fee` a fraction.
    """
    at_middle = EXACT.multiply(taken.filled, middle)
    beyond = EXACT.abs(EXACT.subtract(taken.value, at_middle))
    fees = EXACT.multiply(taker_fee, EXACT.add(taken.value, at_middle))
    points = EXACT.divide(EXACT.multiply(EXACT.add(beyond, fees), _TEN_THOUSAND), at_middle)
    return points.quantize(_STEP, context=EXACT)
