"""Orders: their terms, their status and their fills."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import strawberry

from adapters.graphql import decision as decisions
from adapters.graphql import event as events
from adapters.graphql import fill as fills
from adapters.graphql import kinds
from adapters.graphql import position as positions
from adapters.graphql import signal as signals
from adapters.graphql.connection import BELOW, Most
from adapters.graphql.enums import register_enum
from adapters.graphql.moment import Moment
from adapters.graphql.nodes import Nodes, belonging
from adapters.graphql.rows import NodeMaker
from adapters.graphql.scalars import Ordinal
from domain.direction import Purpose, Side
from domain.order import OrderStatus, OrderType
from projections.questions.links import positions_of_orders

_FILLS = belonging("fills", "account", "order_id")


class OrdersBy(StrEnum):
    """The sort key of a list of orders."""

    PLACED = "PLACED"
    UPDATED = "UPDATED"
    QUANTITY = "QUANTITY"
    NOTIONAL = "NOTIONAL"
    INSTRUMENT = "INSTRUMENT"


register_enum(OrdersBy)


@strawberry.type(
    description="An order: its terms, its status and everything that the exchange reported on it."
)
class Order:
    moment: strawberry.Private[Moment]
    account: str = strawberry.field(description="The account of the order.")
    id: strawberry.ID = strawberry.field(description="The client order id, which the exchange has, too.")
    chain_id: strawberry.ID = strawberry.field(description="The chain that it belongs to.")
    instrument: str = strawberry.field(description="The instrument, as in `BTCUSDT-LINEAR.BYBIT`.")
    side: Side = strawberry.field(description="Whether it buys or sells.")
    type: OrderType = strawberry.field(description="The type of order.")
    purpose: Purpose = strawberry.field(
        description="Why it exists: to open a position, or to close one for a reason."
    )
    status: OrderStatus = strawberry.field(description="Its status.")
    reason: str = strawberry.field(
        description="Why it ended without being filled completely; empty otherwise."
    )
    quantity: Decimal = strawberry.field(description="The ordered quantity, in base currency.")
    limit_price: Decimal | None = strawberry.field(
        description="The worst price of a LIMIT, in quote currency."
    )
    trigger_price: Decimal | None = strawberry.field(
        description="The price that triggers a STOP, in quote currency."
    )
    reduce_only: bool = strawberry.field(description="Whether it may only reduce a position.")
    parent_id: strawberry.ID | None = strawberry.field(
        description="The order whose first fill activates this one at the exchange."
    )
    fresh_until: datetime = strawberry.field(description="The time after which it is not sent any more.")
    filled: Decimal = strawberry.field(description="The filled quantity, in base currency.")
    leaves: Decimal = strawberry.field(description="The quantity still to be filled, in base currency.")
    notional: Decimal = strawberry.field(description="Quantity x price of its fills, in quote currency.")
    average_price: Decimal | None = strawberry.field(
        description="The average price of its fills, in quote currency, to twelve decimals; null before the first."
    )
    fees: Decimal = strawberry.field(
        description=(
            "The fees of its fills in `feeCurrency`; negative is a rebate. Fees in further currencies are on its fills."
        )
    )
    fee_currency: str = strawberry.field(description="The currency of its first fee; empty before.")
    venue_order_id: str = strawberry.field(
        description="The exchange's own order id; empty until the exchange has reported it."
    )
    actor: str = strawberry.field(description="Who placed it: `engine`, or a person's name.")
    placed_at: datetime = strawberry.field(description="When it was placed.")
    updated_at: datetime = strawberry.field(description="When its last event occurred.")
    closed_at: datetime | None = strawberry.field(description="When it ended; null while it is working.")
    ordinal: Ordinal = strawberry.field(description="Its first event's ordinal in the log.")
    updated_ordinal: Ordinal = strawberry.field(description="Its last event's ordinal in the log.")

    @strawberry.field(description="The signal that caused it; null for a person's order.")
    async def signal(self) -> kinds.Signal | None:
        return await signals.SIGNALS.one(self.moment, self.account, self.chain_id)

    @strawberry.field(description="The decision that caused it; null for a person's order.")
    async def decision(self) -> kinds.Decision | None:
        return await decisions.DECISIONS.one(self.moment, self.account, self.chain_id)

    @strawberry.field(description="The order whose first fill activates this one.")
    async def parent(self) -> Order | None:
        parent = self.parent_id
        return None if parent is None else await ORDERS.one(self.moment, self.account, parent)

    @strawberry.field(description="Its executions.")
    async def fills(self, most: Most = BELOW) -> list[kinds.Fill]:
        return await fills.FILLS.many(self.moment, _FILLS, (self.account, self.id), most)

    @strawberry.field(description="The position that it filled or protects; null where there is none.")
    async def held(self) -> kinds.HeldPosition | None:
        found = await positions.POSITIONS.many(self.moment, positions_of_orders, (self.account, self.id), 1)
        return found[0] if found else None

    @strawberry.field(description="The events of its chain, from the first on.")
    async def chain(self, most: Most = BELOW) -> list[kinds.Event]:
        return await events.of_chain(self.moment, self.chain_id, most)


@strawberry.input(description="Only orders that meet every given condition.")
class OrderFilter:
    account: str | None = strawberry.field(default=None, description="Of this account.")
    instrument: str | None = strawberry.field(default=None, description="Of this instrument.")
    side: Side | None = strawberry.field(default=None, description="On this side.")
    type: OrderType | None = strawberry.field(default=None, description="Of this type.")
    purpose: Purpose | None = strawberry.field(default=None, description="For this purpose.")
    status: list[OrderStatus] | None = strawberry.field(default=None, description="In one of these states.")
    chain: strawberry.ID | None = strawberry.field(default=None, description="Of this chain.")
    parent: strawberry.ID | None = strawberry.field(default=None, description="Activated by this order.")
    actor: str | None = strawberry.field(default=None, description="Placed by this person, or by `engine`.")
    reason: str | None = strawberry.field(default=None, description="Ended for this reason.")
    reduce_only: bool | None = strawberry.field(default=None, description="Reduce-only, or not.")
    min_notional: Decimal | None = strawberry.field(
        default=None, description="Filled for this much or more, in quote currency."
    )
    max_notional: Decimal | None = strawberry.field(
        default=None, description="Filled for this much or less, in quote currency."
    )
    since: datetime | None = strawberry.field(default=None, description="Placed at this time or later.")
    before: datetime | None = strawberry.field(default=None, description="Placed earlier than this time.")
    after_ordinal: Ordinal | None = strawberry.field(
        default=None, description="Placed after this ordinal of the log."
    )


ORDERS = Nodes(
    NodeMaker(
        Order,
        {"chain_id": "chain", "parent_id": "parent"},
        side=Side,
        type=OrderType,
        purpose=Purpose,
        status=OrderStatus,
    ),
    "orders",
)
