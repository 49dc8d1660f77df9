"""An order at the venue."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from adapters.simulated.steps import to_lot
from adapters.simulated.venue.requests import SIDES, Kind, OrderRequest, TimeInForce
from domain.arithmetic import EXACT, ZERO
from domain.direction import Side

if TYPE_CHECKING:
    from adapters.simulated.venue.account import Account
    from adapters.simulated.venue.order_book import Entry


class Status(StrEnum):
    """`orderStatus`. An order that ends before its trigger is Deactivated; a spot order that ends with a part filled is
    PartiallyFilledCanceled. Triggered is shown for a moment where a spot order reaches its trigger.
    """

    NEW = "New"
    PARTIALLY_FILLED = "PartiallyFilled"
    UNTRIGGERED = "Untriggered"
    REJECTED = "Rejected"
    FILLED = "Filled"
    CANCELLED = "Cancelled"
    DEACTIVATED = "Deactivated"
    PARTLY_CANCELLED = "PartiallyFilledCanceled"
    TRIGGERED = "Triggered"


OPEN = frozenset({Status.NEW, Status.PARTIALLY_FILLED, Status.UNTRIGGERED})


class StopKind(StrEnum):
    """`stopOrderType`: why an order waits, or waited, for a trigger."""

    NONE = "UNKNOWN"
    STOP = "Stop"
    TAKE_PROFIT = "TakeProfit"
    STOP_LOSS = "StopLoss"
    PARTIAL_TAKE_PROFIT = "PartialTakeProfit"
    PARTIAL_STOP_LOSS = "PartialStopLoss"
    TRAILING_STOP = "TrailingStop"
    SPOT_STOP = "tpslOrder"


WHOLE = frozenset({StopKind.TAKE_PROFIT, StopKind.STOP_LOSS, StopKind.TRAILING_STOP})
"""The stop orders that close the whole position, whatever its size is when they trigger."""

PROTECTION = WHOLE | {StopKind.PARTIAL_TAKE_PROFIT, StopKind.PARTIAL_STOP_LOSS}
"""The stop orders that belong to a position and end with it."""


@dataclass(slots=True, eq=False, repr=False)
class Order:
    """One order. `qty` may be less than requested where a reduce-only order was cut; prices are in quote currency.

    `price` is the limit, also of a market order, which is an IOC limit order inside the price band. An order that
    `reduces` may only shrink a position. `entry` is its place in the book while it rests, `locked` the part of the
    balance that it reserves. `partner` is the other one of a take profit and a stop loss, `brackets` are those that
    the order itself has set. A trailing stop follows `extreme`, the best price since `activation` was reached, at
    `distance`, which is None where the order does not trail. `parent` is the client order id of the order that has set
    this one.

    `coin` is what a spot order reserves, empty for a contract. The `qty` of an order `by_value` is an amount in quote
    currency, which buys or sells whole lots of `lot`. `fees` are the fees by coin. `resized` is what amendments have
    added to `qty`.
    """

    id: str
    account: Account
    request: OrderRequest
    created: int
    qty: Decimal
    price: Decimal
    reduces: bool
    trigger_price: Decimal | None = None
    stop_kind: StopKind = StopKind.NONE
    status: Status = Status.NEW
    updated: int = 0
    filled: Decimal = ZERO
    value: Decimal = ZERO
    fee: Decimal = ZERO
    closed_pnl: Decimal = ZERO
    locked: Decimal = ZERO
    cancel_type: str = "UNKNOWN"
    reject_reason: str = "EC_NoError"
    create_type: str = "CreateByUser"
    last_price_on_created: Decimal = ZERO
    entry: Entry | None = None
    partner: Order | None = None
    brackets: tuple[Order, ...] = ()
    distance: Decimal | None = None
    activation: Decimal | None = None
    extreme: Decimal | None = None
    seq: int = 0
    coin: str = ""
    by_value: bool = False
    lot: Decimal = ZERO
    fees: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    parent: str = ""
    resized: Decimal = ZERO

    @property
    def side(self) -> Side:
        return SIDES[self.request.side]

    @property
    def symbol(self) -> str:
        return self.request.symbol

    @property
    def link(self) -> str:
        return self.request.order_link_id

    @property
    def category(self) -> str:
        return self.request.category

    @property
    def done(self) -> Decimal:
        """What is filled, in the unit of `qty`."""
        return self.value if self.by_value else self.filled

    @property
    def leaves(self) -> Decimal:
        """What may still fill, in the unit of `qty`; zero once the order has ended."""
        return EXACT.subtract(self.qty, self.done) if self.is_open else ZERO

    def room(self, price: Decimal) -> Decimal:
        """The quantity in base currency that may still trade at this price."""
        return to_lot(EXACT.divide(self.leaves, price), self.lot) if self.by_value else self.leaves

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def waits(self) -> bool:
        """Whether the order's trigger has not been reached."""
        return self.status is Status.UNTRIGGERED

    @property
    def is_conditional(self) -> bool:
        """Whether it is a conditional order that waits; stop orders of a position are none."""
        return self.waits and self.stop_kind is StopKind.STOP

    @property
    def average_price(self) -> Decimal | None:
        return EXACT.divide(self.value, self.filled) if self.filled else None

    @property
    def time_in_force(self) -> TimeInForce:
        """GTC where the request names none; a market order is IOC."""
        given = self.request.time_in_force or TimeInForce.GTC
        if self.by_value:
            return TimeInForce.IOC
        return TimeInForce.IOC if self.is_market and given is not TimeInForce.FOK else given

    @property
    def is_market(self) -> bool:
        return self.request.order_type is Kind.MARKET
