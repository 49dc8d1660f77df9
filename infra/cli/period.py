"""Options of a period of days, which reports and exports share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidInput

if TYPE_CHECKING:
    from projections.reports.period import Period

DayOption = Annotated[str | None, typer.Option("--day", metavar="DAY", help="This day (UTC), as 2025-06-30.")]
FromOption = Annotated[
    str | None, typer.Option("--from", metavar="DAY", help="From this day on; default: the log's first.")
]
ToOption = Annotated[
    str | None,
    typer.Option("--to", metavar="DAY", help="Up to this day, included; default: the log's last."),
]


def period_of(day: str | None, first: str | None, last: str | None) -> Period:
    """The period of these options. Raises InvalidInput for a text that is no day, and for a day beside other ends."""
    from projections.reports.period import Period, day_of

    if day is not None and (first is not None or last is not None):
        raise InvalidInput("--day is a period of its own: leave it out, or --from and --to")
    begin, end = (None if one is None else day_of(one) for one in (day or first, day or last))
    return Period(begin, end)
