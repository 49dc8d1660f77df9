"""Break-even: from a profit on the stop is where entry and exit pay their own fees."""

from __future__ import annotations

from decimal import Decimal

from domain.arithmetic import EXACT, ONE
from domain.managed import Rule
from domain.management.action import Finding, MoveStop
from domain.management.reading import Reading
from domain.management.stops import moved_stop


def break_even(reading: Reading) -> Finding | None:
    """Moves the stop to the break-even price, and beyond it by the setting `break_even_offset`."""
    at, profit = reading.settings.break_even_at, reading.profit
    if not at or profit is None or profit < at:
        return None
    level = break_even_price(reading)
    stop = moved_stop(reading, level, towards_price=True)
    if stop is None:
        return None
    figures = {"from_profit": f"{at:f}", "taker_fee": f"{reading.rules.taker_fee:f}"}
    return Finding(Rule.BREAK_EVEN, MoveStop(stop), figures)


def break_even_price(reading: Reading) -> Decimal:
    """The price (quote currency) at which what is held is closed without profit or loss, moved by the offset.

    With the taker fee f, paid at entry and at exit, of an average entry e: a long's p·(1 - f) = e·(1 + f), a short's
    p·(1 + f) = e·(1 - f).
    """
    fee, entry = reading.rules.taker_fee, reading.state.average_price
    dearer, cheaper = EXACT.add(ONE, fee), EXACT.subtract(ONE, fee)
    offset = EXACT.multiply(entry, reading.settings.break_even_offset)
    if reading.is_long:
        return EXACT.add(EXACT.divide(EXACT.multiply(entry, dearer), cheaper), offset)
    return EXACT.subtract(EXACT.divide(EXACT.multiply(entry, cheaper), dearer), offset)
