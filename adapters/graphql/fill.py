"""Fills: the executions that the exchange reported."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import strawberry

from adapters.graphql import event as events
from adapters.graphql import kinds
from adapters.graphql import order as orders
from adapters.graphql.enums import register_enum
from adapters.graphql.moment import Moment
from adapters.graphql.nodes import Nodes
from adapters.graphql.rows import NodeMaker
from adapters.graphql.scalars import Ordinal
from domain.direction import Purpose, Side
from domain.order import Liquidity


class FillsBy(StrEnum):
    """The sort key of a list of fills."""

    FILLED = "FILLED"
    NOTIONAL = "NOTIONAL"
    QUANTITY = "QUANTITY"
    PRICE = "PRICE"
    FEE = "FEE"


register_enum(FillsBy)


@strawberry.type(description="One execution of an order.")
class Fill:
    moment: strawberry.Private[Moment]
    account: str = strawberry.field(description="The account of the order.")
    order_id: strawberry.ID = strawberry.field(description="The order that was filled.")
    chain_id: strawberry.ID = strawberry.field(description="The chain that the order belongs to.")
    instrument: str = strawberry.field(description="The instrument, as in `BTCUSDT-LINEAR.BYBIT`.")
    side: Side = strawberry.field(description="The side of the order.")
    purpose: Purpose = strawberry.field(description="Why the order exists.")
    execution_id: strawberry.ID = strawberry.field(
        description="The exchange's id of the execution; each execution is recorded once."
    )
    price: Decimal = strawberry.field(description="In quote currency.")
    quantity: Decimal = strawberry.field(description="In base currency.")
    notional: Decimal = strawberry.field(description="Quantity x price, in quote currency.")
    fee: Decimal = strawberry.field(description="The fee, in its currency; negative is a rebate.")
    fee_currency: str = strawberry.field(description="The currency of the fee.")
    liquidity: Liquidity = strawberry.field(
        description="MAKER if the order rested in the book, TAKER if it crossed it."
    )
    at: datetime = strawberry.field(description="When it occurred at the exchange.")
    ordinal: Ordinal = strawberry.field(description="The event's ordinal in the log.")

    @strawberry.field(description="The order that was filled.")
    async def order(self) -> kinds.Order | None:
        return await orders.ORDERS.one(self.moment, self.account, self.order_id)

    @strawberry.field(description="The event as it was recorded.")
    async def event(self) -> kinds.Event | None:
        return await events.EVENTS.one(self.moment, self.ordinal)


@strawberry.input(description="Only fills that meet every given condition.")
class FillFilter:
    account: str | None = strawberry.field(default=None, description="Of this account.")
    instrument: str | None = strawberry.field(default=None, description="Of this instrument.")
    side: Side | None = strawberry.field(default=None, description="Of orders on this side.")
    purpose: Purpose | None = strawberry.field(default=None, description="Of orders for this purpose.")
    liquidity: Liquidity | None = strawberry.field(default=None, description="As a maker, or as a taker.")
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
    NodeMaker(Fill, {"chain_id": "chain"}, side=Side, purpose=Purpose, liquidity=Liquidity),
    "fills",
    ("ordinal",),
)
