"""The commands of an order, which include the reports of an exchange.

A report of a change that is recorded already leads to no event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from msgspec import Struct

from commands.exchange import (
    Accepted,
    Amended,
    AmendRefused,
    Cancelled,
    CancelRefused,
    Expired,
    Filled,
    NotSent,
    OrderReport,
    OutcomeUnclear,
    Rejected,
    Report,
    Submitted,
    Triggered,
)
from domain.arithmetic import EXACT
from domain.errors import InvalidInput, Refused
from domain.instrument import Instrument, check_digits, check_positive
from domain.order import (
    LIFE,
    PENDING,
    Closed,
    OrderAccepted,
    OrderAmended,
    OrderAmendRefused,
    OrderAmendRequested,
    OrderCancelled,
    OrderCancelRefused,
    OrderCancelRequested,
    OrderDenied,
    OrderEvent,
    OrderExpired,
    OrderFilled,
    OrderOutcomeUnknown,
    OrderOverfilled,
    OrderPlaced,
    OrderRejected,
    OrderState,
    OrderStatus,
    OrderSubmitted,
    OrderTriggered,
    OrderType,
    Unplaced,
    Working,
    amended,
    evolve,
    overfill,
)


class PlaceOrder(Struct, frozen=True, gc=False):
    """Records the intent to send an order; `rules`, by which the terms are checked, are those of the instrument.

    None for an order that the exchange has already: the rules may have changed since it was placed.
    """

    order_id: str
    terms: OrderPlaced
    rules: Instrument | None


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Requests a cancel of the order."""

    order_id: str
    reason: str


class AmendOrder(Struct, frozen=True, gc=False, kw_only=True):
    """Requests other terms; None keeps a term."""

    order_id: str
    quantity: Decimal | None
    limit_price: Decimal | None
    trigger_price: Decimal | None
    rules: Instrument


class DenyOrder(Struct, frozen=True, gc=False):
    """Withdraws an intent that was never sent."""

    order_id: str
    reason: str


OrderCommand = PlaceOrder | CancelOrder | AmendOrder | DenyOrder | OrderReport

EVENTS: Mapping[type[OrderReport], Callable[[Any], OrderEvent]] = {
    Submitted: lambda report: OrderSubmitted(report.venue_order_id),
    Accepted: lambda report: OrderAccepted(report.venue_order_id),
    Triggered: lambda report: OrderTriggered(report.price),
    Filled: lambda report: OrderFilled(
        execution_id=report.execution_id,
        price=report.price,
        quantity=report.quantity,
        fee=report.fee,
        fee_currency=report.fee_currency,
        liquidity=report.liquidity,
    ),
    Cancelled: lambda report: OrderCancelled(report.reason),
    CancelRefused: lambda report: OrderCancelRefused(report.reason),
    Amended: lambda report: OrderAmended(report.quantity, report.limit_price, report.trigger_price),
    AmendRefused: lambda report: OrderAmendRefused(report.reason),
    Rejected: lambda report: OrderRejected(report.reason),
    Expired: lambda report: OrderExpired(report.reason),
    OutcomeUnclear: lambda report: OrderOutcomeUnknown(report.reason),
    NotSent: lambda report: OrderExpired(report.reason),
}
"""The event of each report; a test checks that the table is complete."""


def decide(command: OrderCommand, state: OrderState) -> Sequence[OrderEvent]:
    """The events that follow; none where the command changes nothing.

    Raises Refused if the state of the order does not allow the command, InvalidInput for terms that the instrument's
    rules do not allow.
    """
    if isinstance(command, PlaceOrder):
        return _place(command, state)
    if isinstance(command, Report):
        return decide_report(command, state)
    match command:
        case CancelOrder():
            return _request_cancel(command, _known(command.order_id, state))
        case AmendOrder():
            return _request_amend(command, _known(command.order_id, state))
        case DenyOrder():
            return _deny(command, _known(command.order_id, state))


def _known(order_id: str, state: OrderState) -> Working | Closed:
    if isinstance(state, Unplaced):
        raise Refused(f"order {order_id} was never placed here")
    return state


def _place(command: PlaceOrder, state: OrderState) -> Sequence[OrderEvent]:
    if isinstance(state, Unplaced):
        check_terms(command.terms, command.rules)
        return [command.terms]
    if state.terms == command.terms:
        return []
    raise Refused(f"order {command.order_id} already exists with other terms")


def check_terms(terms: OrderPlaced, rules: Instrument | None) -> None:
    """Raises InvalidInput unless the terms are complete and are multiples of the instrument's tick and lot.

    Without rules any digits are accepted.
    """
    if rules is not None and terms.instrument != rules.id:
        raise InvalidInput(f"terms for {terms.instrument} were checked against the rules of {rules.id}")
    lot, tick = (rules.lot, rules.tick) if rules is not None else (None, None)
    _check_step("quantity", terms.quantity, lot)
    needs_limit, needs_trigger = _PRICES[terms.type]
    _check_price(_NAMED_LIMIT[terms.type], terms.limit_price, terms.instrument, tick, needed=needs_limit)
    _check_price(
        _NAMED_TRIGGER[terms.type], terms.trigger_price, terms.instrument, tick, needed=needs_trigger
    )


_PRICES: Mapping[OrderType, tuple[bool, bool]] = {
    OrderType.MARKET: (False, False),
    OrderType.LIMIT: (True, False),
    OrderType.STOP: (False, True),
}
"""Whether an order of the type has a limit price, and a trigger price."""

_NAMED_LIMIT = {kind: f"the limit price of a {kind} order" for kind in OrderType}
_NAMED_TRIGGER = {kind: f"the trigger price of a {kind} order" for kind in OrderType}
"""The prices in errors. They are spelled once, because nearly every order is valid."""


def _check_price(
    name: str, price: Decimal | None, instrument: str, tick: Decimal | None, *, needed: bool
) -> None:
    if (price is not None) is not needed:
        raise InvalidInput(
            f"{name} on {instrument} is {price}: {'it needs one' if needed else 'it has none'}"
        )
    if price is not None:
        _check_step(name, price, tick)


def _check_step(name: str, value: Decimal, step: Decimal | None) -> None:
    if step is None:
        check_positive(name, value)
    else:
        check_digits(name, value, step)


def _request_cancel(command: CancelOrder, state: Working | Closed) -> Sequence[OrderEvent]:
    """While the outcome is unknown, a cancel may be requested again, because the previous request may be lost."""
    if isinstance(state, Closed) or state.status is OrderStatus.CANCEL_REQUESTED:
        return []
    return [OrderCancelRequested(command.reason)]


def _request_amend(command: AmendOrder, state: Working | Closed) -> Sequence[OrderEvent]:
    if isinstance(state, Closed):
        raise Refused(f"order {command.order_id} is {state.status.lower()}: nothing is left to amend")
    if state.status in PENDING:
        raise Refused(f"order {command.order_id} waits for the response to an earlier request")
    if state.status not in LIFE[OrderAmendRequested]:
        raise Refused(f"order {command.order_id} is {state.status.lower()}: it cannot be amended any more")
    wanted = amended_by(command, state.terms)
    if wanted == state.terms:
        return []
    _check_changes(command, wanted)
    return [OrderAmendRequested(command.quantity, command.limit_price, command.trigger_price)]


def _check_changes(command: AmendOrder, wanted: OrderPlaced) -> None:
    """A term that stays is not judged again: the rules may have changed since it was placed."""
    if wanted.instrument != command.rules.id:
        raise InvalidInput(
            f"terms for {wanted.instrument} were checked against the rules of {command.rules.id}"
        )
    check_terms(wanted, None)
    for name, value, step in (
        ("quantity", command.quantity, command.rules.lot),
        (_NAMED_LIMIT[wanted.type], command.limit_price, command.rules.tick),
        (_NAMED_TRIGGER[wanted.type], command.trigger_price, command.rules.tick),
    ):
        if value is not None:
            check_digits(name, value, step)


def amended_by(command: AmendOrder, terms: OrderPlaced) -> OrderPlaced:
    """The terms with the changes of the command."""
    return amended(
        terms,
        quantity=command.quantity,
        limit_price=command.limit_price,
        trigger_price=command.trigger_price,
    )


def _deny(command: DenyOrder, state: Working | Closed) -> Sequence[OrderEvent]:
    if state.status is OrderStatus.DENIED:
        return []
    if state.status is not OrderStatus.PLACED:
        raise Refused(
            f"order {command.order_id} is {state.status.lower()}: it may be at the exchange already"
        )
    return [OrderDenied(command.reason)]


def decide_report(report: OrderReport, given: OrderState) -> Sequence[OrderEvent]:
    """A report that changes nothing leads to no event; a fill beyond the ordered quantity leads to two.

    NotSent is ignored if the exchange has reported the order: a sender before a restart had sent it. Raises
    what `decide` raises.
    """
    state, kind = _known(report.order_id, given), type(report)
    if isinstance(report, Filled):
        check_execution(report)
    elif kind is NotSent and _was_reported(state):
        return []
    event = EVENTS[kind](report)
    after = evolve(state, event)
    if isinstance(after, Unplaced) or after == state:
        return []
    if after.filled is state.filled and after.terms is state.terms:
        return [event]
    excess = EXACT.subtract(overfill(after), overfill(state))
    return [event, OrderOverfilled(excess)] if excess > 0 else [event]


def _was_reported(state: Working | Closed) -> bool:
    return isinstance(state, Closed) or state.restored is not OrderStatus.PLACED


def check_execution(report: Filled) -> None:
    """Raises InvalidInput unless quantity and price are positive and the fee is finite."""
    named = f"of execution {report.execution_id} of order {report.order_id}"
    check_positive(f"the quantity {named}", report.quantity)
    check_positive(f"the price {named}", report.price)
    if not report.fee.is_finite():
        raise InvalidInput(f"the fee {named} is {report.fee}")
