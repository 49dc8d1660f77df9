"""Fills: each execution the exchange told us of."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import strawberry

from adapters.graphql import event as events
from adapters.graphql import kinds
from adapters.graphql import order as orders
from adapters.graphql.enums import told
from adapters.graphql.moment import Moment
from adapters.graphql.nodes import Nodes
from adapters.graphql.rows import told_by
from adapters.graphql.scalars import Ordinal
from domain.direction import Purpose, Side
from domain.order import Liquidity


class FillsBy(StrEnum):
    """What a list of fills is ordered by."""

    FILLED = "FILLED"
    NOTIONAL = "NOTIONAL"
    QUANTITY = "QUANTITY"
    PRICE = "PRICE"
    FEE = "FEE"


told(FillsBy)


@strawberry.type(description="One execution of an order.")
class Fill:
    moment: strawberry.Private[Moment]
    account: str = strawberry.field(description="Whose order was filled.")
    order_id: strawberry.ID = strawberry.field(description="The order that was filled.")
    chain_id: strawberry.ID = strawberry.field(description="The chain that the order belongs to.")
    instrument: str = strawberry.field(description="What was traded, as in `BTCUSDT-LINEAR.BYBIT`.")
    side: Side = strawberry.field(description="Which way the order trades.")
    purpose: Purpose = strawberry.field(description="Why the order exists.")
    execution_id: strawberry.ID = strawberry.field(
        description="What the exchange calls the execution; none counts twice."
    )
    price: Decimal = strawberry.field(description="In quote currency.")
    quantity: Decimal = strawberry.field(description="In base currency.")
    notional: Decimal = strawberry.field(description="Quantity x price, in quote currency.")
    fee: Decimal = strawberry.field(
        description="What the exchange took, in the fee's currency; negative is a rebate."
    )
    fee_currency: str = strawberry.field(description="The currency of the fee.")
    liquidity: Liquidity = strawberry.field(description="Whether it waited in the book or crossed it.")
    at: datetime = strawberry.field(description="When it happened at the exchange.")
    ordinal: Ordinal = strawberry.field(description="The event's ordinal in the log.")

    @strawberry.field(description="The order that was filled.")
    async def order(self) -> kinds.Order | None:
        return await orders.ORDERS.one(self.moment, self.account, self.order_id)

    @strawberry.field(description="The event as it was recorded.")
    async def event(self) -> kinds.Event | None:
        return await events.EVENTS.one(self.moment, self.ordinal)


@strawberry.input(description="Which fills: those for which everything that is given holds.")
class FillFilter:
    account: str | None = strawberry.field(default=None, description="Of this account.")
    instrument: str | None = strawberry.field(default=None, description="Of this instrument.")
    side: Side | None = strawberry.field(default=None, description="Of orders on this side.")
    purpose: Purpose | None = strawberry.field(default=None, description="Of orders for this purpose.")
    liquidity: Liquidity | None = strawberry.field(default=None, description="Made or taken.")
    order_id: strawberry.ID | None = strawberry.field(default=None, description="Of this order.")
    chain: strawberry.ID | None = strawberry.field(default=None, description="Of this chain.")
    execution_id: strawberry.ID | None = strawberry.field(default=None, description="This execution.")
    fee_currency: str | None = strawberry.field(default=None, description="With a fee in this currency.")
    min_notional: Decimal | None = strawberry.field(
        default=None, description="This much or more, in quote currency."
    )
    max_notional: Decimal | None = strawberry.field(
        default=None, description="This much or less, in quote currency."
    )
    since: datetime | None = strawberry.field(default=None, description="At this time or later.")
    before: datetime | None = strawberry.field(default=None, description="Earlier than this time.")
    after_ordinal: Ordinal | None = strawberry.field(
        default=None, description="After this ordinal of the log."
    )


FILLS = Nodes(
    told_by(Fill, {"chain_id": "chain"}, side=Side, purpose=Purpose, liquidity=Liquidity),
    "fills",
    ("ordinal",),
)
