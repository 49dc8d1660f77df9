"""Withdraws entries, which could still add exposure: a sent entry is cancelled, an unsent one is denied.

The stop and target of such an entry end with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from commands.order import CancelOrder, DenyOrder
from commands.processes.moment import Moment
from commands.routes import Command
from domain.direction import Purpose
from domain.order import Closed, OrderStatus
from domain.order_id import is_of_an_engine
from domain.portfolio import WorkingEntry
from domain.streams import order_stream, parse_position

KILL_SWITCH = "KILL_SWITCH"
POSITION_CLOSED = "POSITION_CLOSED"
ENDING = frozenset({OrderStatus.CANCEL_REQUESTED, OrderStatus.FILLED})


def withdraw_entries(moment: Moment) -> Sequence[Command]:
    """A tripped kill switch withdraws every working entry; stops, targets and exits stay at the exchange."""
    return [
        command
        for order_id, entry in moment.portfolio.entries.items()
        if entry.order.status not in ENDING
        for command in withdrawn(moment, order_id, KILL_SWITCH)
    ]


def withdraw_rest(moment: Moment) -> Sequence[Command]:
    """A closed position withdraws what works of its own entries: the exchange has ended their stop with the position.

    An entry of another plan keeps waiting with the stop that it brought.
    """
    closed = parse_position(moment.envelope.meta.stream)
    return [
        command
        for order_id, entry in moment.portfolio.entries.items()
        if entry.instrument == closed.instrument
        and entry.direction is closed.direction
        and entry.order.status not in ENDING
        and _relied_on_position(order_id, entry)
        for command in withdrawn(moment, order_id, POSITION_CLOSED)
    ]


def _relied_on_position(order_id: str, entry: WorkingEntry) -> bool:
    """Whether the entry has filled into a position, was placed to add to one, or relies on the stop of one.

    A person's order at the exchange that was adopted is a plan of its own.
    """
    return bool(entry.order.filled) or entry.adds or (entry.stop is None and is_of_an_engine(order_id))


def cancel_legs(moment: Moment) -> Sequence[Command]:
    """Cancels the stop and target of an entry that ended after its position: at some exchanges they still wait.

    While the kill switch is tripped they stay until a query has proved the position flat (`commands/flatness.py`).
    """
    entry, portfolio = moment.branch.state(moment.envelope.meta.stream), moment.portfolio
    if not isinstance(entry, Closed) or not entry.filled or entry.terms.purpose is not Purpose.ENTRY:
        return ()
    if portfolio.account.tripped or entry.terms.instrument in portfolio.positions:
        return ()
    return [
        CancelOrder(order_id, POSITION_CLOSED)
        for order_id, exit_ in portfolio.exits.items()
        if exit_.terms.parent == moment.subject and exit_.status is not OrderStatus.CANCEL_REQUESTED
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
