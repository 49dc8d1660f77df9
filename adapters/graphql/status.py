"""How far the read models are."""

from __future__ import annotations

import strawberry

from adapters.graphql.scalars import Ordinal
from projections.bookkeeping import BuildKind, BuildStatus
from projections.standing import Standing


@strawberry.type(description="A build of a read model: its tables, and how far in the log they are.")
class ProjectionBuild:
    name: str = strawberry.field(description="The read model.")
    build: int = strawberry.field(description="The number of the build.")
    kind: BuildKind = strawberry.field(description="Rows as they are now, or as they were at checkpoints.")
    status: BuildStatus = strawberry.field(description="Whether it answers.")
    ordinal: Ordinal = strawberry.field(description="Up to where it tells the log.")
    parked_events: int = strawberry.field(
        description="Events that wait, for one of their sequence could not be told."
    )
    parked_sequences: int = strawberry.field(description="In how many sequences they wait.")


def build_of(standing: Standing) -> ProjectionBuild:
    """A standing as GraphQL's object."""
    return ProjectionBuild(
        name=standing.build.projection,
        build=standing.build.id,
        kind=standing.build.kind,
        status=standing.build.status,
        ordinal=Ordinal(standing.ordinal),
        parked_events=standing.parked_events,
        parked_sequences=standing.parked_sequences,
    )
