"""Where events are: a place for one, a run for several of one stream that follow each other in the log too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple


class EventPlace(NamedTuple):
    """An event's place: ordinal, stream, version, and an offset at or before the record (never after it)."""

    ordinal: int
    stream: str
    version: int
    offset: int


class Run(NamedTuple):
    """Events of one stream in a row: ordinal, version and offset are those of the first.

    Between them may lie a marker of an earlier transaction: an offset counted on from the first is then too small,
    never too large.
    """

    ordinal: int
    stream: str
    version: int
    offset: int
    events: int

    def between(self, first: int, last: int) -> Iterator[EventPlace]:
        """The places of those of its events that have the ordinals `first` to `last`."""
        ordinal, stream, version, offset, events = self
        for number in range(max(0, first - ordinal), min(events, last + 1 - ordinal)):
            yield EventPlace(ordinal + number, stream, version + number, offset + number)


def runs_of(ordinal: int, offset: int, events: Iterable[tuple[str, int, *tuple[Any, ...]]]) -> Iterator[Run]:
    """The runs in one commit whose first event came to be at `ordinal` and `offset`."""
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
    """The runs in places that are known one by one, in the order of ordinals: offsets in a row as well."""
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
