"""The remedy of a difference: the report or command that brings the log in line with the venue.

A driver reconciles in three steps: it takes in the remedies of all differences, in their order; it compares again; and
it records the remaining differences as discrepancies (`commands.reconciliation.recorded`). A difference that a remedy
resolves is therefore never recorded, and a person must resolve every recorded discrepancy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from commands.exchange import Accepted, Amended, Cancelled, Expired, Filled, OrderReport, Rejected, Triggered
from commands.identity import EXCHANGE
from commands.instrument import ListInstrument
from commands.stimulus import Ask
from domain.order import CLOSED, OrderStatus
from domain.reconciliation.differences import (
    Difference,
    ExecutionMissing,
    OrderUnknownToThem,
    OverfillMissing,
    ProtectiveStopMissing,
    RulesDiffer,
    StatusDiffers,
    TermsDiffer,
    WaitingLegEnded,
)
from domain.reconciliation.statement import StatedOrder
from domain.venue import Execution

Remedy = OrderReport | ListInstrument | Ask
"""An `Ask` is a report that the exchange has confirmed, and that is not judged again (`commands/beyond_order.py`)."""
NOT_FOUND = "not found at the exchange by its id"
WITHOUT_POSITION = "its entry has ended, and the exchange has no position that it could reduce"


def remedy(difference: Difference, venue: str, at: datetime) -> Remedy | None:
    """The remedy; `at` is the time of the comparison. None if only a person can resolve the difference.

    A remedy that is taken in a second time changes nothing, like any repeated report.
    """
    make = REMEDIES.get(type(difference))
    return None if make is None else make(difference, venue, at)


def filled(trade: Execution, order_id: str, fact: str) -> Filled:
    """The report of the trade as a fill of this order."""
    return Filled(
        order_id=order_id,
        at=trade.at,
        fact=fact,
        execution_id=trade.execution_id,
        price=trade.price,
        quantity=trade.quantity,
        fee=trade.fee,
        fee_currency=trade.fee_currency,
        liquidity=trade.liquidity,
        instrument=trade.instrument,
        side=trade.side,
    )


def _execution(difference: ExecutionMissing, venue: str, _at: datetime) -> Remedy:
    one = difference.theirs
    return filled(one, difference.subject, f"exchange:{venue}:{one.execution_id}")


def _overfill(difference: OverfillMissing, venue: str, _at: datetime) -> Remedy:
    one = difference.theirs
    report = filled(one, difference.subject, f"exchange:{venue}:{one.execution_id}")
    return Ask(command=report, cause=report.fact, occurred_at=report.at, actor=EXCHANGE)


def _unknown(difference: OrderUnknownToThem, venue: str, at: datetime) -> Remedy:
    order_id = difference.subject
    return Rejected(order_id=order_id, at=at, fact=_fact(venue, order_id, "not-found", at), reason=NOT_FOUND)


def _leg(difference: WaitingLegEnded, venue: str, at: datetime) -> Remedy:
    order_id = difference.subject
    return Cancelled(
        order_id=order_id, at=at, fact=_fact(venue, order_id, "ended", at), reason=WITHOUT_POSITION
    )


def _stop(difference: ProtectiveStopMissing, venue: str, at: datetime) -> Remedy | None:
    if difference.theirs is None:
        return _unknown(OrderUnknownToThem(subject=difference.subject, ours=difference.ours), venue, at)
    return _stands(difference.theirs, venue, at)


def _status(difference: StatusDiffers, venue: str, at: datetime) -> Remedy | None:
    return None if difference.ours in CLOSED else _stands(difference.theirs, venue, at)


def _stands(theirs: StatedOrder, venue: str, at: datetime) -> Remedy | None:
    make = _STATUSES.get(theirs.status)
    return (
        None if make is None else make(theirs, at, _fact(venue, theirs.order_id, theirs.status.lower(), at))
    )


def _terms(difference: TermsDiffer, venue: str, at: datetime) -> Remedy:
    return _amended(difference.theirs, at, _fact(venue, difference.subject, "amended", at))


def _rules(difference: RulesDiffer, _venue: str, _at: datetime) -> Remedy:
    return ListInstrument(difference.theirs)


def _accepted(theirs: StatedOrder, at: datetime, fact: str) -> OrderReport:
    return Accepted(order_id=theirs.order_id, at=at, fact=fact, venue_order_id=theirs.venue_order_id)


def _triggered(theirs: StatedOrder, at: datetime, fact: str) -> OrderReport | None:
    """Uses the trigger price as the traded price, which no response contains."""
    if theirs.trigger_price is None:
        return None
    return Triggered(order_id=theirs.order_id, at=at, fact=fact, price=theirs.trigger_price)


def _amended(theirs: StatedOrder, at: datetime, fact: str) -> OrderReport:
    """Takes over the venue's terms. Executions make an order filled; where the venue had cut its quantity, only that
    quantity shows that it ended.
    """
    return Amended(
        order_id=theirs.order_id,
        at=at,
        fact=fact,
        quantity=theirs.quantity,
        limit_price=theirs.limit_price,
        trigger_price=theirs.trigger_price,
    )


def _cancelled(theirs: StatedOrder, at: datetime, fact: str) -> OrderReport:
    return Cancelled(order_id=theirs.order_id, at=at, fact=fact, reason=theirs.reason)


def _rejected(theirs: StatedOrder, at: datetime, fact: str) -> OrderReport:
    return Rejected(order_id=theirs.order_id, at=at, fact=fact, reason=theirs.reason)


def _expired(theirs: StatedOrder, at: datetime, fact: str) -> OrderReport:
    return Expired(order_id=theirs.order_id, at=at, fact=fact, reason=theirs.reason)


def _fact(venue: str, order_id: str, kind: str, at: datetime) -> str:
    return f"exchange:{venue}:{order_id}-{kind}-{at:%Y%m%dT%H%M%S%f}"


_STATUSES: Mapping[OrderStatus, Callable[[StatedOrder, datetime, str], OrderReport | None]] = {
    OrderStatus.ACCEPTED: _accepted,
    OrderStatus.PARTIALLY_FILLED: _accepted,
    OrderStatus.TRIGGERED: _triggered,
    OrderStatus.FILLED: _amended,
    OrderStatus.CANCELLED: _cancelled,
    OrderStatus.REJECTED: _rejected,
    OrderStatus.EXPIRED: _expired,
}
"""The report of each status at the venue."""

REMEDIES: Mapping[type[Difference], Callable[[Any, str, datetime], Remedy | None]] = {
    ExecutionMissing: _execution,
    OverfillMissing: _overfill,
    OrderUnknownToThem: _unknown,
    ProtectiveStopMissing: _stop,
    WaitingLegEnded: _leg,
    StatusDiffers: _status,
    TermsDiffer: _terms,
    RulesDiffer: _rules,
}
"""The remedy of each kind; any other kind is resolved by a person, or by the remedy of another difference."""
