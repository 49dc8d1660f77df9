"""One execution of an account: a trade, a funding payment or a liquidation."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from adapters.simulated.venue.categories import LINEAR
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
