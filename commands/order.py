"""What may be asked of an order, and what an exchange's reports make of it.

`decide` is the only place that says no; a report that tells what is known already answers with no event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from commands.exchange import (
    Accepted,
    Amended,
    AmendRefused,
    Cancelled,
    CancelRefused,
    Expired,
    Filled,
    OrderReport,
    Rejected,
    Submitted,
    Triggered,
    Unanswered,
)
from domain.errors import InvalidInput, Refused
from domain.instrument import Instrument, check_digits
from domain.order import (
    CLOSED,
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
    evolve,
    overfill,
)


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Makes the intent durable; `rules` are the instrument's, which the terms are held to."""

    order_id: str
    terms: OrderPlaced
    rules: Instrument


@dataclass(frozen=True, slots=True)
class RequestCancel:
    """Asks for the order to be taken away."""

    order_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class RequestAmend:
    """Asks for other terms; None leaves a term as it is."""

    order_id: str
    quantity: Decimal | None
    limit_price: Decimal | None
    trigger_price: Decimal | None
    rules: Instrument


@dataclass(frozen=True, slots=True)
class DenyOrder:
    """Takes back an intent that was never sent."""

    order_id: str
    reason: str


OrderCommand = PlaceOrder | RequestCancel | RequestAmend | DenyOrder | OrderReport

_REFUSALS: Mapping[type[OrderReport], tuple[OrderStatus, type[OrderCancelRefused | OrderAmendRefused]]] = {
    CancelRefused: (OrderStatus.CANCEL_REQUESTED, OrderCancelRefused),
    AmendRefused: (OrderStatus.AMEND_REQUESTED, OrderAmendRefused),
}
_ENDINGS: Mapping[type[OrderReport], type[OrderCancelled | OrderRejected | OrderExpired]] = {
    Cancelled: OrderCancelled,
    Rejected: OrderRejected,
    Expired: OrderExpired,
}
_ACKNOWLEDGEABLE = frozenset({OrderStatus.PLACED, OrderStatus.SUBMITTED, OrderStatus.OUTCOME_UNKNOWN})


def decide(command: OrderCommand, state: OrderState) -> Sequence[OrderEvent]:
    """The events that follow; none where it is already so.

    Raises Refused where the order cannot be asked that, InvalidInput for terms the instrument does not have.
    """
    match command:
        case PlaceOrder():
            return _place(command, state)
        case RequestCancel():
            return _request_cancel(command, _known(command.order_id, state))
        case RequestAmend():
            return _request_amend(command, _known(command.order_id, state))
        case DenyOrder():
            return _deny(command, _known(command.order_id, state))
        case _:
            return _report(command, _known(command.order_id, state))


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


def check_terms(terms: OrderPlaced, rules: Instrument) -> None:
    """Raises InvalidInput unless the terms are whole and on the instrument's ticks and lots."""
    if terms.instrument != rules.id:
        raise InvalidInput(f"terms for {terms.instrument} were held against the rules of {rules.id}")
    check_digits("quantity", terms.quantity, rules.lot)
    for name, price in (("limit price", terms.limit_price), ("trigger price", terms.trigger_price)):
        if price is not None:
            check_digits(name, price, rules.tick)
    needed = {OrderType.LIMIT: terms.limit_price, OrderType.STOP: terms.trigger_price}
    if terms.type in needed and needed[terms.type] is None:
        raise InvalidInput(f"a {terms.type} order on {terms.instrument} needs its price")


def _request_cancel(command: RequestCancel, state: Working | Closed) -> Sequence[OrderEvent]:
    if isinstance(state, Closed) or state.status is OrderStatus.CANCEL_REQUESTED:
        return []
    return [OrderCancelRequested(command.reason)]


def _request_amend(command: RequestAmend, state: Working | Closed) -> Sequence[OrderEvent]:
    if isinstance(state, Closed):
        raise Refused(f"order {command.order_id} is {state.status.lower()}: nothing is left to amend")
    if state.status in PENDING:
        raise Refused(f"order {command.order_id} waits for the answer to an earlier request")
    if command.quantity is not None:
        check_digits("quantity", command.quantity, command.rules.lot)
    for name, price in (("limit price", command.limit_price), ("trigger price", command.trigger_price)):
        if price is not None:
            check_digits(name, price, command.rules.tick)
    return [OrderAmendRequested(command.quantity, command.limit_price, command.trigger_price)]


def _deny(command: DenyOrder, state: Working | Closed) -> Sequence[OrderEvent]:
    if state.status is OrderStatus.DENIED:
        return []
    if state.status is not OrderStatus.PLACED:
        raise Refused(
            f"order {command.order_id} is {state.status.lower()}: it may be at the exchange already"
        )
    return [OrderDenied(command.reason)]


def _report(report: OrderReport, state: Working | Closed) -> Sequence[OrderEvent]:
    match report:
        case Filled():
            return _fill(report, state)
        case Submitted():
            return _acknowledged(state, OrderSubmitted(report.venue_order_id), known=OrderStatus.SUBMITTED)
        case Accepted():
            return _acknowledged(state, OrderAccepted(report.venue_order_id), known=OrderStatus.ACCEPTED)
        case Triggered():
            return [] if state.status in CLOSED | {OrderStatus.TRIGGERED} else [OrderTriggered(report.price)]
        case Unanswered():
            unknown = state.status in CLOSED | {OrderStatus.OUTCOME_UNKNOWN}
            return [] if unknown else [OrderOutcomeUnknown(report.reason)]
        case Amended():
            return _amended(report, state)
        case CancelRefused() | AmendRefused():
            asked, refused = _REFUSALS[type(report)]
            return [refused(report.reason)] if state.status is asked else []
        case Cancelled() | Rejected() | Expired():
            return [] if isinstance(state, Closed) else [_ENDINGS[type(report)](report.reason)]


def _acknowledged(
    state: Working | Closed, event: OrderSubmitted | OrderAccepted, *, known: OrderStatus
) -> Sequence[OrderEvent]:
    """An acknowledgement that comes after a fill, or again, tells nothing but perhaps the venue's own id."""
    if isinstance(state, Closed):
        return []
    if state.status in PENDING - {OrderStatus.OUTCOME_UNKNOWN}:
        return [] if state.restored not in _ACKNOWLEDGEABLE or state.restored is known else [event]
    if state.status not in _ACKNOWLEDGEABLE or state.status is known:
        return []
    return [event]


def _fill(report: Filled, state: Working | Closed) -> Sequence[OrderEvent]:
    if report.execution_id in state.executions:
        return []
    if not report.quantity > 0 or not report.price > 0:
        raise InvalidInput(
            f"execution {report.execution_id} of order {report.order_id} has quantity {report.quantity} "
            f"at price {report.price}: both must be positive"
        )
    filled = OrderFilled(
        report.execution_id,
        report.price,
        report.quantity,
        report.fee,
        report.fee_currency,
        report.liquidity,
    )
    after = evolve(state, filled)
    excess = overfill(after) - overfill(state) if isinstance(after, Working | Closed) else Decimal(0)
    return [filled, OrderOverfilled(excess)] if excess > 0 else [filled]


def _amended(report: Amended, state: Working | Closed) -> Sequence[OrderEvent]:
    told = (report.quantity, report.limit_price, report.trigger_price)
    terms = state.terms
    if isinstance(state, Closed):
        return []
    if state.status is not OrderStatus.AMEND_REQUESTED and told == (
        terms.quantity,
        terms.limit_price,
        terms.trigger_price,
    ):
        return []
    return [OrderAmended(*told)]
