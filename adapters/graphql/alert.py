"""Alerts: events that a person should be notified of."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import strawberry

from adapters.graphql import event as events
from adapters.graphql import kinds
from adapters.graphql.enums import register_enum
from adapters.graphql.moment import Moment
from adapters.graphql.nodes import Nodes
from adapters.graphql.rows import NodeMaker
from adapters.graphql.scalars import Ordinal
from projections.severity import Severity


class AlertsBy(StrEnum):
    """The sort key of a list of alerts."""

    RAISED = "RAISED"


register_enum(AlertsBy)


@strawberry.type(description="An event that a person should be notified of.")
class Alert:
    moment: strawberry.Private[Moment]
    account: str = strawberry.field(description="The account it concerns.")
    severity: Severity = strawberry.field(description="How urgent it is.")
    kind: str = strawberry.field(description="The kind of alert, as in `KILL_SWITCH_TRIPPED`.")
    line: str = strawberry.field(description="The event's sentence, on one line.")
    stream: str = strawberry.field(description="The stream of the event.")
    chain_id: strawberry.ID = strawberry.field(description="The chain of the event.")
    at: datetime = strawberry.field(description="When the event occurred.")
    ordinal: Ordinal = strawberry.field(description="The event's ordinal in the log.")

    @strawberry.field(description="The event as it was recorded.")
    async def event(self) -> kinds.Event | None:
        return await events.EVENTS.one(self.moment, self.ordinal)


@strawberry.input(description="Only alerts that meet every given condition.")
class AlertFilter:
    account: str | None = strawberry.field(default=None, description="Of this account.")
    severity: list[Severity] | None = strawberry.field(default=None, description="One of these severities.")
    kind: str | None = strawberry.field(default=None, description="Of this kind.")
    chain: strawberry.ID | None = strawberry.field(default=None, description="Of this chain.")
    stream: str | None = strawberry.field(default=None, description="Of this stream.")
    since: datetime | None = strawberry.field(default=None, description="At this time or later.")
    before: datetime | None = strawberry.field(default=None, description="Earlier than this time.")
    after_ordinal: Ordinal | None = strawberry.field(
        default=None, description="After this ordinal of the log."
    )


ALERTS = Nodes(NodeMaker(Alert, {"chain_id": "chain"}, severity=Severity), "alerts", ("ordinal",))
