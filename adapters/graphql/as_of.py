"""`asOf`: which moment of the log a question is put to."""

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
        default=strawberry.UNSET, description="As the log was when it ended with this event: exact."
    )
    time: datetime | None = strawberry.field(
        default=strawberry.UNSET,
        description="As the log was at this time: with the last event that was recorded by then.",
    )


AsOf = Annotated[
    AsOfInput | None,
    strawberry.argument(
        description="Answer as of a moment of the past: what was recorded later is not known. Now, when left out."
    ),
]


def when(as_of: AsOfInput | None) -> When | None:
    """The moment that is meant; None for now. Raises InvalidInput where none is named."""
    if as_of is None:
        return None
    for told in (as_of.ordinal, as_of.time):
        if told is not None and told is not strawberry.UNSET:
            return told
    raise InvalidInput("asOf needs an ordinal or a time")
