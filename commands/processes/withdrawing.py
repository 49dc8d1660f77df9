"""Withdraws entries, which could still add exposure: a sent entry is cancelled, an unsent one is denied."""

from __future__ import annotations

from collections.abc import Sequence

from commands.order import CancelOrder, DenyOrder
from commands.processes.moment import Moment
from commands.routes import Command
from domain.order import OrderStatus
from domain.streams import order_stream

KILL_SWITCH = "KILL_SWITCH"
_ENDING = frozenset({OrderStatus.CANCEL_REQUESTED, OrderStatus.FILLED})


def withdraw_entries(moment: Moment) -> Sequence[Command]:
    """A tripped kill switch withdraws every working entry; stops, targets and exits stay at the exchange."""
    return [
        command
        for order_id, entry in moment.portfolio.entries.items()
        if entry.order.status not in _ENDING
        for command in withdrawn(moment, order_id, KILL_SWITCH)
    ]


def withdrawn(moment: Moment, order_id: str, reason: str) -> Sequence[Command]:
    """The commands that withdraw one entry for `reason`.

    An entry that was placed in this unit of work is not sent yet, so it is denied with its protection. If it were sent
    and then cancelled, it could fill before the cancel arrives.
    """
    if not moment.branch.begun_here(order_stream(moment.account, order_id)):
        return [CancelOrder(order_id, reason)]
    protection = [child for child, exit_ in moment.portfolio.exits.items() if exit_.terms.parent == order_id]
    return [DenyOrder(unsent, reason) for unsent in (order_id, *protection)]
