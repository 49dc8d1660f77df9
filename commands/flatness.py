"""Protection that no position needs any more: it stays until a query of the exchange's positions has proved them flat.

Most exchanges cancel the stop and the target of a position that was closed. Those that are no part of a position at the
exchange, and those that it has left, would reduce the next position.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from commands.order import CancelOrder
from commands.stimulus import Stimulus, asks_of_engine
from domain.direction import PROTECTION
from domain.order import OrderStatus
from domain.portfolio import Portfolio

FLAT = "FLAT"
"""The reason of the cancels: the exchange states no position."""


def left_over(portfolio: Portfolio) -> Iterator[str]:
    """The ids of the working stops and targets of no open position and of no entry that may still fill."""
    for order_id, exit_ in portfolio.exits.items():
        terms = exit_.terms
        if (
            terms.purpose in PROTECTION
            and terms.instrument not in portfolio.positions
            and terms.parent not in portfolio.entries
        ):
            yield order_id


def cancels(
    portfolio: Portfolio, held: Collection[str], resting: Collection[str], at: datetime
) -> Stimulus | None:
    """The cancels of what is left over; None where there is nothing to cancel.

    `held` are the instruments of the positions and `resting` the ids of the open orders, as the exchange has stated
    them at `at` (UTC). An order that does not rest there any more has ended, and its report is on the way.
    """
    order_ids = [
        order_id
        for order_id in left_over(portfolio)
        if order_id in resting
        and portfolio.exits[order_id].terms.instrument not in held
        and portfolio.exits[order_id].status is not OrderStatus.CANCEL_REQUESTED
    ]
    if not order_ids:
        return None
    return Stimulus(at, asks_of_engine([CancelOrder(order_id, FLAT) for order_id in order_ids], at))
