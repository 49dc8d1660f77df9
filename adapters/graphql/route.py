"""Routes: signals that another engine carries out, or was to carry out."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum, StrEnum

import strawberry

from adapters.graphql import event as events
from adapters.graphql import kinds
from adapters.graphql import signal as signals
from adapters.graphql.connection import BELOW, Most
from adapters.graphql.enums import register_enum
from adapters.graphql.moment import Moment
from adapters.graphql.nodes import Nodes
from adapters.graphql.rows import NodeMaker
from adapters.graphql.scalars import Ordinal
from domain.direction import Direction
from domain.routed import RouteState
from domain.strategies import Intent


class RoutesBy(StrEnum):
    """The sort key of a list of routes."""

    ROUTED = "ROUTED"
    UPDATED = "UPDATED"


register_enum(RoutesBy)
register_enum(RouteState)


@strawberry.type(
    description="A signal that was routed to another engine. While it is open, no entry is made here in equal "
    "instruments (docs/venues.md)."
)
class Route:
    moment: strawberry.Private[Moment]
    account: str = strawberry.field(description="The account here.")
    id: strawberry.ID = strawberry.field(description="The id of its signal here.")
    chain_id: strawberry.ID = strawberry.field(
        description="Its chain, as the mutation `endRoute` takes it (`route`)."
    )
    owner: str = strawberry.field(description="The strategy, scanner or source of the signal.")
    proposed: str = strawberry.field(description="The instrument here in which the signal was proposed.")
    instrument: str = strawberry.field(description="The instrument of the other engine.")
    direction: Direction = strawberry.field(description="The direction of the signal.")
    intent: Intent = strawberry.field(
        description="ENTER, or EXIT: the position against `direction` is to be closed there."
    )
    price: Decimal = strawberry.field(description="The price that was routed, in quote currency.")
    stop: Decimal = strawberry.field(description="The stop that was routed, in quote currency.")
    target: Decimal = strawberry.field(description="The target that was routed, in quote currency.")
    state: RouteState = strawberry.field(description="What is known of it.")
    is_open: bool = strawberry.field(
        description="Whether the other engine carries it out, or may. An exit is over once it was taken."
    )
    signal_there: str = strawberry.field(
        description="The id of the signal in the other engine's log; empty before a report with one."
    )
    reasons: list[str] = strawberry.field(description="The reasons of the last report.")
    end_reason: str | None = strawberry.field(description="Why a person has ended it; null where none has.")
    ended_by: str | None = strawberry.field(description="Who has ended it; null where no person has.")
    routed_at: datetime = strawberry.field(
        description="When it was routed, or opened again: the other engine has taken a route that a person had ended."
    )
    reported_at: datetime | None = strawberry.field(
        description="When the last report was recorded; null before the first."
    )
    ended_at: datetime | None = strawberry.field(description="When it was over; null while it is open.")
    ordinal: Ordinal = strawberry.field(description="Its first event's ordinal in the log.")
    updated_ordinal: Ordinal = strawberry.field(description="Its last event's ordinal in the log.")

    @strawberry.field(description="Its signal here.")
    async def signal(self) -> kinds.Signal | None:
        return await signals.SIGNALS.one(self.moment, self.account, self.id)

    @strawberry.field(description="The events of its chain, from the first on.")
    async def chain(self, most: Most = BELOW) -> list[kinds.Event]:
        return await events.of_chain(self.moment, self.chain_id, most)


@strawberry.input(description="Only routes that meet every given condition.")
class RouteFilter:
    account: str | None = strawberry.field(default=None, description="Of this account.")
    owner: str | None = strawberry.field(default=None, description="Of this strategy, scanner or source.")
    instrument: str | None = strawberry.field(default=None, description="To this instrument.")
    proposed: str | None = strawberry.field(default=None, description="Proposed in this instrument here.")
    direction: Direction | None = strawberry.field(default=None, description="In this direction.")
    intent: Intent | None = strawberry.field(default=None, description="With this intent.")
    state: RouteState | None = strawberry.field(default=None, description="In this state.")
    is_open: bool | None = strawberry.field(default=None, description="Open, or over.")
    chain: strawberry.ID | None = strawberry.field(default=None, description="Of this chain.")
    since: datetime | None = strawberry.field(default=None, description="Routed at this time or later.")
    before: datetime | None = strawberry.field(default=None, description="Routed earlier than this time.")
    after_ordinal: Ordinal | None = strawberry.field(
        default=None, description="Routed after this ordinal of the log."
    )


_WORDS: dict[str, type[Enum]] = {"direction": Direction, "intent": Intent, "state": RouteState}
ROUTES = Nodes(NodeMaker(Route, {"chain_id": "chain", "signal_there": "signal"}, **_WORDS), "routes")
