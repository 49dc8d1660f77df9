"""Orders: what was asked of an exchange, and what became of it."""

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
from adapters.graphql.enums import told
from adapters.graphql.moment import Moment
from adapters.graphql.nodes import Nodes, belonging
from adapters.graphql.rows import told_by
from adapters.graphql.scalars import Ordinal
from domain.direction import Purpose, Side
from domain.order import OrderStatus, OrderType
from projections.questions.links import positions_of_orders

_FILLS = belonging("fills", "account", "order_id")


class OrdersBy(StrEnum):
    """What a list of orders is ordered by."""

    PLACED = "PLACED"
    UPDATED = "UPDATED"
    QUANTITY = "QUANTITY"
    NOTIONAL = "NOTIONAL"
    INSTRUMENT = "INSTRUMENT"


told(OrdersBy)


@strawberry.type(description="An order: what we asked an exchange for, and everything it did with that.")
class Order:
    moment: strawberry.Private[Moment]
    account: str = strawberry.field(description="Whose order it is.")
    id: strawberry.ID = strawberry.field(
        description="The client order id, the same here and at the exchange."
    )
    chain_id: strawberry.ID = strawberry.field(description="The chain that it belongs to: what it came from.")
    instrument: str = strawberry.field(description="What is traded, as in `BTCUSDT-LINEAR.BYBIT`.")
    side: Side = strawberry.field(description="Which way it trades.")
    type: OrderType = strawberry.field(description="On which terms it takes a price.")
    purpose: Purpose = strawberry.field(
        description="Why it exists: to open a position, or one of the ways out."
    )
    status: OrderStatus = strawberry.field(description="Where it stands.")
    reason: str = strawberry.field(description="Why it ended other than by being filled; empty until then.")
    quantity: Decimal = strawberry.field(description="How much was asked for, in base currency.")
    limit_price: Decimal | None = strawberry.field(
        description="The worst price of a LIMIT, in quote currency."
    )
    trigger_price: Decimal | None = strawberry.field(
        description="The price that makes a STOP a market order, in quote currency."
    )
    reduce_only: bool = strawberry.field(description="Whether it may only take a position down.")
    parent_id: strawberry.ID | None = strawberry.field(
        description="The order whose first fill wakes this one at the exchange."
    )
    fresh_until: datetime = strawberry.field(description="If it was not sent by then, it never is.")
    filled: Decimal = strawberry.field(description="How much was filled, in base currency.")
    leaves: Decimal = strawberry.field(description="How much is still to be filled, in base currency.")
    notional: Decimal = strawberry.field(description="Quantity x price of its fills, in quote currency.")
    average_price: Decimal | None = strawberry.field(
        description="Of its fills, in quote currency, to twelve digits after the point; null before the first."
    )
    fees: Decimal = strawberry.field(description="What its fills cost; negative is a rebate.")
    venue_order_id: str = strawberry.field(description="What the exchange calls it; empty until it has said.")
    actor: str = strawberry.field(description="Who placed it: the engine, or a person by name.")
    placed_at: datetime = strawberry.field(description="When it was placed.")
    updated_at: datetime = strawberry.field(description="When something last happened to it.")
    closed_at: datetime | None = strawberry.field(description="When it ended; null while it works.")
    ordinal: Ordinal = strawberry.field(description="Its first event's ordinal in the log.")
    updated_ordinal: Ordinal = strawberry.field(description="Its last event's ordinal in the log.")

    @strawberry.field(description="The signal that it came from; null for what a person asked for.")
    async def signal(self) -> kinds.Signal | None:
        return await signals.SIGNALS.one(self.moment, self.account, self.chain_id)

    @strawberry.field(description="The decision that it came from; null for what a person asked for.")
    async def decision(self) -> kinds.Decision | None:
        return await decisions.DECISIONS.one(self.moment, self.account, self.chain_id)

    @strawberry.field(description="The order whose first fill wakes this one.")
    async def parent(self) -> Order | None:
        parent = self.parent_id
        return None if parent is None else await ORDERS.one(self.moment, self.account, parent)

    @strawberry.field(description="Its executions.")
    async def fills(self, most: Most = BELOW) -> list[kinds.Fill]:
        return await fills.FILLS.many(self.moment, _FILLS, (self.account, self.id), most)

    @strawberry.field(description="The position that it filled, or rests for; null where there is none.")
    async def held(self) -> kinds.HeldPosition | None:
        found = await positions.POSITIONS.many(self.moment, positions_of_orders, (self.account, self.id), 1)
        return found[0] if found else None

    @strawberry.field(description="Everything that happened in its chain, from the beginning.")
    async def chain(self, most: Most = BELOW) -> list[kinds.Event]:
        return await events.of_chain(self.moment, self.chain_id, most)


@strawberry.input(description="Which orders: those for which everything that is given holds.")
class OrderFilter:
    account: str | None = strawberry.field(default=None, description="Of this account.")
    instrument: str | None = strawberry.field(default=None, description="Of this instrument.")
    side: Side | None = strawberry.field(default=None, description="On this side.")
    type: OrderType | None = strawberry.field(default=None, description="Of this type.")
    purpose: Purpose | None = strawberry.field(default=None, description="For this purpose.")
    status: list[OrderStatus] | None = strawberry.field(default=None, description="In one of these states.")
    chain: strawberry.ID | None = strawberry.field(default=None, description="Of this chain.")
    parent: strawberry.ID | None = strawberry.field(default=None, description="Woken by this order.")
    actor: str | None = strawberry.field(default=None, description="Placed by this person, or by `engine`.")
    reason: str | None = strawberry.field(default=None, description="Ended for this reason.")
    reduce_only: bool | None = strawberry.field(default=None, description="Only taking down, or not.")
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
    told_by(
        Order,
        {"chain_id": "chain", "parent_id": "parent"},
        side=Side,
        type=OrderType,
        purpose=Purpose,
        status=OrderStatus,
    ),
    "orders",
)
