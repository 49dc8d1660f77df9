"""Places of events: `EventPlace` for one event, `Run` for consecutive events of one stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple


class EventPlace(NamedTuple):
    """The place of an event: ordinal, stream, version, and an offset that is at or before the event's record."""

    ordinal: int
    stream: str
    version: int
    offset: int


class Run(NamedTuple):
    """Consecutive events of one stream: `ordinal`, `version` and `offset` are those of the first event.

    The marker of an earlier transaction may lie between two of the events and take an offset. The offset of an event
    counted from `offset` may thus be too small, but never too large.
    """

    ordinal: int
    stream: str
    version: int
    offset: int
    events: int

    def between(self, first: int, last: int) -> Iterator[EventPlace]:
        """The places of the run's events with ordinals from `first` to `last`, both included."""
        ordinal, stream, version, offset, events = self
        for number in range(max(0, first - ordinal), min(events, last + 1 - ordinal)):
            yield EventPlace(ordinal + number, stream, version + number, offset + number)


def runs_of(ordinal: int, offset: int, events: Iterable[tuple[str, int, *tuple[Any, ...]]]) -> Iterator[Run]:
    """The runs of one commit, whose first event is at `ordinal` and `offset`."""
    running, begun, count = "", 0, 0
    for stream, version, *_ in events:
        if stream == running:
            count += 1
            continue
        if count:
            yield Run(ordinal, running, begun, offset, count)
            ordinal, offset = ordinal + count, offset + count
        running, begun, count = stream, version, 1
    if count:
        yield Run(ordinal, running, begun, offset, count)


def joined(places: Iterable[EventPlace]) -> Iterator[Run]:
    """The runs in `places`, which must be sorted by ordinal. The offsets in a run are consecutive, too."""
    ordinal, running, begun, begin, count = 0, "", 0, 0, 0
    for at, stream, version, offset in places:
        if stream == running and offset == begin + count:
            count += 1
            continue
        if count:
            yield Run(ordinal, running, begun, begin, count)
        ordinal, running, begun, begin, count = at, stream, version, offset, 1
    if count:
        yield Run(ordinal, running, begun, begin, count)
