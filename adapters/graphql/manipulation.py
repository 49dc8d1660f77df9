"""Suspicions of manipulation that the engine has recorded, with their evidence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import strawberry

from adapters.graphql import event as events
from adapters.graphql import kinds
from adapters.graphql.enums import register_enum
from adapters.graphql.moment import Moment
from adapters.graphql.nodes import Nodes
from adapters.graphql.rows import NodeMaker
from adapters.graphql.scalars import Ordinal
from domain.manipulation import BookSide, ManipulationKind


class ManipulationsBy(StrEnum):
    """The sort key of a list of suspicions."""

    RECORDED = "RECORDED"
    SCORE = "SCORE"


register_enum(ManipulationsBy)
register_enum(ManipulationKind)
register_enum(BookSide)


@strawberry.type(description="A level of a book that was withdrawn before the price reached it.")
class WithdrawnWall:
    price: Decimal = strawberry.field(description="Its price, in quote currency.")
    size: Decimal = strawberry.field(description="Its size, in base currency.")
    multiple: float = strawberry.field(description="Its largest size / the usual size of its side then.")
    distance: float = strawberry.field(
        description="Its distance from the mid price at its start, in basis points."
    )
    placed_at: datetime = strawberry.field(description="When it was placed, by the exchange's clock.")
    withdrawn_at: datetime = strawberry.field(description="When it was withdrawn, by the exchange's clock.")
    away: float = strawberry.field(
        description="The part of the takers' volume, while it stood, that traded with the other side, 0 to 1."
    )
    score: float = strawberry.field(description="Its part in the suspicion, 0 to 1.")


@strawberry.type(
    description="An episode of manipulation that is suspected on one side of a book. It is a reason to look, no proof."
)
class Manipulation:
    moment: strawberry.Private[Moment]
    evidence: strawberry.Private[Any]
    account: str = strawberry.field(description="The account whose engine recorded it.")
    instrument: str = strawberry.field(description="The instrument.")
    episode: strawberry.ID = strawberry.field(description="The id of the episode.")
    kind: ManipulationKind = strawberry.field(description="What is suspected.")
    side: BookSide = strawberry.field(description="The side of the withdrawn walls.")
    score: float = strawberry.field(description="0 to 1, at or above the limit of its kind.")
    lowest: Decimal = strawberry.field(description="The lowest price of the walls, in quote currency.")
    highest: Decimal = strawberry.field(description="The highest price of the walls, in quote currency.")
    first_at: datetime = strawberry.field(description="When the first wall was placed.")
    at: datetime = strawberry.field(description="When the last wall was withdrawn.")
    line: str = strawberry.field(description="The event's sentence, on one line.")
    chain_id: strawberry.ID = strawberry.field(description="The chain of the event.")
    ordinal: Ordinal = strawberry.field(description="The event's ordinal in the log.")

    @strawberry.field(description="The evidence, in order of withdrawal; the latest 50 walls at most.")
    def walls(self) -> list[WithdrawnWall]:
        return [_wall(one) for one in self.evidence]

    @strawberry.field(description="The event as it was recorded.")
    async def event(self) -> kinds.Event | None:
        return await events.EVENTS.one(self.moment, self.ordinal)


@strawberry.input(description="Only suspicions that meet every given condition.")
class ManipulationFilter:
    account: str | None = strawberry.field(default=None, description="Of this account.")
    instrument: str | None = strawberry.field(default=None, description="Of this instrument.")
    kind: ManipulationKind | None = strawberry.field(default=None, description="Of this kind.")
    side: BookSide | None = strawberry.field(default=None, description="On this side of the book.")
    chain: strawberry.ID | None = strawberry.field(default=None, description="Of this chain.")
    min_score: float | None = strawberry.field(default=None, description="With this score or a higher one.")
    since: datetime | None = strawberry.field(default=None, description="At this time or later.")
    before: datetime | None = strawberry.field(default=None, description="Earlier than this time.")
    after_ordinal: Ordinal | None = strawberry.field(
        default=None, description="After this ordinal of the log."
    )


def _wall(one: Mapping[str, Any]) -> WithdrawnWall:
    return WithdrawnWall(
        price=Decimal(one["price"]),
        size=Decimal(one["size"]),
        multiple=one["multiple"],
        distance=one["distance"],
        placed_at=datetime.fromisoformat(one["placed_at"]),
        withdrawn_at=datetime.fromisoformat(one["withdrawn_at"]),
        away=one["away"],
        score=one["score"],
    )


MANIPULATIONS = Nodes(
    NodeMaker(
        Manipulation,
        {"chain_id": "chain", "evidence": "walls"},
        kind=ManipulationKind,
        side=BookSide,
    ),
    "manipulations",
    ("ordinal",),
)
