"""The status of the read models' builds."""

from __future__ import annotations

import strawberry

from adapters.graphql.scalars import Ordinal
from projections.bookkeeping import BuildKind, BuildStatus
from projections.standing import Standing


@strawberry.type(description="A build of a read model, and the ordinal it has reached.")
class ProjectionBuild:
    name: str = strawberry.field(description="The read model.")
    build: int = strawberry.field(description="The number of the build.")
    kind: BuildKind = strawberry.field(
        description="Whether it holds rows as they are now, or as of every checkpoint."
    )
    status: BuildStatus = strawberry.field(description="Whether it is live, being built or retired.")
    ordinal: Ordinal = strawberry.field(description="The ordinal of the last event it includes.")
    parked_events: int = strawberry.field(
        description="The number of events parked because an event of their sequence could not be projected."
    )
    parked_sequences: int = strawberry.field(description="The number of sequences with parked events.")


def build_of(standing: Standing) -> ProjectionBuild:
    """Makes the GraphQL object of a build's status."""
    return ProjectionBuild(
        name=standing.build.projection,
        build=standing.build.id,
        kind=standing.build.kind,
        status=standing.build.status,
        ordinal=Ordinal(standing.ordinal),
        parked_events=standing.parked_events,
        parked_sequences=standing.parked_sequences,
    )
