"""`asOf`: the argument of a query that reads the read models as of a past moment of the log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from adapters.graphql.scalars import Ordinal
from domain.errors import InvalidInput

When = int | datetime
"""An ordinal of the log, or a time."""


@strawberry.input(
    one_of=True,
    description="A moment of the past: exactly one of an ordinal of the log and a time.",
)
class AsOfInput:
    ordinal: Ordinal | None = strawberry.field(
        default=strawberry.UNSET, description="As of this event: the log up to and including this ordinal."
    )
    time: datetime | None = strawberry.field(
        default=strawberry.UNSET,
        description="As of this time: the log up to the last event recorded at or before it.",
    )


AsOf = Annotated[
    AsOfInput | None,
    strawberry.argument(
        description="Answer as of a past moment, without any event recorded later; by default as of now."
    ),
]


def when(as_of: AsOfInput | None) -> When | None:
    """The given moment; None for the present. Raises InvalidInput where the input has neither ordinal nor time."""
    if as_of is None:
        return None
    for given in (as_of.ordinal, as_of.time):
        if given is not None and given is not strawberry.UNSET:
            return given
    raise InvalidInput("asOf needs an ordinal or a time")
