"""The commands that begin a close, and the order of each attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from commands.order import CancelOrder, PlaceOrder
from commands.position import BeginClose
from domain.arithmetic import EXACT
from domain.closing import BY_MANAGER, CloseReason, Closing
from domain.direction import Purpose, exit_side
from domain.instrument import closing_quantity, round_down
from domain.order import OrderPlaced, OrderType
from domain.portfolio import OpenPosition, Portfolio, closes_at_once

_PURPOSES: Mapping[CloseReason, Purpose] = {
    CloseReason.SIGNAL: Purpose.REVERSAL,
    CloseReason.PERSON: Purpose.MANUAL,
    CloseReason.KILL_SWITCH: Purpose.MANUAL,
    CloseReason.ORPHANED: Purpose.MANUAL,
    CloseReason.UNPROTECTED: Purpose.MANUAL,
    **dict.fromkeys(BY_MANAGER, Purpose.MANUAL),
}
"""The purpose of the orders of each close."""

_CLOSING = "POSITION_CLOSING"
"""The reason of cancels that make way for a close."""


def begin_close(held: OpenPosition, reason: CloseReason, chain: str, orders: str = "") -> BeginClose:
    """The command that begins a close in this chain. Its order ids begin with `orders`, by default `<chain>-x`."""
    return BeginClose(stream=held.stream, reason=reason, chain=chain, orders=orders or f"{chain}-x")


def attempt(
    held: OpenPosition, closing: Closing, portfolio: Portfolio, fresh_until: datetime
) -> PlaceOrder | None:
    """The reduce-only market order of the latest attempt, which may be sent until `fresh_until` (UTC).

    Its quantity is the held quantity less what other orders close at once, rounded up to what the instrument's rules
    permit, at most its largest quantity. None if nothing remains; then the attempt consists of those other orders.
    """
    left = remaining(held, portfolio)
    if left <= 0:
        return None
    quantity = closing_quantity(left, portfolio.instruments[held.state.instrument])
    return _market_order(held, portfolio, fresh_until, closing.order_id, quantity, _PURPOSES[closing.reason])


def give_back(
    held: OpenPosition, added: Decimal, order_id: str, portfolio: Portfolio, fresh_until: datetime
) -> PlaceOrder | None:
    """The reduce-only market order that closes `added` (base currency) of a position that is kept; None if orders
    under way close the whole position.

    It may be sent until `fresh_until` (UTC). It is sent once: what the market leaves of it stays in the position, and
    so does what is less than a lot.
    """
    quantity = min(added, remaining(held, portfolio))
    if quantity > 0:
        quantity = round_down(quantity, portfolio.instruments[held.state.instrument].lot)
    purpose = _PURPOSES[CloseReason.KILL_SWITCH]
    return _market_order(held, portfolio, fresh_until, order_id, quantity, purpose)


def _market_order(
    held: OpenPosition,
    portfolio: Portfolio,
    fresh_until: datetime,
    order_id: str,
    quantity: Decimal,
    purpose: Purpose,
) -> PlaceOrder | None:
    rules = portfolio.instruments[held.state.instrument]
    quantity = min(quantity, round_down(rules.max_quantity, rules.lot))
    if quantity <= 0:
        return None
    terms = OrderPlaced(
        instrument=rules.id,
        side=exit_side(held.state.direction),
        type=OrderType.MARKET,
        quantity=quantity,
        limit_price=None,
        trigger_price=None,
        reduce_only=True,
        purpose=purpose,
        parent=None,
        fresh_until=fresh_until,
    )
    return PlaceOrder(order_id, terms, rules)


def resting(held: OpenPosition, portfolio: Portfolio) -> Sequence[CancelOrder]:
    """The cancels of orders of people that would reduce the position at a price that the market has not reached.

    Without them a close would leave such orders at the exchange, where they hold back a part of the position.
    """
    return [
        CancelOrder(order_id, _CLOSING)
        for order_id in portfolio.leaving(held)
        if not closes_at_once(portfolio.exits[order_id], held.state)
    ]


def remaining(held: OpenPosition, portfolio: Portfolio) -> Decimal:
    """The held quantity less what orders close at once, in base currency; not positive if they close all of it."""
    return EXACT.subtract(held.state.quantity, portfolio.closing_quantity(held))
