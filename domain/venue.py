"""The responses of a venue (an exchange) to queries about our account.

These are responses, not events: they hold the venue's state at one time, and `domain/reconciliation` compares them
with ours. Quantities are in base currency, prices and notionals in quote currency, times in UTC.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from domain.arithmetic import EXACT
from domain.direction import Direction, Side
from domain.order import Liquidity, OrderType


class VenueStatus(StrEnum):
    """The status of an order at the venue; the first three are open.

    The statuses that no venue has (placed, denied, a request pending, outcome unknown) are left out. Bybit's
    New and Untriggered are ACCEPTED; its Cancelled, PartiallyFilledCanceled and Deactivated are CANCELLED.
    """

    ACCEPTED = "ACCEPTED"
    TRIGGERED = "TRIGGERED"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


OPEN_AT_VENUE = frozenset({VenueStatus.ACCEPTED, VenueStatus.TRIGGERED, VenueStatus.PARTIALLY_FILLED})


class VenueOrder(Struct, frozen=True, gc=False, kw_only=True):
    """One order as the venue reports it.

    `order_id` is the client order id, `venue_order_id` the venue's own id; either is empty where the order has none.
    `filled`, `notional` and `fees` are sums over the order's executions. `reason` is the venue's reason for the end of
    the order, empty while it is open.
    """

    order_id: str
    venue_order_id: str
    instrument: str
    side: Side
    type: OrderType
    quantity: Decimal
    limit_price: Decimal | None
    trigger_price: Decimal | None
    reduce_only: bool
    status: VenueStatus
    filled: Decimal
    notional: Decimal
    fees: Decimal
    reason: str
    created_at: datetime
    updated_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether the order may still fill."""
        return self.status in OPEN_AT_VENUE

    @property
    def average_price(self) -> Decimal | None:
        """Notional per filled unit; None before the first fill."""
        return EXACT.divide(self.notional, self.filled) if self.filled else None


class Execution(Struct, frozen=True, gc=False, kw_only=True):
    """One trade of the account. `execution_id` identifies it, so a trade that is listed again counts once.

    `order_id` is the client order id, None for an order that the venue placed itself (a liquidation) or that has no
    client order id. `fee` is in `fee_currency`, negative for a rebate. Funding and settlement are not executions.
    """

    execution_id: str
    order_id: str | None
    venue_order_id: str
    instrument: str
    side: Side
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_currency: str
    liquidity: Liquidity
    at: datetime


class VenuePosition(Struct, frozen=True, gc=False, kw_only=True):
    """An open position in one-way mode; `liquidation_price` is None if the venue states none."""

    instrument: str
    direction: Direction
    quantity: Decimal
    average_price: Decimal
    liquidation_price: Decimal | None


class VenueBalance(Struct, frozen=True, gc=False, kw_only=True):
    """The account's money in one currency, without unrealised profit.

    `balance` is the wallet balance; `available` is the balance less the margin of positions and working orders.
    """

    currency: str
    balance: Decimal
    available: Decimal
