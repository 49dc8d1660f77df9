"""Sessions of a recording that overlap: two recorders had one instrument at the same time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from adapters.market_recordings.contents import Contents

_SET_BACK_NS: Final = 1_000_000_000
"""A clock that was set back by less between two sessions makes no overlap."""


class Overlap(NamedTuple):
    """Two sessions that have the instrument at the same time, named by the times at which they began."""

    instrument: str
    one: int
    other: int


def overlaps(found: Contents) -> Iterator[Overlap]:
    """The overlaps in a folder. It has one recorder at a time, so they are of folders that were put together."""
    spans = defaultdict[str, dict[int, tuple[int, int]]](dict)
    for (instrument, _, session), held in found.items():
        begin, end = spans[instrument].get(int(session), (held.begin_ns, held.end_ns))
        spans[instrument][int(session)] = min(begin, held.begin_ns), max(end, held.end_ns)
    for instrument, each in sorted(spans.items()):
        for (one, (_, end)), (other, (begin, _)) in pairwise(sorted(each.items())):
            if begin < end - _SET_BACK_NS:
                yield Overlap(instrument, one, other)
