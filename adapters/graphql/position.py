"""Positions, open and closed."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum, StrEnum

import strawberry

from adapters.graphql import decision as decisions
from adapters.graphql import event as events
from adapters.graphql import fill as fills
from adapters.graphql import kinds
from adapters.graphql import order as orders
from adapters.graphql import signal as signals
from adapters.graphql.connection import BELOW, Most
from adapters.graphql.enums import register_enum
from adapters.graphql.moment import Moment
from adapters.graphql.nodes import Nodes
from adapters.graphql.rows import NodeMaker, values_by
from adapters.graphql.scalars import Ordinal
from domain.closing import CloseReason
from domain.direction import Direction, Purpose
from projections.exits import exit_name
from projections.questions.links import fills_of_positions, orders_of_positions


class PositionStatus(StrEnum):
    """OPEN: the quantity is above zero. CLOSED: the position is flat; it is not opened again."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


class PositionsBy(StrEnum):
    """The sort key of a list of positions."""

    OPENED = "OPENED"
    UPDATED = "UPDATED"
    NET = "NET"
    COST = "COST"
    FEES = "FEES"
    QUANTITY = "QUANTITY"
    INSTRUMENT = "INSTRUMENT"


register_enum(PositionStatus)
register_enum(PositionsBy)


@strawberry.type
class PositionState:
    """The fields of a position that queries and subscriptions share."""

    account: str = strawberry.field(description="The account that holds it.")
    id: strawberry.ID = strawberry.field(
        description="Instrument, direction and number, as in the name of its stream."
    )
    chain_id: strawberry.ID = strawberry.field(description="The chain that opened it.")
    closed_by_chain_id: strawberry.ID | None = strawberry.field(
        description="The chain that closed it; null while it is open."
    )
    instrument: str = strawberry.field(description="The instrument, as in `BTCUSDT-LINEAR.BYBIT`.")
    direction: Direction = strawberry.field(
        description="LONG gains when the price rises, SHORT when it falls."
    )
    n: int = strawberry.field(
        description="The number among the positions of this instrument and direction, from 1."
    )
    status: PositionStatus = strawberry.field(description="Whether it is open.")
    quantity: Decimal = strawberry.field(
        description="The quantity held now, in base currency; 0 when closed."
    )
    max_quantity: Decimal = strawberry.field(
        description="The largest quantity held so far, in base currency."
    )
    cost: Decimal = strawberry.field(description="The cost of the quantity held now, in quote currency.")
    average_price: Decimal = strawberry.field(
        description="The cost per unit, in quote currency, rounded for display."
    )
    stop: Decimal | None = strawberry.field(
        description="The price of the protective stop, in quote currency."
    )
    target: Decimal | None = strawberry.field(description="The price of the target, in quote currency.")
    gross: Decimal = strawberry.field(
        description="The profit realised so far, before fees, in quote currency."
    )
    fees: Decimal = strawberry.field(description="Fees so far, in quote currency.")
    funding: Decimal = strawberry.field(
        description="Funding received so far, in quote currency; negative where it was paid."
    )
    net: Decimal = strawberry.field(description="Gross - fees + funding so far, in quote currency.")
    entry_order_id: strawberry.ID = strawberry.field(description="The order whose fill opened it.")
    exit_order_id: strawberry.ID | None = strawberry.field(description="The order whose fill closed it.")
    exit_reason: Purpose | None = strawberry.field(description="Why it was closed; null while it is open.")
    close_reason: CloseReason | None = strawberry.field(
        description="Why the whole position is being closed, or was; null if no close was begun, or it was withdrawn."
    )
    close_attempts: int = strawberry.field(
        description="The number of attempts to close the whole position; a further one follows until it is flat."
    )
    opened_at: datetime = strawberry.field(description="When its first fill occurred.")
    updated_at: datetime = strawberry.field(description="When its last event occurred.")
    closed_at: datetime | None = strawberry.field(description="When it was closed; null while it is open.")

    @strawberry.field(
        description=(
            "Why it was closed, by one word, as in reports: the rule of the manager where one closed it, else the "
            "purpose of the order that closed it; null while it is open."
        )
    )
    def exit(self) -> str | None:
        if self.exit_reason is None:
            return None
        return exit_name(self.exit_reason, None if self.close_reason is None else self.close_reason.value)


@strawberry.type(
    name="Position",
    description="An exposure to one instrument in one direction, from its opening fill until it is flat.",
)
class HeldPosition(PositionState):
    moment: strawberry.Private[Moment]
    owner: str = strawberry.field(
        description="The strategy instance or the scanner whose signal opened the position, or the instance that the "
        "position was handed over to; `person` for a position entered by hand. Other strategies do not close it."
    )
    ordinal: Ordinal = strawberry.field(description="Its first event's ordinal in the log.")
    updated_ordinal: Ordinal = strawberry.field(description="Its last event's ordinal in the log.")

    @strawberry.field(description="The signal that opened it; null where a person's order did.")
    async def signal(self) -> kinds.Signal | None:
        return await signals.SIGNALS.one(self.moment, self.account, self.chain_id)

    @strawberry.field(description="The decision that opened it; null where a person's order did.")
    async def decision(self) -> kinds.Decision | None:
        return await decisions.DECISIONS.one(self.moment, self.account, self.chain_id)

    @strawberry.field(description="The order whose fill opened it.")
    async def entry_order(self) -> kinds.Order | None:
        return await orders.ORDERS.one(self.moment, self.account, self.entry_order_id)

    @strawberry.field(description="The orders that filled it, and those that protect it.")
    async def orders(self, most: Most = BELOW) -> list[kinds.Order]:
        return await orders.ORDERS.many(self.moment, orders_of_positions, (self.account, self.id), most)

    @strawberry.field(description="The fills that opened, changed and closed it.")
    async def fills(self, most: Most = BELOW) -> list[kinds.Fill]:
        return await fills.FILLS.many(self.moment, fills_of_positions, (self.account, self.id), most)

    @strawberry.field(description="The events of the chain that opened it, from the first on.")
    async def chain(self, most: Most = BELOW) -> list[kinds.Event]:
        return await events.of_chain(self.moment, self.chain_id, most)


@strawberry.input(description="Only positions that meet every given condition.")
class PositionFilter:
    account: str | None = strawberry.field(default=None, description="Of this account.")
    instrument: str | None = strawberry.field(default=None, description="Of this instrument.")
    direction: Direction | None = strawberry.field(default=None, description="In this direction.")
    status: PositionStatus | None = strawberry.field(default=None, description="Open, or closed.")
    exit_reason: Purpose | None = strawberry.field(default=None, description="Closed for this reason.")
    owner: str | None = strawberry.field(
        default=None, description="Owned by this strategy instance, by this scanner, or by `person`."
    )
    chain: strawberry.ID | None = strawberry.field(
        default=None, description="Opened or closed by this chain."
    )
    entry_order: strawberry.ID | None = strawberry.field(default=None, description="Opened by this order.")
    min_net: Decimal | None = strawberry.field(
        default=None, description="With this net or more, in quote currency."
    )
    max_net: Decimal | None = strawberry.field(
        default=None, description="With this net or less, in quote currency."
    )
    since: datetime | None = strawberry.field(default=None, description="Opened at this time or later.")
    before: datetime | None = strawberry.field(default=None, description="Opened earlier than this time.")
    closed_since: datetime | None = strawberry.field(
        default=None, description="Closed at this time or later."
    )
    closed_before: datetime | None = strawberry.field(
        default=None, description="Closed earlier than this time."
    )
    after_ordinal: Ordinal | None = strawberry.field(
        default=None, description="Opened after this ordinal of the log."
    )


_COLUMNS = {
    "chain_id": "chain",
    "closed_by_chain_id": "closed_by_chain",
    "entry_order_id": "entry_order",
    "exit_order_id": "exit_order",
}
_WORDS: dict[str, type[Enum]] = {
    "direction": Direction,
    "status": PositionStatus,
    "exit_reason": Purpose,
    "close_reason": CloseReason,
}
POSITIONS = Nodes(NodeMaker(HeldPosition, _COLUMNS, **_WORDS), "positions")
position_values = values_by(PositionState, _COLUMNS, **_WORDS)
