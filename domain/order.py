"""An order: the terms sent to an exchange, and all reports of the exchange about the order, in any sequence.

The table `LIFE` holds the changes of status, including a fill before the acceptance, a fill after a cancel, a refused
cancel and an unknown outcome. A pair that is not in the table leaves the status unchanged; no fill is ever lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from domain.arithmetic import EXACT, ZERO
from domain.direction import Purpose, Side

_NO_EXECUTIONS: frozenset[str] = frozenset()


class OrderType(StrEnum):
    """MARKET fills at the best prices, LIMIT at its limit or better; STOP becomes MARKET once its trigger trades."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    STOP = "STOP"


class Liquidity(StrEnum):
    """Whether the order rested in the book (MAKER) or traded at once (TAKER); the rate of the fee depends on this."""

    MAKER = "MAKER"
    TAKER = "TAKER"


class OrderStatus(StrEnum):
    """The status of an order; the last five are closed."""

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
RESTING = frozenset({OrderStatus.ACCEPTED, OrderStatus.TRIGGERED, OrderStatus.PARTIALLY_FILLED})
"""The order works at the exchange, and no request about it is open."""
_REQUESTED = frozenset({OrderStatus.CANCEL_REQUESTED, OrderStatus.AMEND_REQUESTED})
PENDING = _REQUESTED | {OrderStatus.OUTCOME_UNKNOWN}


class OrderPlaced(Struct, frozen=True, gc=False, kw_only=True):
    """The intent to send an order; it is durable before the order is sent.

    `quantity` in base currency. `limit_price` is set for LIMIT, `trigger_price` for STOP, both in quote currency.
    `parent` is set for a protective stop or target: the entry order, whose first fill activates this order at the
    exchange. `reduce_only` orders never open a position and never turn it to the other direction. An intent that was
    not sent by `fresh_until` is never sent.
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


def with_parent(placed: OrderPlaced, *, parent: str) -> OrderPlaced:
    """The order with another name of its parent."""
    return replace(placed, parent=parent)


def with_freshness(placed: OrderPlaced, *, fresh_until: datetime) -> OrderPlaced:
    """The order with another time until which it may be sent (UTC)."""
    return replace(placed, fresh_until=fresh_until)


class OrderSubmitted(Struct, frozen=True, gc=False):
    """The exchange received the order and assigned it an id; it has not accepted the order yet."""

    venue_order_id: str


class OrderAccepted(Struct, frozen=True, gc=False):
    """The order rests at the exchange."""

    venue_order_id: str


class OrderTriggered(Struct, frozen=True, gc=False):
    """A stop's trigger price traded, so the stop has become a market order."""

    price: Decimal


class OrderFilled(Struct, frozen=True, gc=False, kw_only=True):
    """One execution: `quantity` at `price`, with the fee the exchange took for it (negative = rebate).

    Only a fee in the account's currency changes the balance and the result of the position.
    """

    execution_id: str
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_currency: str
    liquidity: Liquidity


class OrderOverfilled(Struct, frozen=True, gc=False):
    """More was filled than was ordered; `excess` is the quantity beyond the order."""

    excess: Decimal


class OrderCancelRequested(Struct, frozen=True, gc=False):
    """A cancel was requested from the exchange."""

    reason: str


class OrderCancelRefused(Struct, frozen=True, gc=False):
    """The exchange refused the cancel; the order has the status from before the request again."""

    reason: str


class OrderCancelled(Struct, frozen=True, gc=False):
    """The order is cancelled. Earlier fills stay valid, and a late fill may still arrive."""

    reason: str


class OrderAmendRequested(Struct, frozen=True, gc=False):
    """Other terms were requested from the exchange; None leaves a term unchanged."""

    quantity: Decimal | None
    limit_price: Decimal | None
    trigger_price: Decimal | None


class OrderAmended(Struct, frozen=True, gc=False):
    """The exchange accepted these terms for the order."""

    quantity: Decimal
    limit_price: Decimal | None
    trigger_price: Decimal | None


class OrderAmendRefused(Struct, frozen=True, gc=False):
    """The exchange refused the new terms; the old ones hold."""

    reason: str


class OrderRejected(Struct, frozen=True, gc=False):
    """The exchange proved that the order does not exist there."""

    reason: str


class OrderExpired(Struct, frozen=True, gc=False):
    """The order expired, at the exchange or before it was sent."""

    reason: str


class OrderDenied(Struct, frozen=True, gc=False):
    """The order was not sent, because a rule of ours forbids it."""

    reason: str


class OrderOutcomeUnknown(Struct, frozen=True, gc=False):
    """No response, a timeout or an ambiguous response: the order may or may not exist."""

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
_UNENDED = tuple(status for status in OrderStatus if status not in CLOSED)

LIFE: Mapping[type[OrderEvent], Mapping[OrderStatus, OrderStatus]] = {
    OrderSubmitted: {_S.PLACED: _S.SUBMITTED},
    OrderAccepted: dict.fromkeys((_S.PLACED, _S.SUBMITTED), _S.ACCEPTED),
    OrderTriggered: dict.fromkeys((_S.PLACED, _S.SUBMITTED, _S.ACCEPTED), _S.TRIGGERED),
    OrderCancelRequested: dict.fromkeys(
        (_S.PLACED, _S.SUBMITTED, _S.ACCEPTED, _S.TRIGGERED, _S.PARTIALLY_FILLED, _S.AMEND_REQUESTED),
        _S.CANCEL_REQUESTED,
    ),
    OrderCancelRefused: {},
    OrderAmendRequested: dict.fromkeys(
        (_S.PLACED, _S.SUBMITTED, _S.ACCEPTED, _S.PARTIALLY_FILLED), _S.AMEND_REQUESTED
    ),
    OrderAmendRefused: {},
    OrderAmended: {},
    OrderOutcomeUnknown: dict.fromkeys(_UNENDED, _S.OUTCOME_UNKNOWN),
    OrderCancelled: dict.fromkeys(_UNENDED, _S.CANCELLED),
    OrderRejected: dict.fromkeys(_UNENDED, _S.REJECTED),
    OrderExpired: dict.fromkeys(_UNENDED, _S.EXPIRED),
    OrderDenied: {_S.PLACED: _S.DENIED},
}
"""The status after each event, by the status before the event; a pair that is not listed leaves the status unchanged.

Every event is looked up by `status`, except an answer to a request (`ANSWERS`), which is looked up by
`Working.restored`. Fills are not listed: the status after a fill follows from the filled quantity.
"""

ANSWERS: Mapping[type[OrderEvent], frozenset[OrderStatus]] = {
    OrderSubmitted: frozenset({_S.OUTCOME_UNKNOWN}),
    OrderAccepted: frozenset({_S.OUTCOME_UNKNOWN}),
    OrderTriggered: frozenset({_S.OUTCOME_UNKNOWN}),
    OrderCancelRefused: frozenset({_S.CANCEL_REQUESTED}),
    OrderAmendRefused: frozenset({_S.AMEND_REQUESTED}),
    OrderAmended: frozenset({_S.AMEND_REQUESTED, _S.OUTCOME_UNKNOWN}),
}
"""The pending statuses that each answer ends. Under any other pending status the answer changes `restored` alone.

A refused cancel, for example, does not settle an unknown outcome.
"""


class Unplaced(Struct, frozen=True, gc=False):
    """No order of this id has been placed yet."""


class Working(Struct, frozen=True, gc=False, kw_only=True, tag=True):
    """Sent or to be sent, and not known to have ended.

    While a request is pending, `restored` is the status that a refusal of the request restores; otherwise it equals
    `status`. `filled` is the sum of the quantities of distinct executions in base currency, `notional` the sum of their
    quantity x price. `fees` is the sum of their fees in `fee_currency`, the currency of the first fee, which is empty
    before it; fees in further currencies are on their executions alone. `decided_trigger` is the trigger price that the
    log itself decided last: that of `terms` is another one where somebody else has amended the order.
    `requested_trigger` is that of an amendment without an answer yet.
    """

    terms: OrderPlaced
    status: OrderStatus
    restored: OrderStatus
    filled: Decimal
    notional: Decimal
    fees: Decimal
    executions: frozenset[str]
    venue_order_id: str
    fee_currency: str = ""
    decided_trigger: Decimal | None = None
    requested_trigger: Decimal | None = None


class Closed(Struct, frozen=True, gc=False, kw_only=True, tag=True):
    """Ended, as far as is known; a late fill is still counted."""

    terms: OrderPlaced
    status: OrderStatus
    reason: str
    filled: Decimal
    notional: Decimal
    fees: Decimal
    executions: frozenset[str]
    venue_order_id: str
    fee_currency: str = ""


OrderState = Unplaced | Working | Closed
UNPLACED = Unplaced()
PLACED: Final = (Working, Closed)
"""The states of an order that was placed: a tuple, because a union is made anew in each comparison."""


def overfill(state: Working | Closed) -> Decimal:
    """The filled quantity beyond the ordered quantity; 0 if there is none."""
    return max(EXACT.subtract(state.filled, state.terms.quantity), ZERO)


def leaves(state: Working | Closed) -> Decimal:
    """The quantity still to be filled; never negative."""
    return max(EXACT.subtract(state.terms.quantity, state.filled), ZERO)


def evolve(state: OrderState, event: OrderEvent) -> OrderState:
    """The state after the event; raises ValueError for an order that was never placed, or is placed again."""
    if isinstance(event, OrderPlaced):
        return _placed(state, event)
    if isinstance(state, Unplaced):
        raise ValueError(f"{type(event).__name__} was recorded for an order that was never placed")
    return _EVOLVED[type(event)](state, event)


def amended(
    terms: OrderPlaced,
    *,
    quantity: Decimal | None,
    limit_price: Decimal | None,
    trigger_price: Decimal | None,
) -> OrderPlaced:
    """The terms with another quantity (base currency) and other prices (quote currency); None keeps the old value."""
    return replace(
        terms,
        quantity=terms.quantity if quantity is None else quantity,
        limit_price=terms.limit_price if limit_price is None else limit_price,
        trigger_price=terms.trigger_price if trigger_price is None else trigger_price,
    )


def _with_status(state: Working, *, status: OrderStatus) -> Working:
    return replace(state, status=status)


def _placed(state: OrderState, event: OrderPlaced) -> Working:
    if not isinstance(state, Unplaced):
        raise ValueError("OrderPlaced was recorded for an order that was placed before")
    return Working(
        terms=event,
        status=_S.PLACED,
        restored=_S.PLACED,
        filled=ZERO,
        notional=ZERO,
        fees=ZERO,
        executions=_NO_EXECUTIONS,
        venue_order_id="",
        decided_trigger=event.trigger_price,
    )


def _filled(state: Working | Closed, event: OrderFilled) -> Working | Closed:
    if event.execution_id in state.executions:
        return state
    filled = EXACT.add(state.filled, event.quantity)
    cost = EXACT.add(state.notional, EXACT.multiply(event.quantity, event.price))
    fee_currency = state.fee_currency or (event.fee_currency if event.fee else "")
    fees = EXACT.add(state.fees, event.fee) if event.fee_currency == fee_currency else state.fees
    executions = state.executions | {event.execution_id}
    terms, venue = state.terms, state.venue_order_id
    if filled >= terms.quantity:
        return Closed(
            terms=terms,
            status=_S.FILLED,
            reason="",
            filled=filled,
            notional=cost,
            fees=fees,
            executions=executions,
            venue_order_id=venue,
            fee_currency=fee_currency,
        )
    if isinstance(state, Closed):
        return Closed(
            terms=terms,
            status=state.status,
            reason=state.reason,
            filled=filled,
            notional=cost,
            fees=fees,
            executions=executions,
            venue_order_id=venue,
            fee_currency=fee_currency,
        )
    status = state.status if state.status in _REQUESTED else _S.PARTIALLY_FILLED
    return Working(
        terms=terms,
        status=status,
        restored=_S.PARTIALLY_FILLED,
        filled=filled,
        notional=cost,
        fees=fees,
        executions=executions,
        venue_order_id=venue,
        fee_currency=fee_currency,
        decided_trigger=state.decided_trigger,
        requested_trigger=state.requested_trigger,
    )


def _acknowledged(state: Working | Closed, event: OrderSubmitted | OrderAccepted) -> Working | Closed:
    return _answered(state, event, event.venue_order_id or state.venue_order_id)


def _moved(state: Working | Closed, event: OrderEvent) -> Working | Closed:
    return _answered(state, event, state.venue_order_id)


def _overfilled(state: Working | Closed, _event: OrderOverfilled) -> Working | Closed:
    return state


def _answered(state: Working | Closed, event: OrderEvent, venue_order_id: str) -> Working | Closed:
    if isinstance(state, Closed):
        return state
    kind, status = type(event), state.status
    stands = LIFE[kind].get(state.restored, state.restored)
    pending = status in PENDING and status not in ANSWERS[kind]
    return Working(
        terms=state.terms,
        status=status if pending else stands,
        restored=stands,
        filled=state.filled,
        notional=state.notional,
        fees=state.fees,
        executions=state.executions,
        venue_order_id=venue_order_id,
        fee_currency=state.fee_currency,
        decided_trigger=state.decided_trigger,
        requested_trigger=None if kind is OrderAmendRefused else state.requested_trigger,
    )


def _pending(state: Working | Closed, event: OrderEvent) -> Working | Closed:
    after = LIFE[type(event)].get(state.status)
    if after is None or isinstance(state, Closed):
        return state
    pending = _with_status(state, status=after)
    if isinstance(event, OrderAmendRequested):
        return replace(pending, requested_trigger=event.trigger_price)
    return pending


def _amended(state: Working | Closed, event: OrderAmended) -> Working | Closed:
    if isinstance(state, Closed):
        return _outgrown(state, event)
    answered = _answered(state, event, state.venue_order_id)
    terms = amended(
        state.terms,
        quantity=event.quantity,
        limit_price=event.limit_price,
        trigger_price=event.trigger_price,
    )
    assert isinstance(answered, Working)
    after = replace(answered, terms=terms)
    if after.requested_trigger is not None:
        after = replace(after, decided_trigger=after.requested_trigger, requested_trigger=None)
    return _ended(after, _S.FILLED, "") if after.filled >= terms.quantity else after


def _outgrown(state: Closed, event: OrderAmended) -> Working | Closed:
    """Works again where it was filled by a quantity that has grown at the exchange meanwhile.

    Only orders that reduce grow there by themselves: a stop and a target follow the fills of their entry.
    """
    is_larger = event.quantity > state.filled
    if state.status is not _S.FILLED or not state.terms.reduce_only or not is_larger:
        return state
    return Working(
        terms=amended(
            state.terms,
            quantity=event.quantity,
            limit_price=event.limit_price,
            trigger_price=event.trigger_price,
        ),
        status=_S.PARTIALLY_FILLED,
        restored=_S.PARTIALLY_FILLED,
        filled=state.filled,
        notional=state.notional,
        fees=state.fees,
        executions=state.executions,
        venue_order_id=state.venue_order_id,
        fee_currency=state.fee_currency,
        decided_trigger=state.terms.trigger_price,
    )


def _closed(
    state: Working | Closed, event: OrderCancelled | OrderRejected | OrderExpired | OrderDenied
) -> Working | Closed:
    after = LIFE[type(event)].get(state.status)
    return state if after is None or isinstance(state, Closed) else _ended(state, after, event.reason)


def _ended(state: Working, status: OrderStatus, reason: str) -> Closed:
    return Closed(
        terms=state.terms,
        status=status,
        reason=reason,
        filled=state.filled,
        notional=state.notional,
        fees=state.fees,
        executions=state.executions,
        venue_order_id=state.venue_order_id,
        fee_currency=state.fee_currency,
    )


_EVOLVED: Mapping[type[OrderEvent], Callable[[Working | Closed, Any], Working | Closed]] = {
    OrderFilled: _filled,
    OrderSubmitted: _acknowledged,
    OrderAccepted: _acknowledged,
    OrderTriggered: _moved,
    OrderCancelRefused: _moved,
    OrderAmendRefused: _moved,
    OrderCancelRequested: _pending,
    OrderAmendRequested: _pending,
    OrderOutcomeUnknown: _pending,
    OrderAmended: _amended,
    OrderOverfilled: _overfilled,
    OrderCancelled: _closed,
    OrderRejected: _closed,
    OrderExpired: _closed,
    OrderDenied: _closed,
}
"""The fold of each event of an order that was placed."""
