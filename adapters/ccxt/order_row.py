"""An order as ccxt unifies it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from adapters.ccxt.dialect import Dialect, is_forced
from adapters.ccxt.fees import fees
from adapters.ccxt.fields import figure, level, moment, needed, scaled, text
from adapters.ccxt.markets import Market
from adapters.instruments.document import Table, table
from adapters.order_terms import Terms
from domain.arithmetic import EXACT, ZERO
from domain.direction import Side
from domain.errors import InvalidInput
from domain.order import OrderPlaced, OrderType
from domain.venue import OPEN_AT_VENUE, VenueOrder, VenueStatus

_SIDES: Mapping[str, Side] = {"buy": Side.BUY, "sell": Side.SELL}
_STATUSES: Mapping[str, VenueStatus] = {
    "open": VenueStatus.ACCEPTED,
    "canceling": VenueStatus.ACCEPTED,
    "closed": VenueStatus.FILLED,
    "canceled": VenueStatus.CANCELLED,
    "expired": VenueStatus.EXPIRED,
    "rejected": VenueStatus.REJECTED,
}
T = TypeVar("T")


class OrderRow(Struct, frozen=True, gc=False, kw_only=True):
    """`link` is the client order id as the exchange has it, `symbol` ccxt's.

    `trigger` is set for a conditional order, and `child` is the exchange's id of the order that it has become.
    """

    venue_id: str
    link: str
    child: str
    is_forced: bool
    symbol: str
    instrument: str
    side: Side
    is_market: bool
    quantity: Decimal
    price: Decimal | None
    trigger: Decimal | None
    reduce_only: bool
    status: VenueStatus
    filled: Decimal
    value: Decimal
    fees: Decimal
    created: datetime
    updated: datetime

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_AT_VENUE

    @property
    def has_triggered(self) -> bool:
        """Whether a conditional order has become another one, which holds the figures."""
        return self.trigger is not None and bool(self.child)

    def type(self, placed: OrderPlaced | None) -> OrderType:
        """A target is a limit order of ours, although the exchange has it as a conditional market order."""
        if self.trigger is not None:
            return OrderType.STOP if placed is None else placed.type
        return OrderType.MARKET if self.is_market else OrderType.LIMIT

    def terms(self, placed: OrderPlaced | None) -> Terms:
        """The terms as the order's own type has them."""
        if self.type(placed) is OrderType.LIMIT and self.trigger is not None:
            return Terms(self.quantity, self.trigger, None)
        return Terms(self.quantity, None if self.is_market else self.price, self.trigger)


def order_row(row: Table, market: Market, dialect: Dialect) -> OrderRow:
    """The order of ccxt's structure. Raises InvalidInput where it is not complete.

    A conditional order that becomes another one has no fills: that one has them.
    """
    info, waits_for = table(row.get("info")), _trigger(row)
    has_child = bool(dialect.child_fields) and waits_for is not None
    quantity = scaled(figure(row, "amount"), market.size)
    filled = ZERO if has_child else scaled(figure(row, "filled"), market.size)
    return OrderRow(
        venue_id=needed(row, "id"),
        link=text(row, "clientOrderId") or _first(info, dialect.link_fields),
        child=_first(info, dialect.child_fields) if has_child else "",
        is_forced=is_forced(info, dialect.forced),
        symbol=market.symbol,
        instrument=market.instrument,
        side=side_of(row),
        is_market=text(row, "type") not in {"limit", "post_only"},
        quantity=quantity,
        price=level(row, "price"),
        trigger=waits_for,
        reduce_only=row.get("reduceOnly") is True,
        status=_status(row, quantity, filled, has_child=has_child),
        filled=filled,
        value=(figure(row, "cost") or EXACT.multiply(figure(row, "average"), filled)) if filled else ZERO,
        fees=next(iter(fees(row, market.settlement).values())),
        created=moment(row, "timestamp", "lastUpdateTimestamp"),
        updated=moment(row, "lastUpdateTimestamp", "lastTradeTimestamp", "timestamp"),
    )


def venue_order(row: OrderRow, name: str, placed: OrderPlaced | None) -> VenueOrder:
    """The order under our id `name`, which is empty for an order without a client order id."""
    terms = row.terms(placed)
    return VenueOrder(
        order_id=name,
        venue_order_id=row.venue_id,
        instrument=row.instrument,
        side=row.side,
        type=row.type(placed),
        quantity=terms.quantity,
        limit_price=terms.limit_price,
        trigger_price=terms.trigger_price,
        reduce_only=row.reduce_only,
        status=row.status,
        filled=row.filled,
        notional=row.value,
        fees=row.fees,
        reason=reason(row),
        created_at=row.created,
        updated_at=row.updated,
    )


def reason(row: OrderRow) -> str:
    """Why the order ended without being filled, as far as ccxt states it; empty for another order."""
    return "" if row.is_open or row.status is VenueStatus.FILLED else row.status.value.lower()


def triggered(parent: OrderRow, child: OrderRow) -> OrderRow:
    """A conditional order with the figures of the order that it has become."""
    return replace(
        parent,
        status=child.status,
        filled=child.filled,
        value=child.value,
        fees=child.fees,
        updated=max(parent.updated, child.updated),
    )


def _status(row: Table, quantity: Decimal, filled: Decimal, *, has_child: bool) -> VenueStatus:
    """An order that was filled in part and ended is cancelled, whichever word the exchange has for it."""
    status = _of(_STATUSES, row, "status")
    if status in OPEN_AT_VENUE:
        return VenueStatus.PARTIALLY_FILLED if filled else status
    if status is VenueStatus.FILLED and has_child:
        return VenueStatus.TRIGGERED
    if filled:
        return VenueStatus.FILLED if filled >= quantity else VenueStatus.CANCELLED
    return VenueStatus.CANCELLED if status is VenueStatus.FILLED else status


def _trigger(row: Table) -> Decimal | None:
    levels = (level(row, name) for name in ("triggerPrice", "stopLossPrice", "takeProfitPrice"))
    return next((one for one in levels if one is not None), None)


def _first(info: Table, names: tuple[str, ...]) -> str:
    """The first of the fields that has a value other than 0."""
    found = (str(info.get(name) or "") for name in names)
    return next((one for one in found if one.strip("0")), "")


def side_of(row: Table) -> Side:
    """The side of an order or a trade. Raises InvalidInput for another value."""
    return _of(_SIDES, row, "side")


def _of(known: Mapping[str, T], row: Table, name: str) -> T:
    given = text(row, name)
    if given not in known:
        raise InvalidInput(f"{name} {given[:40]!r} is unknown")
    return known[given]
