"""Discrepancies: recorded differences between the exchange and the log."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import strawberry

from adapters.graphql.enums import register_enum
from adapters.graphql.moment import Moment
from adapters.graphql.nodes import Nodes
from adapters.graphql.rows import NodeMaker
from adapters.graphql.scalars import Ordinal


class DiscrepanciesBy(StrEnum):
    """The sort key of a list of discrepancies."""

    FOUND = "FOUND"
    UPDATED = "UPDATED"


class DiscrepancyStatus(StrEnum):
    """OPEN: no new exposure until it is resolved. RESOLVED: by a person, or by a later report of the exchange."""

    OPEN = "OPEN"
    RESOLVED = "RESOLVED"


register_enum(DiscrepanciesBy)
register_enum(DiscrepancyStatus)


@strawberry.type(
    description="A difference between the exchange and the log that a report did not explain. While it is open, no "
    "entry is sent."
)
class Discrepancy:
    moment: strawberry.Private[Moment]
    account: str = strawberry.field(description="The account.")
    id: strawberry.ID = strawberry.field(
        description="Its id, as the mutation `resolveDiscrepancy` takes it (`discrepancyId`)."
    )
    kind: str = strawberry.field(
        description="The kind of difference, as in `OrderUnknownToUs`; `Report` for a report of an order that the log "
        "does not know. docs/live.md has what to do for each kind."
    )
    subject: str = strawberry.field(description="The order, the instrument or the currency that differs.")
    found: str = strawberry.field(description="What differs, in one sentence.")
    status: DiscrepancyStatus = strawberry.field(description="Whether it is open.")
    resolution: str | None = strawberry.field(description="How it was resolved; null while it is open.")
    resolved_by: str | None = strawberry.field(
        description="Who resolved it: `engine`, or a person's name; null while it is open."
    )
    found_at: datetime = strawberry.field(description="When it was recorded.")
    resolved_at: datetime | None = strawberry.field(
        description="When it was resolved; null while it is open."
    )
    ordinal: Ordinal = strawberry.field(description="Its first event's ordinal in the log.")
    updated_ordinal: Ordinal = strawberry.field(description="Its last event's ordinal in the log.")


@strawberry.input(description="Only discrepancies that meet every given condition.")
class DiscrepancyFilter:
    account: str | None = strawberry.field(default=None, description="Of this account.")
    status: DiscrepancyStatus | None = strawberry.field(default=None, description="Open, or resolved.")
    kind: str | None = strawberry.field(default=None, description="Of this kind.")
    subject: str | None = strawberry.field(
        default=None, description="About this order, instrument or currency."
    )
    since: datetime | None = strawberry.field(default=None, description="Recorded at this time or later.")
    before: datetime | None = strawberry.field(default=None, description="Recorded earlier than this time.")
    after_ordinal: Ordinal | None = strawberry.field(
        default=None, description="Recorded after this ordinal of the log."
    )


DISCREPANCIES = Nodes(NodeMaker(Discrepancy, status=DiscrepancyStatus), "discrepancies")
