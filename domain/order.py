"""An order: what we asked an exchange for, and everything it did with that, in whatever order it told us.

The life of an order is the table `LIFE`. It holds the market's surprises: a fill before the acceptance, a fill
after a cancel, a cancel that is refused, an outcome nobody knows. Pairs that are not in the table leave the
status as it is; they never lose a fill.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Context, Decimal
from enum import StrEnum
from typing import assert_never

ZERO = Decimal(0)
_EXACT = Context(prec=60)


class Side(StrEnum):
    """Which way an order trades."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def opposite(self) -> Side:
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    """MARKET takes what is there; LIMIT names its worst price; STOP becomes MARKET once its trigger trades."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    STOP = "STOP"


class Purpose(StrEnum):
    """Why the order exists: opens or grows a position, or is one of the four ways out of it."""

    ENTRY = "ENTRY"
    STOP = "STOP"
    TARGET = "TARGET"
    REVERSAL = "REVERSAL"
    MANUAL = "MANUAL"
    LIQUIDATION = "LIQUIDATION"


class Liquidity(StrEnum):
    """Whether a fill waited in the book (MAKER) or crossed it (TAKER); sets the fee."""

    MAKER = "MAKER"
    TAKER = "TAKER"


class OrderStatus(StrEnum):
    """Where an order stands; the last five are closed."""

    PLACED = "PLACED"
    SUBMITTED = "SUBMITTED"
    ACCEPTED = "ACCEPTED"
    TRIGGERED = "TRIGGERED"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    CANCEL_REQUESTED = "CANCEL_REQUESTED"
    AMEND_REQUESTED = "AMEND_REQUESTED"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    DENIED = "DENIED"


CLOSED = frozenset(
    {
        OrderStatus.FILLED,
        OrderStatus.CANCELLED,
        OrderStatus.REJECTED,
        OrderStatus.EXPIRED,
        OrderStatus.DENIED,
    }
)
PENDING = frozenset({OrderStatus.CANCEL_REQUESTED, OrderStatus.AMEND_REQUESTED, OrderStatus.OUTCOME_UNKNOWN})


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """The intent, durable before anything is sent.

    `quantity` in base currency. `limit_price` is set for LIMIT, `trigger_price` for STOP, both in quote currency.
    `parent` is the order whose first fill wakes this one at the exchange (a protective stop or target rests
    there from entry on); `reduce_only` orders never open or turn a position. An intent not sent before
    `fresh_until` is never sent.
    """

    instrument: str
    side: Side
    type: OrderType
    quantity: Decimal
    limit_price: Decimal | None
    trigger_price: Decimal | None
    reduce_only: bool
    purpose: Purpose
    parent: str | None
    fresh_until: datetime


@dataclass(frozen=True, slots=True)
class OrderSubmitted:
    """The exchange has taken the request and named it; it has not said yet that the order works."""

    venue_order_id: str


@dataclass(frozen=True, slots=True)
class OrderAccepted:
    """The order rests at the exchange."""

    venue_order_id: str


@dataclass(frozen=True, slots=True)
class OrderTriggered:
    """A stop's trigger price traded; from here on it is a market order."""

    price: Decimal


@dataclass(frozen=True, slots=True)
class OrderFilled:
    """One execution: `quantity` at `price`, with the fee the exchange took for it (negative = rebate)."""

    execution_id: str
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_currency: str
    liquidity: Liquidity


@dataclass(frozen=True, slots=True)
class OrderOverfilled:
    """More was filled than was asked for; `excess` is the quantity beyond the order."""

    excess: Decimal


@dataclass(frozen=True, slots=True)
class OrderCancelRequested:
    """We asked the exchange to take the order away."""

    reason: str


@dataclass(frozen=True, slots=True)
class OrderCancelRefused:
    """The exchange did not; the order stands as it stood before the request."""

    reason: str


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    """The order no longer works; what was filled before stays filled, and a late fill may still come."""

    reason: str


@dataclass(frozen=True, slots=True)
class OrderAmendRequested:
    """We asked for other terms; None leaves a term as it is."""

    quantity: Decimal | None
    limit_price: Decimal | None
    trigger_price: Decimal | None


@dataclass(frozen=True, slots=True)
class OrderAmended:
    """The exchange works the order on these terms now."""

    quantity: Decimal
    limit_price: Decimal | None
    trigger_price: Decimal | None


@dataclass(frozen=True, slots=True)
class OrderAmendRefused:
    """The exchange keeps the old terms."""

    reason: str


@dataclass(frozen=True, slots=True)
class OrderRejected:
    """The exchange proved that the order does not exist there."""

    reason: str


@dataclass(frozen=True, slots=True)
class OrderExpired:
    """The order's time ran out, at the exchange or before it was sent."""

    reason: str


@dataclass(frozen=True, slots=True)
class OrderDenied:
    """We did not send it: a local rule forbids it."""

    reason: str


@dataclass(frozen=True, slots=True)
class OrderOutcomeUnknown:
    """Silence, a timeout, an ambiguous answer: the order may or may not exist. Nobody guesses."""

    reason: str


OrderEvent = (
    OrderPlaced
    | OrderSubmitted
    | OrderAccepted
    | OrderTriggered
    | OrderFilled
    | OrderOverfilled
    | OrderCancelRequested
    | OrderCancelRefused
    | OrderCancelled
    | OrderAmendRequested
    | OrderAmended
    | OrderAmendRefused
    | OrderRejected
    | OrderExpired
    | OrderDenied
    | OrderOutcomeUnknown
)

_S = OrderStatus
_RESTORING: tuple[type[OrderEvent], ...] = (OrderCancelRefused, OrderAmendRefused, OrderAmended)

LIFE: dict[type[OrderEvent], dict[OrderStatus, OrderStatus]] = {
    OrderSubmitted: {_S.PLACED: _S.SUBMITTED, _S.OUTCOME_UNKNOWN: _S.SUBMITTED},
    OrderAccepted: {
        _S.PLACED: _S.ACCEPTED,
        _S.SUBMITTED: _S.ACCEPTED,
        _S.OUTCOME_UNKNOWN: _S.ACCEPTED,
    },
    OrderTriggered: {
        _S.PLACED: _S.TRIGGERED,
        _S.SUBMITTED: _S.TRIGGERED,
        _S.ACCEPTED: _S.TRIGGERED,
        _S.OUTCOME_UNKNOWN: _S.TRIGGERED,
    },
    OrderCancelRequested: {
        status: _S.CANCEL_REQUESTED
        for status in (
            _S.PLACED,
            _S.SUBMITTED,
            _S.ACCEPTED,
            _S.TRIGGERED,
            _S.PARTIALLY_FILLED,
            _S.AMEND_REQUESTED,
        )
    },
    OrderAmendRequested: {
        status: _S.AMEND_REQUESTED for status in (_S.SUBMITTED, _S.ACCEPTED, _S.PARTIALLY_FILLED)
    },
    OrderOutcomeUnknown: {
        status: _S.OUTCOME_UNKNOWN
        for status in _S
        if status not in CLOSED and status is not _S.OUTCOME_UNKNOWN
    },
    OrderCancelled: {status: _S.CANCELLED for status in _S if status not in CLOSED},
    OrderRejected: {status: _S.REJECTED for status in _S if status not in CLOSED},
    OrderExpired: {status: _S.EXPIRED for status in _S if status not in CLOSED},
    OrderDenied: {_S.PLACED: _S.DENIED},
}
"""What each event makes of each status. A fill is not here: its status follows from what was filled."""


@dataclass(frozen=True, slots=True)
class Unplaced:
    """No order of this id yet."""


@dataclass(frozen=True, slots=True)
class Working:
    """Sent or to be sent, and not known to have ended.

    `restored` is the status to go back to when a pending request is refused. `filled` is the sum of distinct
    executions in base currency, `notional` the sum of their quantity x price, `fees` of their fees.
    """

    terms: OrderPlaced
    status: OrderStatus
    restored: OrderStatus
    filled: Decimal
    notional: Decimal
    fees: Decimal
    executions: frozenset[str]
    venue_order_id: str


@dataclass(frozen=True, slots=True)
class Closed:
    """Ended, as far as is known: a late fill is still taken up."""

    terms: OrderPlaced
    status: OrderStatus
    reason: str
    filled: Decimal
    notional: Decimal
    fees: Decimal
    executions: frozenset[str]
    venue_order_id: str


OrderState = Unplaced | Working | Closed
UNPLACED = Unplaced()


def overfill(state: Working | Closed) -> Decimal:
    """How much more was filled than asked for; 0 where it was not."""
    return max(state.filled - state.terms.quantity, ZERO)


def leaves(state: Working | Closed) -> Decimal:
    """How much is still to be filled; 0 where all is, or more."""
    return max(state.terms.quantity - state.filled, ZERO)


def evolve(state: OrderState, event: OrderEvent) -> OrderState:
    """The state after the event; raises ValueError for an event of an order that was never placed."""
    if isinstance(event, OrderPlaced):
        return Working(event, _S.PLACED, _S.PLACED, ZERO, ZERO, ZERO, frozenset(), "")
    if isinstance(state, Unplaced):
        raise ValueError(f"{type(event).__name__} was recorded of an order that was never placed")
    match event:
        case OrderFilled():
            return _filled(state, event)
        case OrderSubmitted() | OrderAccepted():
            return _move(replace(state, venue_order_id=event.venue_order_id), event)
        case OrderAmended():
            return _amended(state, event)
        case OrderCancelled() | OrderRejected() | OrderExpired() | OrderDenied():
            return _closed(state, event)
        case (
            OrderTriggered()
            | OrderCancelRequested()
            | OrderCancelRefused()
            | OrderAmendRequested()
            | OrderAmendRefused()
            | OrderOutcomeUnknown()
        ):
            return _move(state, event)
        case OrderOverfilled():
            return state
        case _:
            assert_never(event)


def _move(state: Working | Closed, event: OrderEvent) -> Working | Closed:
    if isinstance(state, Closed):
        return state
    if isinstance(event, _RESTORING):
        return replace(state, status=state.restored) if state.status in PENDING else state
    after = LIFE[type(event)].get(state.status)
    if after is None:
        return _remembered(state, event)
    return replace(state, status=after, restored=_restored(state, after))


def _restored(state: Working, after: OrderStatus) -> OrderStatus:
    """A second request while one is pending must not forget where the order stood before the first."""
    if after not in PENDING:
        return after
    return state.restored if state.status in PENDING else state.status


def _remembered(state: Working, event: OrderEvent) -> Working:
    """What an acknowledgement says while a request is pending is what a refusal restores."""
    if state.status not in PENDING:
        return state
    return replace(state, restored=LIFE[type(event)].get(state.restored, state.restored))


def _filled(state: Working | Closed, event: OrderFilled) -> Working | Closed:
    if event.execution_id in state.executions:
        return state
    filled = _EXACT.add(state.filled, event.quantity)
    cost = _EXACT.add(state.notional, _EXACT.multiply(event.quantity, event.price))
    fees = _EXACT.add(state.fees, event.fee)
    executions = state.executions | {event.execution_id}
    if filled >= state.terms.quantity:
        return Closed(state.terms, _S.FILLED, "", filled, cost, fees, executions, state.venue_order_id)
    if isinstance(state, Closed):
        return replace(state, filled=filled, notional=cost, fees=fees, executions=executions)
    asked = state.status in (_S.CANCEL_REQUESTED, _S.AMEND_REQUESTED)
    status = state.status if asked else _S.PARTIALLY_FILLED
    return Working(
        state.terms, status, _S.PARTIALLY_FILLED, filled, cost, fees, executions, state.venue_order_id
    )


def _amended(state: Working | Closed, event: OrderAmended) -> Working | Closed:
    terms = replace(
        state.terms,
        quantity=event.quantity,
        limit_price=event.limit_price,
        trigger_price=event.trigger_price,
    )
    moved = _move(replace(state, terms=terms), event)
    if isinstance(moved, Working) and moved.filled >= terms.quantity:
        return _ended(moved, _S.FILLED, "")
    return moved


def _closed(
    state: Working | Closed, event: OrderCancelled | OrderRejected | OrderExpired | OrderDenied
) -> Working | Closed:
    after = LIFE[type(event)].get(state.status)
    return state if after is None or isinstance(state, Closed) else _ended(state, after, event.reason)


def _ended(state: Working, status: OrderStatus, reason: str) -> Closed:
    return Closed(
        state.terms,
        status,
        reason,
        state.filled,
        state.notional,
        state.fees,
        state.executions,
        state.venue_order_id,
    )
