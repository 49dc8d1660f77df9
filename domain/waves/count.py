"""A count: the waves of an impulse, counted between the swings where they begin and end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import fsum
from operator import attrgetter

from msgspec import Struct

# The waves that a count may have: before wave 3, before wave 5, and after wave 5.
_COMPLETE = (5, 4, 2)

# For each wave, the wave that it is measured by and the ratios that are expected (Frost and Prechter, chapter 4).
_EXPECTED: Mapping[int, tuple[int, Sequence[float]]] = {
    2: (1, (0.382, 0.5, 0.618, 0.786)),
    3: (1, (1.0, 1.618, 2.618)),
    4: (3, (0.236, 0.382, 0.5)),
    5: (1, (0.618, 1.0, 1.618)),
}
_THIRD_OF_FIRST = 1.618
_CORRECTION = 0.382


class WaveCount(Struct, frozen=True, gc=False):
    """Two, four or five waves of an impulse that hold the three rules; it never changes after it was made.

    `points` are the prices where the waves begin and end: three, five or six, the oldest first. `known` is the bar at
    which the last of them was confirmed (the first bar is 0), `confidence` is 0..1:

        0.5 + 0.5 * the mean over waves 2 to the last of max(0, 1 - |ratio - nearest| / (tolerance * nearest))

    `ratio` is the height of the wave by that of the wave it is measured by, `nearest` the nearest of the ratios that
    are expected of it: wave 2 by 1: 0.382, 0.5, 0.618, 0.786; 3 by 1: 1, 1.618, 2.618; 4 by 3: 0.236, 0.382, 0.5;
    5 by 1: 0.618, 1, 1.618. The half for the rules and the linear fall are our own; it is not a probability.

    Source of rules and ratios: A. J. Frost and R. R. Prechter, "Elliott Wave Principle" (1978).
    """

    points: tuple[float, ...]
    known: int
    confidence: float

    @property
    def waves(self) -> int:
        """How many waves are complete: 2, 4 or 5."""
        return len(self.points) - 1

    @property
    def impulse(self) -> int:
        """+1 for an impulse upwards, -1 downwards."""
        return 1 if self.points[1] > self.points[0] else -1

    @property
    def expected(self) -> int:
        """The sign of the move that is expected next: waves 3 and 5 go with the impulse, the correction against it."""
        return -self.impulse if self.waves == 5 else self.impulse

    @property
    def target(self) -> float:
        """The price at which the expected move ends, from the last point.

        Wave 3: 1.618 times wave 1. Wave 5: the height of wave 1, or of wave 3 if that is less, since otherwise wave 3
        would be the shortest. The correction: 0.382 of the whole impulse.
        """
        return self.points[-1] + self.expected * _MOVES[self.waves](self.points)


_MOVES: Mapping[int, Callable[[Sequence[float]], float]] = {
    2: lambda points: _THIRD_OF_FIRST * abs(points[1] - points[0]),
    4: lambda points: min(abs(points[1] - points[0]), abs(points[3] - points[2])),
    5: lambda points: _CORRECTION * abs(points[5] - points[0]),
}


def count_of(points: Sequence[float], known: int, tolerance: float) -> WaveCount | None:
    """The count of exactly these points, three, five or six alternating highs and lows; None if a rule is broken."""
    if not _holds_the_rules(points):
        return None
    return WaveCount(tuple(points), known, _confidence(points, tolerance))


def best_count(points: Sequence[float], known: int, tolerance: float) -> WaveCount | None:
    """The count that ends at the last of these alternating highs and lows; None if all break the rules.

    Of several the one with the greatest confidence, of equal ones the one with more waves.
    """
    counts = [
        count
        for waves in _COMPLETE
        if len(points) > waves and (count := count_of(points[-waves - 1 :], known, tolerance)) is not None
    ]
    return max(counts, key=attrgetter("confidence"), default=None)


def _holds_the_rules(points: Sequence[float]) -> bool:
    """Wave 2 ends within wave 1, wave 3 is not the shortest of 1, 3 and 5, and wave 4 ends beyond the end of wave 1."""
    up = 1 if points[1] > points[0] else -1
    heights = _heights(points)
    if min(heights) <= 0.0 or up * (points[2] - points[0]) <= 0.0:
        return False
    if len(points) > 4 and up * (points[4] - points[1]) <= 0.0:
        return False
    return len(points) < 6 or heights[2] >= min(heights[0], heights[4])


def _heights(points: Sequence[float]) -> list[float]:
    up = 1 if points[1] > points[0] else -1
    return [
        (up if wave % 2 else -up) * (end - start)
        for wave, (start, end) in enumerate(pairwise(points), start=1)
    ]


def _confidence(points: Sequence[float], tolerance: float) -> float:
    heights = _heights(points)
    scores = [_score(wave, heights, tolerance) for wave in range(2, len(heights) + 1)]
    return 0.5 + 0.5 * fsum(scores) / len(scores)


def _score(wave: int, heights: Sequence[float], tolerance: float) -> float:
    measure, ratios = _EXPECTED[wave]
    ratio = heights[wave - 1] / heights[measure - 1]
    return max(0.0, *(1.0 - abs(ratio - nearest) / (tolerance * nearest) for nearest in ratios))
