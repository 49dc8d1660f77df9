"""The counter: it joins confirmed swings to waves and holds the count that is in force."""

from __future__ import annotations

from collections.abc import Iterator

from domain.indicators import Extreme, FloatArray, Swing, Swings
from domain.waves.count import WaveCount, best_count

_POINTS = 6


class WaveCounter:
    """Counts waves from bar to bar.

    The end points of waves are confirmed swings (`Swings`), in turn a high and a low. A further swing of the same
    kind takes the place of the last point if it is more extreme; otherwise it is left out. After each change of the
    points the counts of two, four and five waves that end at the last point are made (`best_count`).

    A count is made once, from points that are all confirmed, and never changed: a later swing makes another count or
    none. It is in force until then, or until a price beyond its last point shows that the wave did not end there.
    """

    __slots__ = ("_points", "_tolerance", "count")

    def __init__(self, tolerance: float) -> None:
        self._tolerance = tolerance
        self._points: list[Swing] = []
        self.count: WaveCount | None = None

    def take(self, swing: Swing) -> bool:
        """Takes the next confirmed swing; returns whether it made a count."""
        if not self._join(swing):
            return False
        prices = [point.price for point in self._points]
        # A low above the high before it, as after a steep rise, is the end of no wave.
        ends_a_wave = len(prices) > 1 and swing.extreme.value * (prices[-1] - prices[-2]) > 0.0
        self.count = best_count(prices, swing.confirmed, self._tolerance) if ends_a_wave else None
        return self.count is not None

    def pass_through(self, high: float, low: float) -> None:
        """Takes the extremes of the bars since the last swing or call; ends a count whose last point they exceed."""
        count = self.count
        if count is None:
            return
        last = self._points[-1]
        if high > last.price if last.extreme is Extreme.HIGH else low < last.price:
            self.count = None

    def _join(self, swing: Swing) -> bool:
        points = self._points
        if points and points[-1].extreme is swing.extreme:
            if swing.extreme.value * (swing.price - points[-1].price) <= 0.0:
                return False
            points[-1] = swing
            return True
        points.append(swing)
        if len(points) > _POINTS:
            del points[0]
        return True


def wave_counts(highs: FloatArray, lows: FloatArray, bars: int, tolerance: float) -> list[WaveCount]:
    """Every count made on prices of shape (n,) each, oldest first, with swings of `bars` bars on either side."""
    return list(_counts(highs, lows, Swings(bars), WaveCounter(tolerance)))


def _counts(highs: FloatArray, lows: FloatArray, stream: Swings, counter: WaveCounter) -> Iterator[WaveCount]:
    for high, low in zip(highs.tolist(), lows.tolist(), strict=True):
        counter.pass_through(high, low)
        for swing in stream.update(high, low):
            if counter.take(swing) and counter.count is not None:
                yield counter.count
