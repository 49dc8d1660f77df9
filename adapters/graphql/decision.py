"""Decisions of both committees on a signal, with every vote and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import strawberry
from sqlalchemy import RowMapping

from adapters.graphql import event as events
from adapters.graphql import kinds
from adapters.graphql import order as orders
from adapters.graphql import signal as signals
from adapters.graphql.connection import BELOW, Most
from adapters.graphql.enums import register_enum
from adapters.graphql.moment import Moment
from adapters.graphql.nodes import Nodes
from adapters.graphql.rows import NodeMaker
from adapters.graphql.scalars import JSON, Ordinal
from domain.arms.split import Arm
from domain.direction import Direction
from domain.signal import Chamber, Tier, Verdict


class DecisionsBy(StrEnum):
    """The sort key of a list of decisions."""

    DECIDED = "DECIDED"
    APPROVALS = "APPROVALS"
    REJECTIONS = "REJECTIONS"
    QUANTITY = "QUANTITY"
    INSTRUMENT = "INSTRUMENT"


register_enum(DecisionsBy)

OnlyVotes = Annotated[
    bool | None, strawberry.argument(description="Only approvals, or only rejections; all by default.")
]


@strawberry.type(description="The vote of one committee member on a signal, or on the entry of a draft.")
class Vote:
    member: str = strawberry.field(description="The member's name.")
    chamber: Chamber = strawberry.field(description="The member's committee.")
    approves: bool = strawberry.field(
        description="Whether the member approves; one rejection is enough to skip a signal or to refuse an order."
    )
    reasons: list[str] = strawberry.field(description="The reasons of a rejection; empty for an approval.")
    figures: JSON = strawberry.field(description="The figures that the member used, by name, as text.")


def _vote(chamber: str, **others: Any) -> Vote:
    return Vote(chamber=Chamber(chamber), **others)


@strawberry.type(description="The decision of both committees on a signal.")
class Decision:
    moment: strawberry.Private[Moment]
    recorded_votes: strawberry.Private[list[Mapping[str, Any]]]
    account: str = strawberry.field(description="The account that trades.")
    id: strawberry.ID = strawberry.field(description="The id of the signal that was decided.")
    chain_id: strawberry.ID = strawberry.field(description="The chain that it belongs to.")
    strategy: str = strawberry.field(description="The strategy that raised the signal.")
    instrument: str = strawberry.field(description="The instrument, as in `BTCUSDT-LINEAR.BYBIT`.")
    direction: Direction = strawberry.field(description="The signal's direction.")
    verdict: Verdict = strawberry.field(description="What was decided.")
    reasons: list[str] = strawberry.field(
        description="The reasons of the verdict; for a SKIP those of the rejections."
    )
    tier: Tier = strawberry.field(
        description="The tier of required confidence, which follows the results of the latest trades."
    )
    quantity: Decimal = strawberry.field(
        description="The quantity to enter with, in base currency; 0 unless ENTER."
    )
    stop: Decimal = strawberry.field(
        description="The stop, rounded to the tick, in quote currency; 0 unless ENTER."
    )
    target: Decimal = strawberry.field(
        description="The target, rounded to the tick, in quote currency; 0 unless ENTER."
    )
    policy_version: int = strawberry.field(
        description="The version of the policy: which members vote, and how."
    )
    settings_version: int = strawberry.field(description="The version of the settings that were in force.")
    approvals: int = strawberry.field(description="The number of approvals.")
    rejections: int = strawberry.field(description="The number of rejections.")
    arm: Arm = strawberry.field(
        description="The arm of the entry, where entries are split between policies or models; else NONE."
    )
    decided_at: datetime = strawberry.field(description="When it was decided.")
    ordinal: Ordinal = strawberry.field(description="The event's ordinal in the log.")

    @strawberry.field(description="The votes of both committees, in the order they were recorded.")
    def votes(self, *, approves: OnlyVotes = None) -> list[Vote]:
        votes = (_vote(**vote) for vote in self.recorded_votes)
        return [vote for vote in votes if approves is None or vote.approves is approves]

    @strawberry.field(description="The signal that was decided.")
    async def signal(self) -> kinds.Signal | None:
        return await signals.SIGNALS.one(self.moment, self.account, self.id)

    @strawberry.field(description="The orders that followed from it.")
    async def orders(self, most: Most = BELOW) -> list[kinds.Order]:
        return await orders.ORDERS.many(self.moment, signals.ORDERS_OF_CHAIN, (self.account, self.id), most)

    @strawberry.field(description="The events of its chain, from the first on.")
    async def chain(self, most: Most = BELOW) -> list[kinds.Event]:
        return await events.of_chain(self.moment, self.chain_id, most)


@strawberry.input(description="Only decisions that meet every given condition.")
class DecisionFilter:
    account: str | None = strawberry.field(default=None, description="For this account.")
    strategy: str | None = strawberry.field(default=None, description="On this strategy's signals.")
    instrument: str | None = strawberry.field(default=None, description="Of this instrument.")
    direction: Direction | None = strawberry.field(default=None, description="On signals for this direction.")
    verdict: Verdict | None = strawberry.field(default=None, description="With this verdict.")
    reason: str | None = strawberry.field(default=None, description="With a rejection for this reason.")
    member: str | None = strawberry.field(default=None, description="With a rejection by this member.")
    tier: Tier | None = strawberry.field(default=None, description="In this tier.")
    chain: strawberry.ID | None = strawberry.field(default=None, description="Of this chain.")
    min_rejections: int | None = strawberry.field(
        default=None, description="With at least this many rejections."
    )
    since: datetime | None = strawberry.field(default=None, description="Made at this time or later.")
    before: datetime | None = strawberry.field(default=None, description="Made earlier than this time.")
    after_ordinal: Ordinal | None = strawberry.field(
        default=None, description="Made after this ordinal of the log."
    )


@strawberry.type(description="How many signals were skipped for one member's reason.")
class Objection:
    member: str = strawberry.field(description="The member that rejected; empty for a reason without a vote.")
    chamber: Chamber | None = strawberry.field(
        description="The member's committee; null for a reason without a vote."
    )
    reason: str = strawberry.field(description="The reason.")
    count: int = strawberry.field(description="The number of signals.")


def objection_of(row: RowMapping) -> Objection:
    """Makes the GraphQL object of a row that `projections.questions.decisions.objections` returns."""
    chamber = Chamber(row["chamber"]) if row["chamber"] else None
    return Objection(member=row["member"], chamber=chamber, reason=row["reason"], count=row["count"])


DECISIONS = Nodes(
    NodeMaker(
        Decision,
        {"chain_id": "chain", "recorded_votes": "votes"},
        direction=Direction,
        verdict=Verdict,
        tier=Tier,
        arm=Arm,
    ),
    "decisions",
)
