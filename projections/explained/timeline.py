"""The steps of a story with the time between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from domain.arithmetic import EXACT
from domain.log import Recorded
from projections.chain import Node, Story


class TimedStep(NamedTuple):
    """One event of a story, listed after the event above it.

    `depth` is the number of events above it. `because` is the outside fact of a step without one, else empty.
    `after_cause` is the time from the event above to this one, None without one; `since_start` is the time from the
    story's first event, `until_recorded` the time from the event to its record. They are differences of recorded times:
    on a tape they show the market's time, and they are negative where the exchange's clock is ahead of this machine's.
    """

    depth: int
    because: str
    recorded: Recorded
    line: str
    after_cause: timedelta | None
    since_start: timedelta
    until_recorded: timedelta


_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS = Decimal(1_000_000)


def seconds(span: timedelta) -> Decimal:
    """The exact time in seconds."""
    return EXACT.divide(Decimal(span // _MICROSECOND), _MICROSECONDS)


def timeline(found: Story) -> Sequence[TimedStep]:
    """The steps of a story, in the order of its tree."""
    begin = min(
        (node.recorded.envelope.meta.occurred_at for _, roots in found.roots for node in roots), default=None
    )
    if begin is None:
        return ()
    return [
        step for fact, roots in found.roots for root in roots for step in _steps(root, begin, None, 0, fact)
    ]


def _steps(
    node: Node, begin: datetime, above: datetime | None, depth: int, because: str
) -> Iterator[TimedStep]:
    meta = node.recorded.envelope.meta
    at = meta.occurred_at
    yield TimedStep(
        depth=depth,
        because=because,
        recorded=node.recorded,
        line=node.line,
        after_cause=None if above is None else at - above,
        since_start=at - begin,
        until_recorded=meta.recorded_at - at,
    )
    for caused in node.caused:
        yield from _steps(caused, begin, at, depth + 1, "")
