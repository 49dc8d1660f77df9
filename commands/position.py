"""The commands of a position: a fill, funding, moved protection, the report of an orphan, and the steps of a close."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from domain.arithmetic import EXACT, ZERO
from domain.closing import CloseReason, wait_after
from domain.direction import Direction, Purpose
from domain.errors import InvalidInput, Refused
from domain.managed import PositionManaged
from domain.position import (
    Ended,
    Flat,
    Open,
    PositionClosed,
    PositionCloseFailed,
    PositionCloseRetried,
    PositionCloseWithdrawn,
    PositionClosing,
    PositionEvent,
    PositionFunded,
    PositionIncreased,
    PositionOpened,
    PositionOrphaned,
    PositionReduced,
    PositionState,
    ProtectionMoved,
    notional,
    realised_profit,
    released_cost,
)
from domain.streams import parse


class ApplyFill(Struct, frozen=True, gc=False, kw_only=True):
    """One execution, or the part of the execution that belongs to this position.

    `direction` is the direction that the execution trades towards. `fee` is what the account paid in its own currency.
    `balance` is the account's balance before the execution, `reason` the purpose of the order. `opened_at` is the time
    the position was opened, which is the time of the fill if this fill opens it.
    """

    stream: str
    instrument: str
    direction: Direction
    order_id: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    reason: Purpose
    stop: Decimal | None
    target: Decimal | None
    balance: Decimal
    opened_at: datetime


class ApplyFunding(Struct, frozen=True, gc=False):
    """Funding was settled on the position; negative when we paid."""

    stream: str
    amount: Decimal


class MoveProtection(Struct, frozen=True, gc=False):
    """The protective stop and target were moved to these prices."""

    stream: str
    stop: Decimal | None
    target: Decimal | None


class ReportOrphan(Struct, frozen=True, gc=False):
    """The position's owner is no longer configured; `heir` is its new owner, empty if the owner stays."""

    stream: str
    owner: str
    heir: str


class ManagePosition(Struct, frozen=True, gc=False):
    """The manager acts on the position; see `commands/managing.py`."""

    stream: str
    decided: tuple[PositionManaged, ...]


class BeginClose(Struct, frozen=True, gc=False, kw_only=True):
    """The whole position is to be closed at the market, for `reason`.

    `chain` is the chain that closes it, `orders` the beginning of its order ids.
    """

    stream: str
    reason: CloseReason
    chain: str
    orders: str


class FailClose(Struct, frozen=True, gc=False):
    """The order `order_id` ended at `at` (UTC), and no order closes the position now."""

    stream: str
    order_id: str
    at: datetime


class RetryClose(Struct, frozen=True, gc=False):
    """The next attempt is to be made."""

    stream: str


class WithdrawClose(Struct, frozen=True, gc=False):
    """The position is to be kept."""

    stream: str
    reason: str


_CloseCommand = BeginClose | FailClose | RetryClose | WithdrawClose
PositionCommand = ApplyFill | ApplyFunding | MoveProtection | ReportOrphan | ManagePosition | _CloseCommand


def decide(command: PositionCommand, state: PositionState) -> Sequence[PositionEvent]:
    """The events that follow.

    Raises Refused for a position that has ended or was never opened, InvalidInput for funding that is not finite.
    """
    if isinstance(state, Ended):
        raise Refused(f"{command.stream} has ended; a new position has a stream of its own")
    match command:
        case ApplyFill():
            return [_fill(command, state)]
        case ApplyFunding():
            _held(command.stream, state)
            return [_fund(command)]
        case MoveProtection():
            held = _held(command.stream, state)
            moved = (command.stop, command.target) != (held.stop, held.target)
            return [ProtectionMoved(command.stop, command.target)] if moved else []
        case ReportOrphan():
            _held(command.stream, state)
            return [PositionOrphaned(command.owner, command.heir)]
        case ManagePosition():
            held = _held(command.stream, state)
            return command.decided if held.closing is None else []
        case BeginClose() | FailClose() | RetryClose() | WithdrawClose():
            return _decide_close(command, _held(command.stream, state))


def _decide_close(command: _CloseCommand, held: Open) -> Sequence[PositionEvent]:
    match command:
        case BeginClose():
            return _begin_close(command, held)
        case FailClose():
            return _fail_close(command, held)
        case RetryClose():
            return _retry_close(held)
        case WithdrawClose():
            return _withdraw_close(command, held)


def _held(stream: str, state: PositionState) -> Open:
    if not isinstance(state, Open):
        raise Refused(f"{stream} is flat")
    return state


def _begin_close(command: BeginClose, held: Open) -> Sequence[PositionEvent]:
    if held.closing is not None:
        return []
    return [PositionClosing(command.reason, command.chain, command.orders)]


def _fail_close(command: FailClose, held: Open) -> Sequence[PositionEvent]:
    closing = held.closing
    if closing is None or closing.retry_at is not None:
        return []
    failed = PositionCloseFailed(
        order_id=command.order_id,
        attempt=closing.attempts,
        remaining=held.quantity,
        retry_at=command.at + wait_after(closing.attempts),
    )
    return [failed]


def _retry_close(held: Open) -> Sequence[PositionEvent]:
    closing = held.closing
    if closing is None or closing.retry_at is None:
        return []
    return [PositionCloseRetried(closing.attempts + 1)]


def _withdraw_close(command: WithdrawClose, held: Open) -> Sequence[PositionEvent]:
    if held.closing is None:
        raise Refused(f"{parse(command.stream).id} is not being closed: there is no close to withdraw")
    return [PositionCloseWithdrawn(command.reason)]


def _fund(command: ApplyFunding) -> PositionFunded:
    if not command.amount.is_finite():
        raise InvalidInput(f"funding of {command.amount} on {command.stream} is not a sum of money")
    return PositionFunded(command.amount)


def _fill(fill: ApplyFill, state: Flat | Open) -> PositionEvent:
    cost = notional(fill.quantity, fill.price)
    if isinstance(state, Flat):
        return PositionOpened(
            instrument=fill.instrument,
            direction=fill.direction,
            order_id=fill.order_id,
            quantity=fill.quantity,
            price=fill.price,
            cost=cost,
            fee=fill.fee,
            stop=fill.stop,
            target=fill.target,
        )
    if fill.direction is state.direction:
        return PositionIncreased(
            order_id=fill.order_id, quantity=fill.quantity, price=fill.price, cost=cost, fee=fill.fee
        )
    if fill.quantity > state.quantity:
        raise Refused(f"{fill.stream} holds {state.quantity}: {fill.quantity} would turn it round")
    return _reduced(fill, state, cost)


def _reduced(fill: ApplyFill, state: Open, proceeds: Decimal) -> PositionReduced | PositionClosed:
    released = released_cost(state, fill.quantity)
    realised = realised_profit(state.direction, proceeds, released)
    if fill.quantity < state.quantity:
        return PositionReduced(
            order_id=fill.order_id,
            quantity=fill.quantity,
            price=fill.price,
            released=released,
            realised=realised,
            fee=fill.fee,
        )
    gross, fees = EXACT.add(state.gross, realised), EXACT.add(state.fees, fill.fee)
    return PositionClosed(
        order_id=fill.order_id,
        quantity=fill.quantity,
        price=fill.price,
        released=released,
        realised=realised,
        fee=fill.fee,
        reason=fill.reason,
        opened_at=fill.opened_at,
        gross=gross,
        fees=fees,
        funding=state.funding,
        net=EXACT.add(EXACT.subtract(gross, fees), state.funding),
        balance=EXACT.subtract(EXACT.add(fill.balance, realised), fill.fee),
    )


def settlement(event: PositionEvent) -> Decimal:
    """The event's change of the account's balance: realised profit less the fee, or funding."""
    match event:
        case PositionOpened() | PositionIncreased():
            return EXACT.minus(event.fee)
        case PositionReduced() | PositionClosed():
            return EXACT.subtract(event.realised, event.fee)
        case PositionFunded():
            return event.amount
        case (
            ProtectionMoved()
            | PositionOrphaned()
            | PositionManaged()
            | PositionClosing()
            | PositionCloseFailed()
            | PositionCloseRetried()
            | PositionCloseWithdrawn()
        ):
            return ZERO
