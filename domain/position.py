"""A position: the quantity of one instrument that is held in one direction, from its first fill until it is flat.

A position stores its cost, not its average price. A reduction releases its share of the cost, rounded once; the last
reduction releases the rest. Realised profit therefore adds up exactly for any fills.
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from domain.arithmetic import EXACT, ZERO
from domain.closing import CloseReason, Closing, begun, failed, retried
from domain.direction import Direction, Purpose
from domain.managed import PositionManaged

_COST_STEP = Decimal("1e-12")


class PositionOpened(Struct, frozen=True, gc=False, kw_only=True):
    """The first fill of an entry; `cost` = quantity x price. `stop` and `target` are None for manual entries."""

    instrument: str
    direction: Direction
    order_id: str
    quantity: Decimal
    price: Decimal
    cost: Decimal
    fee: Decimal
    stop: Decimal | None
    target: Decimal | None


class PositionIncreased(Struct, frozen=True, gc=False, kw_only=True):
    """A further fill in the same direction; `cost` is the cost of this fill."""

    order_id: str
    quantity: Decimal
    price: Decimal
    cost: Decimal
    fee: Decimal


class PositionReduced(Struct, frozen=True, gc=False, kw_only=True):
    """A fill that reduces the position without closing it.

    `released` is the cost that leaves the position, `realised` the profit before fees: exit notional minus released
    cost for a long, the reverse for a short.
    """

    order_id: str
    quantity: Decimal
    price: Decimal
    released: Decimal
    realised: Decimal
    fee: Decimal


class PositionFunded(Struct, frozen=True, gc=False):
    """Funding was settled while the position was open; negative when we paid."""

    amount: Decimal


class ProtectionMoved(Struct, frozen=True, gc=False):
    """The protective stop and target were moved to these prices."""

    stop: Decimal | None
    target: Decimal | None


class PositionOrphaned(Struct, frozen=True, gc=False):
    """The strategy instance `owner` is no longer configured; `heir` is the new owner, empty if the owner stays."""

    owner: str
    heir: str


class PositionClosing(Struct, frozen=True, gc=False):
    """The whole position is to be closed at the market; see `domain/closing.py`.

    `chain` is the chain that closes it, which its later attempts continue. `orders` begins the ids of its orders, and
    the number of the attempt ends them.
    """

    reason: CloseReason
    chain: str
    orders: str


class PositionCloseFailed(Struct, frozen=True, gc=False, kw_only=True):
    """An attempt to close the position ended while `remaining` (base currency) was still held.

    `order_id` is the order that ended last, `attempt` counts from 1. The next attempt is not made before `retry_at`
    (UTC).
    """

    order_id: str
    attempt: int
    remaining: Decimal
    retry_at: datetime


class PositionCloseRetried(Struct, frozen=True, gc=False):
    """The next attempt to close the position begins; `attempt` counts from 1."""

    attempt: int


class PositionCloseWithdrawn(Struct, frozen=True, gc=False):
    """The position is not to be closed any more; `reason` is given by the person who withdrew the close."""

    reason: str


class PositionClosed(Struct, frozen=True, gc=False, kw_only=True):
    """The last fill, after which the position is flat.

    `realised` is this fill's profit before fees. `gross`, `fees` and `funding` are sums over the whole position, and
    `net` = gross - fees + funding. `balance` is the account's balance after this fill.
    """

    order_id: str
    quantity: Decimal
    price: Decimal
    released: Decimal
    realised: Decimal
    fee: Decimal
    reason: Purpose
    opened_at: datetime
    gross: Decimal
    fees: Decimal
    funding: Decimal
    net: Decimal
    balance: Decimal


PositionEvent = (
    PositionOpened
    | PositionIncreased
    | PositionReduced
    | PositionFunded
    | ProtectionMoved
    | PositionOrphaned
    | PositionManaged
    | PositionClosing
    | PositionCloseFailed
    | PositionCloseRetried
    | PositionCloseWithdrawn
    | PositionClosed
)


class Flat(Struct, frozen=True, gc=False):
    """Nothing is held yet."""


class Open(Struct, frozen=True, gc=False, kw_only=True):
    """An open position: `quantity` in base currency, `cost` paid for it in quote currency.

    `gross`, `fees` and `funding` are sums since the position was opened. `entered` is the quantity of all its entries,
    also of what was reduced since, and `spent` their cost; both are 0 in a state rebuilt from a read model's row.
    `closing` is set while the whole position is being closed.
    """

    instrument: str
    direction: Direction
    quantity: Decimal
    cost: Decimal
    gross: Decimal
    fees: Decimal
    funding: Decimal
    stop: Decimal | None
    target: Decimal | None
    entered: Decimal = ZERO
    spent: Decimal = ZERO
    closing: Closing | None = None

    @property
    def average_price(self) -> Decimal:
        """Cost per unit, in quote currency, for display; sums use `cost`."""
        return EXACT.divide(self.cost, self.quantity)


class Ended(Struct, frozen=True, gc=False):
    """Flat again; the stream is closed."""

    net: Decimal


PositionState = Flat | Open | Ended
FLAT = Flat()


def evolve(state: PositionState, event: PositionEvent) -> PositionState:
    """The state after the event; raises ValueError for a fill without an open position, or a second opening."""
    if isinstance(event, PositionOpened):
        if not isinstance(state, Flat):
            raise ValueError("PositionOpened was recorded on a position that was opened before")
        return _opened(event)
    if not isinstance(state, Open):
        raise ValueError(f"{type(event).__name__} was recorded on a position that is not open")
    return _evolve_open(state, event)


def _opened(event: PositionOpened) -> Open:
    return Open(
        instrument=event.instrument,
        direction=event.direction,
        quantity=event.quantity,
        cost=event.cost,
        gross=ZERO,
        fees=event.fee,
        funding=ZERO,
        entered=event.quantity,
        spent=event.cost,
        stop=event.stop,
        target=event.target,
    )


_CloseStep = PositionClosing | PositionCloseFailed | PositionCloseRetried | PositionCloseWithdrawn
_Later = (
    PositionIncreased
    | PositionReduced
    | PositionFunded
    | ProtectionMoved
    | PositionOrphaned
    | PositionManaged
    | PositionClosed
    | _CloseStep
)


def _evolve_open(state: Open, event: _Later) -> Open | Ended:
    match event:
        case PositionIncreased():
            return _increased(state, event)
        case PositionReduced():
            return _moved(
                state, EXACT.minus(event.quantity), EXACT.minus(event.released), event.realised, event.fee
            )
        case PositionFunded():
            return _with_funding(state, funding=EXACT.add(state.funding, event.amount))
        case ProtectionMoved():
            return with_protection(state, stop=event.stop, target=event.target)
        case PositionOrphaned() | PositionManaged():
            return state
        case PositionClosed():
            return Ended(event.net)
        case _:
            return _with_closing(state, closing=_closing_after(state, event))


def _closing_after(state: Open, event: _CloseStep) -> Closing | None:
    match event:
        case PositionClosing():
            return begun(event.reason, event.chain, event.orders)
        case PositionCloseFailed():
            return failed(_closing(state, event), event.retry_at)
        case PositionCloseRetried():
            return retried(_closing(state, event), event.attempt)
        case PositionCloseWithdrawn():
            return None
        case _:
            assert_never(event)


def with_protection(state: Open, *, stop: Decimal | None, target: Decimal | None) -> Open:
    """The position with its stop and target at these prices (quote currency)."""
    return replace(state, stop=stop, target=target)


def _with_closing(state: Open, *, closing: Closing | None) -> Open:
    return replace(state, closing=closing)


def _closing(state: Open, event: PositionEvent) -> Closing:
    if state.closing is None:
        raise ValueError(f"{type(event).__name__} was recorded on a position that is not being closed")
    return state.closing


def _with_funding(state: Open, *, funding: Decimal) -> Open:
    return replace(state, funding=funding)


def _increased(state: Open, event: PositionIncreased) -> Open:
    return replace(
        _moved(state, event.quantity, event.cost, ZERO, event.fee),
        entered=EXACT.add(state.entered, event.quantity),
        spent=EXACT.add(state.spent, event.cost),
    )


def _moved(state: Open, quantity: Decimal, cost: Decimal, realised: Decimal, fee: Decimal) -> Open:
    return Open(
        instrument=state.instrument,
        direction=state.direction,
        quantity=EXACT.add(state.quantity, quantity),
        cost=EXACT.add(state.cost, cost),
        gross=EXACT.add(state.gross, realised),
        fees=EXACT.add(state.fees, fee),
        funding=state.funding,
        entered=state.entered,
        spent=state.spent,
        stop=state.stop,
        target=state.target,
        closing=state.closing,
    )


def released_cost(state: Open, quantity: Decimal) -> Decimal:
    """The share of the open cost that `quantity` releases, in quote currency, to 1e-12; all of it for the last fill."""
    if quantity == state.quantity:
        return state.cost
    share = EXACT.divide(EXACT.multiply(state.cost, quantity), state.quantity)
    return share.quantize(_COST_STEP, rounding=ROUND_HALF_EVEN, context=EXACT)


def realised_profit(direction: Direction, proceeds: Decimal, released: Decimal) -> Decimal:
    """Profit before fees, in quote currency, of `proceeds` from closing a part that cost `released`."""
    if direction is Direction.LONG:
        return EXACT.subtract(proceeds, released)
    return EXACT.subtract(released, proceeds)


def net_at(state: Open, price: Decimal, fee: Decimal) -> Decimal:
    """The position's net profit after a close at this price, whose fee is `fee`, as `PositionClosed` computes it."""
    profit = realised_profit(state.direction, notional(state.quantity, price), state.cost)
    gross, fees = EXACT.add(state.gross, profit), EXACT.add(state.fees, fee)
    return EXACT.add(EXACT.subtract(gross, fees), state.funding)


def notional(quantity: Decimal, price: Decimal) -> Decimal:
    """Quantity x price, exactly."""
    return EXACT.multiply(quantity, price)
