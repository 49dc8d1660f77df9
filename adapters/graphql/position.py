"""Positions: what is and was held, from flat to flat."""

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
from adapters.graphql.enums import told
from adapters.graphql.moment import Moment
from adapters.graphql.nodes import Nodes
from adapters.graphql.rows import told_by, values_by
from adapters.graphql.scalars import Ordinal
from domain.direction import Direction, Purpose
from projections.questions.links import fills_of_positions, orders_of_positions


class PositionStatus(StrEnum):
    """OPEN: something is held. CLOSED: flat again, for good; what comes next is another position."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


class PositionsBy(StrEnum):
    """What a list of positions is ordered by."""

    OPENED = "OPENED"
    UPDATED = "UPDATED"
    NET = "NET"
    COST = "COST"
    FEES = "FEES"
    QUANTITY = "QUANTITY"
    INSTRUMENT = "INSTRUMENT"


told(PositionStatus)
told(PositionsBy)


@strawberry.type
class PositionState:
    """What queries and subscriptions both show of a position."""

    account: str = strawberry.field(description="Who holds it.")
    id: strawberry.ID = strawberry.field(
        description="Instrument, direction and number: its stream behind the account."
    )
    chain_id: strawberry.ID = strawberry.field(description="The chain that opened it.")
    closed_by_chain_id: strawberry.ID | None = strawberry.field(
        description="The chain that closed it; null while it is open."
    )
    instrument: str = strawberry.field(description="What is held, as in `BTCUSDT-LINEAR.BYBIT`.")
    direction: Direction = strawberry.field(
        description="LONG gains when the price rises, SHORT when it falls."
    )
    n: int = strawberry.field(description="The how-manieth of this instrument in this direction, from 1.")
    status: PositionStatus = strawberry.field(description="Whether something is held.")
    quantity: Decimal = strawberry.field(description="How much is held now, in base currency; 0 when closed.")
    max_quantity: Decimal = strawberry.field(description="The most that was held, in base currency.")
    cost: Decimal = strawberry.field(description="What was paid for what is held now, in quote currency.")
    average_price: Decimal = strawberry.field(
        description="Cost a unit, in quote currency, for people to read."
    )
    stop: Decimal | None = strawberry.field(description="Where the protective stop rests, in quote currency.")
    target: Decimal | None = strawberry.field(description="Where the target rests, in quote currency.")
    gross: Decimal = strawberry.field(description="What was realised so far before fees, in quote currency.")
    fees: Decimal = strawberry.field(description="Fees so far, in quote currency.")
    funding: Decimal = strawberry.field(
        description="Funding so far, in quote currency; negative when we paid."
    )
    net: Decimal = strawberry.field(description="Gross - fees + funding so far, in quote currency.")
    entry_order_id: strawberry.ID = strawberry.field(description="The order whose fill opened it.")
    exit_order_id: strawberry.ID | None = strawberry.field(description="The order whose fill closed it.")
    exit_reason: Purpose | None = strawberry.field(
        description="Which way out it took; null while it is open."
    )
    opened_at: datetime = strawberry.field(description="When its first fill happened.")
    updated_at: datetime = strawberry.field(description="When something last happened to it.")
    closed_at: datetime | None = strawberry.field(
        description="When it was flat again; null while it is open."
    )


@strawberry.type(
    name="Position",
    description="What we hold, or held, of one instrument in one direction, from flat to flat.",
)
class HeldPosition(PositionState):
    moment: strawberry.Private[Moment]
    owner: str = strawberry.field(
        description="Whose it is: the strategy instance or the scanner of the signal that opened it, or the instance "
        "that it was handed over to; `person` for what a person entered. Another strategy does not close it."
    )
    ordinal: Ordinal = strawberry.field(description="Its first event's ordinal in the log.")
    updated_ordinal: Ordinal = strawberry.field(description="Its last event's ordinal in the log.")

    @strawberry.field(description="The signal that opened it; null for what a person asked for.")
    async def signal(self) -> kinds.Signal | None:
        return await signals.SIGNALS.one(self.moment, self.account, self.chain_id)

    @strawberry.field(description="The decision that opened it; null for what a person asked for.")
    async def decision(self) -> kinds.Decision | None:
        return await decisions.DECISIONS.one(self.moment, self.account, self.chain_id)

    @strawberry.field(description="The order whose fill opened it.")
    async def entry_order(self) -> kinds.Order | None:
        return await orders.ORDERS.one(self.moment, self.account, self.entry_order_id)

    @strawberry.field(description="The orders that filled it, and those that rest to protect it.")
    async def orders(self, most: Most = BELOW) -> list[kinds.Order]:
        return await orders.ORDERS.many(self.moment, orders_of_positions, (self.account, self.id), most)

    @strawberry.field(description="The fills that made it what it is.")
    async def fills(self, most: Most = BELOW) -> list[kinds.Fill]:
        return await fills.FILLS.many(self.moment, fills_of_positions, (self.account, self.id), most)

    @strawberry.field(description="Everything that happened in the chain that opened it, from the beginning.")
    async def chain(self, most: Most = BELOW) -> list[kinds.Event]:
        return await events.of_chain(self.moment, self.chain_id, most)


@strawberry.input(description="Which positions: those for which everything that is given holds.")
class PositionFilter:
    account: str | None = strawberry.field(default=None, description="Of this account.")
    instrument: str | None = strawberry.field(default=None, description="Of this instrument.")
    direction: Direction | None = strawberry.field(default=None, description="In this direction.")
    status: PositionStatus | None = strawberry.field(default=None, description="Open, or closed.")
    exit_reason: Purpose | None = strawberry.field(default=None, description="Closed this way.")
    owner: str | None = strawberry.field(
        default=None, description="Of this strategy instance, this scanner, or `person`."
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
_WORDS: dict[str, type[Enum]] = {"direction": Direction, "status": PositionStatus, "exit_reason": Purpose}
POSITIONS = Nodes(told_by(HeldPosition, _COLUMNS, **_WORDS), "positions")
position_values = values_by(PositionState, _COLUMNS, **_WORDS)
