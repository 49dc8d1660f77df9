"""The processes after a fill: the fill changes the position, and its profit and fee change the balance.

A fee in another currency than the account's is on OrderFilled alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from commands.account import SettleBalance
from commands.position import ApplyFill, settlement
from commands.processes.moment import Moment
from commands.reconciliation import RecordDiscrepancy
from commands.routes import Command
from domain.account import BalanceReason
from domain.arithmetic import EXACT, ZERO
from domain.direction import Purpose, towards
from domain.order import PLACED, OrderFilled, OrderPlaced
from domain.order_id import is_adopted_trade
from domain.portfolio import OpenPosition
from domain.position import PositionEvent, PositionFunded
from domain.streams import order_stream, position_stream

_FEE_STEP = Decimal("1e-12")


def apply_fill(moment: Moment) -> Sequence[Command]:
    """Opens, increases, reduces or closes the instrument's position.

    A fill that turns the position is split: one part closes the position, the rest opens one in the other direction.
    """
    order, fill = moment.branch.state(moment.envelope.meta.stream), moment.envelope.event
    assert isinstance(order, PLACED)
    assert isinstance(fill, OrderFilled)
    held = moment.portfolio.positions.get(order.terms.instrument)
    direction = towards(order.terms.side)
    paid = _paid(fill, moment.portfolio.account.currency)
    if held is None:
        return _open(moment, order.terms, fill, fill.quantity, paid)
    if held.state.direction is direction or fill.quantity <= held.state.quantity:
        return [_apply(moment, order.terms, fill, held, fill.quantity, paid)]
    return _turn(moment, order.terms, fill, held, paid)


def _paid(fill: OrderFilled, currency: str) -> Decimal:
    """The fee as far as it is in the account's currency: another coin pays the rest, so the balance keeps it."""
    return fill.fee if fill.fee_currency == currency else ZERO


def _turn(
    moment: Moment, terms: OrderPlaced, fill: OrderFilled, held: OpenPosition, paid: Decimal
) -> Sequence[Command]:
    closing = held.state.quantity
    share = EXACT.divide(EXACT.multiply(paid, closing), fill.quantity)
    fee = share.quantize(_FEE_STEP, rounding=ROUND_HALF_EVEN, context=EXACT)
    return [
        _apply(moment, terms, fill, held, closing, fee),
        *_open(moment, terms, fill, EXACT.subtract(fill.quantity, closing), EXACT.subtract(paid, fee)),
    ]


def _apply(
    moment: Moment, terms: OrderPlaced, fill: OrderFilled, held: OpenPosition, quantity: Decimal, fee: Decimal
) -> ApplyFill:
    return ApplyFill(
        stream=held.stream,
        instrument=terms.instrument,
        direction=towards(terms.side),
        order_id=moment.subject,
        quantity=quantity,
        price=fill.price,
        fee=fee,
        reason=_reason(moment.subject, terms, held),
        stop=None,
        target=None,
        balance=moment.portfolio.account.balance,
        opened_at=held.opened_at,
    )


def _reason(order_id: str, terms: OrderPlaced, held: OpenPosition) -> Purpose:
    """The order's purpose. An adopted trade that turns a position is one order, and a person closed it with that."""
    opposes = held.state.direction is not towards(terms.side)
    is_entry = terms.purpose is Purpose.ENTRY
    return Purpose.MANUAL if opposes and is_entry and is_adopted_trade(order_id) else terms.purpose


def _open(
    moment: Moment, terms: OrderPlaced, fill: OrderFilled, quantity: Decimal, fee: Decimal
) -> Sequence[Command]:
    """Opens a position, also if the fill was meant to reduce one: a position is the signed sum of its fills.

    A reduce-only fill that opens a position is also recorded as a discrepancy.
    """
    opening = _opening(moment, terms, fill, quantity, fee)
    if not terms.reduce_only:
        return [opening]
    found = f"reduce-only execution {fill.execution_id} of {quantity} found no position to reduce"
    return [opening, RecordDiscrepancy(fill.execution_id, moment.subject, found)]


def _opening(
    moment: Moment, terms: OrderPlaced, fill: OrderFilled, quantity: Decimal, fee: Decimal
) -> ApplyFill:
    direction = towards(terms.side)
    number = moment.portfolio.next_position(terms.instrument, direction)
    stop, target = _levels(moment, terms)
    return ApplyFill(
        stream=position_stream(moment.account, terms.instrument, direction, number),
        instrument=terms.instrument,
        direction=direction,
        order_id=moment.subject,
        quantity=quantity,
        price=fill.price,
        fee=fee,
        reason=terms.purpose,
        stop=stop,
        target=target,
        balance=moment.portfolio.account.balance,
        opened_at=moment.envelope.meta.occurred_at,
    )


def _levels(moment: Moment, terms: OrderPlaced) -> tuple[Decimal | None, Decimal | None]:
    """The prices of stop and target of the order; of an entry that has ended, those of its protective orders."""
    entry = moment.portfolio.entries.get(moment.subject)
    if entry is not None:
        return entry.stop, entry.target
    if terms.purpose is not Purpose.ENTRY:
        return None, None
    number = moment.subject.removeprefix(f"{moment.envelope.meta.correlation_id}-e")
    number = number if number.isdecimal() else "1"
    stop, target = _leg(moment, f"s{number}"), _leg(moment, f"t{number}")
    return None if stop is None else stop.trigger_price, None if target is None else target.limit_price


def _leg(moment: Moment, leg: str) -> OrderPlaced | None:
    order_id = f"{moment.envelope.meta.correlation_id}-{leg}"
    order = moment.branch.state(order_stream(moment.account, order_id))
    return order.terms if isinstance(order, PLACED) else None


def settle(moment: Moment) -> Sequence[Command]:
    """Changes the balance by the profit, fee or funding of the position's event."""
    event = moment.envelope.event
    assert isinstance(event, PositionEvent)
    reason = BalanceReason.FUNDING if isinstance(event, PositionFunded) else BalanceReason.FILL
    return [SettleBalance(reason, settlement(event))]
