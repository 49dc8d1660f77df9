"""Decisions: what both committees made of a signal, every vote with its figures."""

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
from adapters.graphql.enums import told
from adapters.graphql.moment import Moment
from adapters.graphql.nodes import Nodes
from adapters.graphql.rows import told_by
from adapters.graphql.scalars import JSON, Ordinal
from domain.direction import Direction
from domain.signal import Chamber, Tier, Verdict


class DecisionsBy(StrEnum):
    """What a list of decisions is ordered by."""

    DECIDED = "DECIDED"
    APPROVALS = "APPROVALS"
    REJECTIONS = "REJECTIONS"
    QUANTITY = "QUANTITY"
    INSTRUMENT = "INSTRUMENT"


told(DecisionsBy)

OnlyVotes = Annotated[
    bool | None, strawberry.argument(description="Only the yeses, or only the noes; all when left out.")
]


@strawberry.type(description="What one member of a committee said of a signal.")
class Vote:
    member: str = strawberry.field(description="Who voted.")
    chamber: Chamber = strawberry.field(description="In which committee.")
    approves: bool = strawberry.field(description="Yes or no; one no is enough.")
    reasons: list[str] = strawberry.field(description="Why not, in the field's words; empty for a yes.")
    figures: JSON = strawberry.field(description="The figures the member looked at, by name, as text.")


def _vote(chamber: str, **others: Any) -> Vote:
    return Vote(chamber=Chamber(chamber), **others)


@strawberry.type(description="What both committees made of a signal.")
class Decision:
    moment: strawberry.Private[Moment]
    recorded_votes: strawberry.Private[list[Mapping[str, Any]]]
    account: str = strawberry.field(description="Whose trading it is.")
    id: strawberry.ID = strawberry.field(description="The id of the signal that was decided.")
    chain_id: strawberry.ID = strawberry.field(description="The chain that it belongs to.")
    strategy: str = strawberry.field(description="Whose signal it was.")
    instrument: str = strawberry.field(description="Of what, as in `BTCUSDT-LINEAR.BYBIT`.")
    direction: Direction = strawberry.field(description="The direction the signal speaks for.")
    verdict: Verdict = strawberry.field(description="What is done.")
    reasons: list[str] = strawberry.field(description="Why; of a SKIP, the reasons of those who said no.")
    tier: Tier = strawberry.field(
        description="How much confidence was asked for, by how trading went lately."
    )
    quantity: Decimal = strawberry.field(
        description="How much to enter with, in base currency; 0 unless ENTER."
    )
    stop: Decimal = strawberry.field(description="The stop on its tick, in quote currency; 0 unless ENTER.")
    target: Decimal = strawberry.field(description="The target, likewise; 0 unless ENTER.")
    policy_version: int = strawberry.field(description="The version of the rules who votes on what.")
    settings_version: int = strawberry.field(description="The version of the settings that were in force.")
    approvals: int = strawberry.field(description="How many said yes.")
    rejections: int = strawberry.field(description="How many said no.")
    decided_at: datetime = strawberry.field(description="When it was decided.")
    ordinal: Ordinal = strawberry.field(description="The event's ordinal in the log.")

    @strawberry.field(description="The votes of both committees, in the order they were recorded.")
    def votes(self, *, approves: OnlyVotes = None) -> list[Vote]:
        told = (_vote(**vote) for vote in self.recorded_votes)
        return [vote for vote in told if approves is None or vote.approves is approves]

    @strawberry.field(description="The signal that was decided.")
    async def signal(self) -> kinds.Signal | None:
        return await signals.SIGNALS.one(self.moment, self.account, self.id)

    @strawberry.field(description="The orders that came of it.")
    async def orders(self, most: Most = BELOW) -> list[kinds.Order]:
        return await orders.ORDERS.many(self.moment, signals.ORDERS_OF_CHAIN, (self.account, self.id), most)

    @strawberry.field(description="Everything that happened in its chain, from the beginning.")
    async def chain(self, most: Most = BELOW) -> list[kinds.Event]:
        return await events.of_chain(self.moment, self.chain_id, most)


@strawberry.input(description="Which decisions: those for which everything that is given holds.")
class DecisionFilter:
    account: str | None = strawberry.field(default=None, description="For this account.")
    strategy: str | None = strawberry.field(default=None, description="On this strategy's signals.")
    instrument: str | None = strawberry.field(default=None, description="Of this instrument.")
    direction: Direction | None = strawberry.field(default=None, description="On signals for this direction.")
    verdict: Verdict | None = strawberry.field(default=None, description="With this verdict.")
    reason: str | None = strawberry.field(default=None, description="For this reason among others.")
    member: str | None = strawberry.field(default=None, description="To which this member objected.")
    tier: Tier | None = strawberry.field(default=None, description="In this tier.")
    chain: strawberry.ID | None = strawberry.field(default=None, description="Of this chain.")
    min_rejections: int | None = strawberry.field(default=None, description="With so many noes or more.")
    since: datetime | None = strawberry.field(default=None, description="Made at this time or later.")
    before: datetime | None = strawberry.field(default=None, description="Made earlier than this time.")
    after_ordinal: Ordinal | None = strawberry.field(
        default=None, description="Made after this ordinal of the log."
    )


@strawberry.type(description="How often one member's reason kept a signal from being traded.")
class Objection:
    member: str = strawberry.field(description="Who said no; empty where it did not come to a vote.")
    chamber: Chamber | None = strawberry.field(
        description="In which committee; null where it did not come to a vote."
    )
    reason: str = strawberry.field(description="Why not.")
    count: int = strawberry.field(description="To how many signals.")


def objection_of(row: RowMapping) -> Objection:
    """The object of a row of `projections.questions.decisions.objections`."""
    chamber = Chamber(row["chamber"]) if row["chamber"] else None
    return Objection(member=row["member"], chamber=chamber, reason=row["reason"], count=row["count"])


DECISIONS = Nodes(
    told_by(
        Decision,
        {"chain_id": "chain", "recorded_votes": "votes"},
        direction=Direction,
        verdict=Verdict,
        tier=Tier,
    ),
    "decisions",
)
