"""Letters that wait to be written, within bounds, and the counts of those that are not kept."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Final, NamedTuple

from adapters.dead_letters.letter import Arrival, arrival
from adapters.dead_letters.state import LetterSource

MOST_WAITING: Final = 10_000
MOST_WAITING_BYTES: Final = 64 * 1024 * 1024
"""The letters that may wait and the bytes of their originals; both bound the memory."""
TOO_FAST, TOO_MANY = (
    "they came faster than they could be written",
    "the store has as many letters as it may have",
)


class Kind(NamedTuple):
    """What letters that are not kept have in common; `place` is without an offset."""

    source: LetterSource
    place: str
    why: str


class Backlog:
    """A queue of letters. What is over its bounds is counted by kind. It is not safe to use from several threads."""

    def __init__(self, most: int = MOST_WAITING, most_bytes: int = MOST_WAITING_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._waiting: deque[Arrival] = deque()
        self._bytes = 0
        self.left_out = Counter[Kind]()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, arrivals: Iterable[Arrival]) -> None:
        """Adds the letters, and counts those for which there is no room."""
        for one in arrivals:
            size = len(one.original)
            if len(self._waiting) >= self._most or self._bytes + size > self._most_bytes:
                self.leave_out([one], TOO_FAST)
            else:
                self._waiting.append(one)
                self._bytes += size

    def first(self, most: int) -> list[Arrival]:
        """The letters that have waited longest; they stay until `drop`."""
        return list(islice(self._waiting, most))

    def drop(self, number: int) -> None:
        """Takes this number of the first letters away."""
        for _ in range(number):
            self._bytes -= len(self._waiting.popleft().original)

    def leave_out(self, arrivals: Iterable[Arrival], why: str) -> None:
        """Counts letters that are not kept."""
        for one in arrivals:
            self.left_out[Kind(one.letter.source, one.letter.place.partition("@")[0], why)] += 1

    def summaries(self, at: datetime) -> Sequence[Arrival]:
        """A letter without an original for each kind of letters that were counted; the counts begin again."""
        counts, self.left_out = self.left_out, Counter[Kind]()
        return [
            arrival(
                kind.source,
                kind.place,
                at,
                f"{count:,} more were counted and not kept: {kind.why}",
                b"",
                key=f"{at.isoformat()} {kind.why}",
            )
            for kind, count in counts.items()
        ]
