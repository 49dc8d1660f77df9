"""One execution of an account: a trade, a funding payment or a liquidation."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TypedDict

from msgspec import Struct

from adapters.simulated.venue.categories import LINEAR
from adapters.simulated.venue.order import Order
from adapters.simulated.venue.requests import SideName


class ExecType(StrEnum):
    """`execType`."""

    TRADE = "Trade"
    FUNDING = "Funding"
    BUST = "BustTrade"


class Execution(Struct, frozen=True, gc=False, kw_only=True):
    """Amounts are in quote currency, `fee` in `fee_currency`, `qty` and `closed` in base currency. `pnl` is the profit
    before fees of the part that closed a position. `fee` is negative for a rebate or for funding that the account
    receives. The order's own figures are those after the execution; they are empty or zero where no order of the
    account stands behind it.
    """

    id: str
    type: ExecType
    symbol: str
    side: SideName
    price: Decimal
    qty: Decimal
    value: Decimal
    fee: Decimal
    fee_rate: Decimal
    fee_currency: str
    at: int
    seq: int
    mark_price: Decimal
    is_maker: bool = False
    closed: Decimal = Decimal(0)
    pnl: Decimal = Decimal(0)
    order_id: str = ""
    order_link_id: str = ""
    order_type: str = "UNKNOWN"
    order_price: Decimal = Decimal(0)
    order_qty: Decimal = Decimal(0)
    leaves: Decimal = Decimal(0)
    stop_kind: str = "UNKNOWN"
    create_type: str = ""
    category: str = LINEAR
    market_unit: str = ""


class OfOrder(TypedDict):
    """The fields of an execution that its order gives it, whatever its category."""

    symbol: str
    side: SideName
    order_id: str
    order_link_id: str
    order_type: str
    order_price: Decimal
    order_qty: Decimal
    leaves: Decimal
    stop_kind: str
    category: str


def of_order(order: Order) -> OfOrder:
    """The fields of an execution of the order, after the execution."""
    return OfOrder(
        symbol=order.symbol,
        side=order.request.side,
        order_id=order.id,
        order_link_id=order.link,
        order_type=order.request.order_type,
        order_price=order.price,
        order_qty=order.qty,
        leaves=order.leaves,
        stop_kind=order.stop_kind,
        category=order.category,
    )
