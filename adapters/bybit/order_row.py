"""An order as Bybit's REST API and its topic `order` show it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from adapters.bybit.fields import amount, figure, known, moment, needed, positive, price, stated, text
from adapters.instruments.document import Table, table
from adapters.order_terms import Terms
from adapters.time_bound import check_time
from domain.arithmetic import ZERO, total
from domain.direction import Purpose, Side
from domain.errors import InvalidInput
from domain.instrument import instrument_id
from domain.order import OrderType
from domain.venue import OPEN_AT_VENUE, VenueOrder, VenueStatus

SIDES: Mapping[str, Side] = {"Buy": Side.BUY, "Sell": Side.SELL}
_LEGS: Mapping[str, Purpose] = {
    "StopLoss": Purpose.STOP,
    "PartialStopLoss": Purpose.STOP,
    "TakeProfit": Purpose.TARGET,
    "PartialTakeProfit": Purpose.TARGET,
}
STATUSES: Mapping[str, VenueStatus] = {
    "New": VenueStatus.ACCEPTED,
    "Untriggered": VenueStatus.ACCEPTED,
    "Triggered": VenueStatus.TRIGGERED,
    "PartiallyFilled": VenueStatus.PARTIALLY_FILLED,
    "Filled": VenueStatus.FILLED,
    "Cancelled": VenueStatus.CANCELLED,
    "PartiallyFilledCanceled": VenueStatus.CANCELLED,
    "Deactivated": VenueStatus.CANCELLED,
    "Rejected": VenueStatus.REJECTED,
}
_ENDED_WITHOUT_FILL = frozenset({VenueStatus.CANCELLED, VenueStatus.REJECTED})
_NO_REASONS = frozenset({"", "UNKNOWN", "EC_NoError"})
T = TypeVar("T")


class OrderRow(Struct, frozen=True, gc=False, kw_only=True):
    """`link` is the client order id; `parent` that of the entry which a stop or target (`leg`) was attached to.

    `trigger` is set for a conditional order; `stop_loss` and `take_profit` are what the order itself will attach.
    `venue_id` is empty for a stop or target whose entry has not been filled: it exists as a part of the entry only.
    """

    venue_id: str
    link: str
    parent: str
    leg: Purpose | None
    instrument: str
    side: Side
    is_market: bool
    quantity: Decimal
    price: Decimal | None
    trigger: Decimal | None
    stop_loss: Decimal | None
    take_profit: Decimal | None
    reduce_only: bool
    status: VenueStatus
    filled: Decimal
    value: Decimal
    fees: Decimal
    cancel_type: str
    reject_reason: str
    created: datetime
    updated: datetime

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_AT_VENUE

    @property
    def type(self) -> OrderType:
        """A target is a limit order of ours, although Bybit has it as a conditional market order."""
        if self.leg is not None:
            return OrderType.STOP if self.leg is Purpose.STOP else OrderType.LIMIT
        if not self.is_market:
            return OrderType.LIMIT
        return OrderType.MARKET if self.trigger is None else OrderType.STOP

    @property
    def terms(self) -> Terms:
        """As the order's own type has them: Bybit's price of a market order is only its bound."""
        if self.leg is Purpose.TARGET:
            return Terms(self.quantity, self.trigger, None)
        return Terms(self.quantity, None if self.is_market else self.price, self.trigger)

    @property
    def reason(self) -> str:
        """Why the order ended; empty while it is open and where it was filled."""
        if self.status not in _ENDED_WITHOUT_FILL:
            return ""
        given = (one for one in (self.cancel_type, self.reject_reason) if one not in _NO_REASONS)
        return next(given, self.status.value.lower())


def order_row(row: Table) -> OrderRow:
    """The order of a row. Raises InvalidInput for a row that is not complete."""
    needed(row, "cumExecQty")
    filled, status = amount(row, "cumExecQty"), _status(row)
    kind = text(row, "stopOrderType")
    is_market = _of(_IS_MARKET, row, "orderType")
    return OrderRow(
        venue_id=needed(row, "orderId"),
        link=stated(row, "orderLinkId"),
        parent=text(row, "parentOrderLinkId"),
        leg=_LEGS.get(kind),
        instrument=instrument_id(needed(row, "symbol")),
        side=_of(SIDES, row, "side"),
        is_market=is_market,
        quantity=amount(row, "qty"),
        price=price(row, "price") if is_market else positive(row, "price"),
        trigger=price(row, "triggerPrice"),
        stop_loss=price(row, "stopLoss"),
        take_profit=price(row, "takeProfit"),
        reduce_only=row.get("reduceOnly") is True,
        status=VenueStatus.CANCELLED if filled and status is VenueStatus.REJECTED else status,
        filled=filled,
        value=known(row, "cumExecValue") if filled else ZERO,
        fees=_fees(row),
        cancel_type=text(row, "cancelType"),
        reject_reason=text(row, "rejectReason"),
        created=check_time("createdTime", moment(row, "createdTime")),
        updated=check_time("updatedTime", moment(row, "updatedTime")),
    )


def venue_order(row: OrderRow, name: str) -> VenueOrder:
    """The order under our id `name`, which is empty for an order of somebody else."""
    terms = row.terms
    return VenueOrder(
        order_id=name,
        venue_order_id=row.venue_id,
        instrument=row.instrument,
        side=row.side,
        type=row.type,
        quantity=terms.quantity,
        limit_price=terms.limit_price,
        trigger_price=terms.trigger_price,
        reduce_only=row.reduce_only,
        status=row.status,
        filled=row.filled,
        notional=row.value,
        fees=row.fees,
        reason=row.reason,
        created_at=row.created,
        updated_at=row.updated,
    )


def waiting_leg(entry: OrderRow, leg: Purpose) -> OrderRow | None:
    """The stop or target that an entry without a fill carries; None once the entry has a fill.

    It has the entry's quantity and times, and ends with the entry. Where the entry does not carry it any more, it was
    cancelled.
    """
    if entry.filled:
        return None
    level = entry.stop_loss if leg is Purpose.STOP else entry.take_profit
    status = entry.status if level is not None or not entry.is_open else VenueStatus.CANCELLED
    return replace(
        entry,
        venue_id="",
        link="",
        parent=entry.link,
        leg=leg,
        side=entry.side.opposite,
        is_market=True,
        price=None,
        trigger=level,
        stop_loss=None,
        take_profit=None,
        reduce_only=True,
        status=VenueStatus.ACCEPTED if status in OPEN_AT_VENUE else status,
    )


_IS_MARKET: Mapping[str, bool] = {"Market": True, "Limit": False}


def _status(row: Table) -> VenueStatus:
    return _of(STATUSES, row, "orderStatus")


def _of(known: Mapping[str, T], row: Table, name: str) -> T:
    given = text(row, name)
    if given not in known:
        raise InvalidInput(f"{name} {given[:40]!r} is unknown")
    return known[given]


def _fees(row: Table) -> Decimal:
    """`cumFeeDetail` where it is stated; `cumExecFee` is deprecated."""
    detail = table(row.get("cumFeeDetail"))
    return total(known(detail, currency) for currency in detail) if detail else figure(row, "cumExecFee")
