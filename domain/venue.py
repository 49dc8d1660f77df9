"""A venue: what an exchange answers when it is queried about our account there.

These are answers and not events: they show the venue's state of one moment and are held against ours by
`domain/reconciliation`. Quantities are in base currency, prices and notionals in quote currency, times in UTC.
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
    """Where an order stands at the venue; the first three are open.

    A status of our own that no venue has (placed, denied, a request pending, outcome unknown) is not here. Bybit's
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
    """One order as the venue has it.

    `order_id` is the client order id, empty for an order that has none; `venue_order_id` the venue's own name, empty
    for one that it never named. `filled`, `notional` and `fees` add up over the order's executions. `reason` is why
    it ended, in the venue's words, empty while it is open.
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
        """Whether it may still fill."""
        return self.status in OPEN_AT_VENUE

    @property
    def average_price(self) -> Decimal | None:
        """Notional per unit filled; None while nothing is."""
        return EXACT.divide(self.notional, self.filled) if self.filled else None


class Execution(Struct, frozen=True, gc=False, kw_only=True):
    """One trade of the account; `execution_id` names it for ever, so that it counts once however often it is listed.

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
    """An open position in one-way mode; `liquidation_price` is None where the venue gives none."""

    instrument: str
    direction: Direction
    quantity: Decimal
    average_price: Decimal
    liquidation_price: Decimal | None


class VenueBalance(Struct, frozen=True, gc=False, kw_only=True):
    """The account's money in one currency, without unrealised profit.

    `balance` is the wallet balance; `available` is the balance less what positions and working orders keep of it.
    """

    currency: str
    balance: Decimal
    available: Decimal
