"""A statement: the orders, executions, positions, balances and rules that one side, log or venue, has recorded.

The log's statement `ours` is made from the states of its streams, the venue's statement `theirs` from the venue's
responses. Facts that only one side can know are left out of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from domain.direction import Direction, Side
from domain.instrument import Instrument
from domain.order import CLOSED, Closed, OrderStatus, OrderType, Working
from domain.portfolio import OpenPosition, Portfolio
from domain.venue import Execution, VenueBalance, VenueOrder, VenuePosition


class StatedOrder(Struct, frozen=True, gc=False, kw_only=True):
    """One order; `status` is its status without a pending request (`Working.restored`), or OUTCOME_UNKNOWN.

    Quantities are in base currency, prices in quote currency; `venue_order_id` and `reason` are empty where unknown.
    `was_accepted`: our log has a report that the venue took the order. `parent`: the entry of a stop or target. Only
    our side has both.
    """

    order_id: str
    venue_order_id: str
    instrument: str
    side: Side
    type: OrderType
    reduce_only: bool
    quantity: Decimal
    limit_price: Decimal | None
    trigger_price: Decimal | None
    status: OrderStatus
    filled: Decimal
    reason: str
    was_accepted: bool = False
    parent: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether the order may still fill, as far as this side knows."""
        return self.status not in CLOSED

    @property
    def may_grow(self) -> bool:
        """Whether more may fill where the venue has a larger quantity: it is open, or an order that reduces and was
        filled by the quantity known here. The venue lets a stop and a target grow with the fills of their entry.
        """
        return self.is_open or (self.status is OrderStatus.FILLED and self.reduce_only)

    @property
    def identity(self) -> tuple[object, ...]:
        """What no amendment changes."""
        return (self.instrument, self.side, self.type, self.reduce_only)


class StatedExecution(Struct, frozen=True, gc=False):
    """One execution; its order is None if the venue placed the order itself. Only the venue's side has `details`."""

    execution_id: str
    order_id: str | None
    details: Execution | None = None


class StatedPosition(Struct, frozen=True, gc=False):
    """The position in one instrument; `quantity` in base currency, above zero.

    Only the venue's side has the `entry_price` (quote currency), the average of the position's entries.
    """

    instrument: str
    direction: Direction
    quantity: Decimal
    entry_price: Decimal | None = None


class Statement(Struct, frozen=True, gc=False, kw_only=True):
    """Orders by client order id, executions by id, positions and rules by instrument, balances by currency."""

    orders: Mapping[str, StatedOrder]
    executions: Mapping[str, StatedExecution]
    positions: Mapping[str, StatedPosition]
    balances: Mapping[str, Decimal]
    instruments: Mapping[str, Instrument]


def ours(orders: Mapping[str, Working | Closed], portfolio: Portfolio) -> Statement:
    """The statement of the log: every order ever placed, open positions, the balance, listed instruments.

    Raises AccountNotOpened where there is no account on record.
    """
    account = portfolio.account
    return Statement(
        orders={order_id: _our_order(order_id, state) for order_id, state in orders.items()},
        executions={
            execution_id: StatedExecution(execution_id, order_id)
            for order_id, state in orders.items()
            for execution_id in sorted(state.executions)
        },
        positions={name: _our_position(name, held) for name, held in portfolio.positions.items()},
        balances={account.currency: account.balance},
        instruments=portfolio.instruments,
    )


def theirs(
    *,
    orders: Iterable[VenueOrder],
    executions: Iterable[Execution],
    positions: Iterable[VenuePosition],
    balances: Iterable[VenueBalance],
    instruments: Iterable[Instrument],
) -> Statement:
    """The statement of the venue's responses. An order without a client order id is keyed by the venue's id."""
    return Statement(
        orders={order.order_id or order.venue_order_id: _their_order(order) for order in orders},
        executions={
            one.execution_id: StatedExecution(one.execution_id, one.order_id, one) for one in executions
        },
        positions={
            one.instrument: StatedPosition(one.instrument, one.direction, one.quantity, one.average_price)
            for one in positions
        },
        balances={one.currency: one.balance for one in balances},
        instruments={instrument.id: instrument for instrument in instruments},
    )


def with_orders(their: Statement, orders: Iterable[VenueOrder]) -> Statement:
    """The venue's statement with these orders, too."""
    more = {order.order_id or order.venue_order_id: _their_order(order) for order in orders}
    return replace(their, orders={**their.orders, **more})


def _our_order(order_id: str, state: Working | Closed) -> StatedOrder:
    terms = state.terms
    return StatedOrder(
        order_id=order_id,
        venue_order_id=state.venue_order_id,
        instrument=terms.instrument,
        side=terms.side,
        type=terms.type,
        reduce_only=terms.reduce_only,
        quantity=terms.quantity,
        limit_price=terms.limit_price,
        trigger_price=terms.trigger_price,
        status=_stands(state),
        filled=state.filled,
        reason=state.reason if isinstance(state, Closed) else "",
        was_accepted=_was_accepted(state),
        parent=terms.parent,
    )


def _was_accepted(state: Working | Closed) -> bool:
    """A stop that waits in its entry at the venue has no id there, but the report that it rests."""
    return bool(state.venue_order_id) or (
        isinstance(state, Working) and state.restored is not OrderStatus.PLACED
    )


def _stands(state: Working | Closed) -> OrderStatus:
    if isinstance(state, Closed) or state.status is OrderStatus.OUTCOME_UNKNOWN:
        return state.status
    return state.restored


def _our_position(name: str, held: OpenPosition) -> StatedPosition:
    return StatedPosition(name, held.state.direction, held.state.quantity)


def _their_order(order: VenueOrder) -> StatedOrder:
    return StatedOrder(
        order_id=order.order_id or order.venue_order_id,
        venue_order_id=order.venue_order_id,
        instrument=order.instrument,
        side=order.side,
        type=order.type,
        reduce_only=order.reduce_only,
        quantity=order.quantity,
        limit_price=order.limit_price,
        trigger_price=order.trigger_price,
        status=OrderStatus[order.status.name],
        filled=order.filled,
        reason=order.reason,
    )
