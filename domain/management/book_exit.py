"""The exit of a part before a level of the order book: once a strong level is close ahead of a position in profit.

It acts at readings of a known book alone, where no other rule acts, once in the life of a position. Quantities are
rounded down to the lot. A part is closed only where it and what is left can both be orders of their own.
"""

from __future__ import annotations

from domain.arithmetic import EXACT, distance
from domain.instrument import round_down
from domain.managed import Rule
from domain.management.action import Finding, Reduce
from domain.management.partial_closes import is_tradable
from domain.management.reading import Reading
from domain.management.strong_book import evidence_of


def book_exit(reading: Reading) -> Finding | None:
    """Closes `book_exit_share` of what was opened where the nearest strong level ahead is within `book_exit_distance`
    of the price.
    """
    settings, profit, price = reading.settings, reading.profit, reading.price
    if not settings.book_exit_share or reading.book is None or profit is None or price is None:
        return None
    if profit <= 0 or not reading.can_reduce or Rule.BOOK_EXIT in reading.last:
        return None
    ahead = reading.book.ahead(reading.state.direction)
    near = EXACT.multiply(price.price, settings.book_exit_distance)
    if not ahead or distance(ahead[0].price, price.price) > near:
        return None
    state, rules = reading.state, reading.rules
    quantity = round_down(EXACT.multiply(state.entered, settings.book_exit_share), rules.lot)
    left = EXACT.subtract(state.quantity, quantity)
    if not (is_tradable(quantity, price.price, rules) and is_tradable(left, price.price, rules)):
        return None
    figures = {
        "from_profit": f"{profit:f}",
        "share": f"{settings.book_exit_share:f}",
        "entered": f"{state.entered:f}",
        **evidence_of(ahead[0]),
    }
    return Finding(Rule.BOOK_EXIT, Reduce(quantity, 0), figures)
