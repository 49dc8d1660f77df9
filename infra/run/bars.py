"""The candles of a recorded market by instant, with what a search for the next instant of interest reads."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import inf

from adapters.simulated.idle import IdleBounds
from domain.candle import Candle
from domain.management.idle import Idle


class Bars:
    """`times` are the closes of the instants in order (UTC), `candles` those that close at each, at most one for each
    instrument.

    Beside the candles an instant takes about 90 bytes, and 24 more for each instrument; 16 more where its positions are
    managed.
    """

    __slots__ = ("_closings", "_extremes", "_funded", "_places", "by_instrument", "candles", "times")

    def __init__(self, instants: Iterable[tuple[datetime, Sequence[Candle]]]) -> None:
        both = list(instants)
        self.times: list[datetime] = [at for at, _closed in both]
        self.candles: list[Sequence[Candle]] = [closed for _at, closed in both]
        self._extremes: dict[str, _Extremes] = {}
        self._funded: dict[str, list[int]] = {}
        self._closings: dict[str, _Extremes] = {}
        found = _by_instrument(self.candles)
        self.by_instrument = {name: candles for name, (_places, candles) in found.items()}
        """The candles of each instrument, in order of time."""
        self._places = {name: places for name, (places, _candles) in found.items()}
        for name, (places, candles) in found.items():
            self._extremes[name] = _extremes(places, candles, len(self.times))
            funded = zip(places, candles, strict=True)
            self._funded[name] = [place for place, candle in funded if candle.funding_rate is not None]

    def closing_at(self, at: datetime) -> Sequence[int]:
        """The numbers of the instants at this time (UTC) with a candle; a recording can have several, or none."""
        begin = bisect_left(self.times, at)
        return [
            number for number in range(begin, bisect_right(self.times, at, begin)) if self.candles[number]
        ]

    def first_beyond(self, bounds: Mapping[str, IdleBounds], begin: int, end: int) -> int:
        """The first instant of `begin` to `end` with a candle that is not within these bounds; else `end`."""
        for name, one in bounds.items():
            extremes = self._extremes.get(name)
            if extremes is not None:
                end = _first_beyond_prices(extremes, one.below, one.above, begin, end)
                if one.is_funded:
                    funded = self._funded[name]
                    place = bisect_left(funded, begin)
                    end = min(end, funded[place]) if place < len(funded) else end
        return end

    def first_managed(self, prices: Mapping[str, Idle], begin: int, end: int) -> int:
        """The first instant of `begin` to `end` whose close, bid or ask is not within these prices; else `end`."""
        for name, one in prices.items():
            if name in self.by_instrument and not (one.below is None and one.above is None):
                below = -inf if one.below is None else float(one.below)
                above = inf if one.above is None else float(one.above)
                end = _first_beyond_prices(self._closing(name), below, above, begin, end)
        return end

    def _closing(self, name: str) -> _Extremes:
        """The least and the greatest of close, bid and ask, by instant; made at the first use."""
        found = self._closings.get(name)
        if found is None:
            places, candles = self._places[name], self.by_instrument[name]
            sides = [_sides(one) for one in candles]
            lows, highs = [min(one) for one in sides], [max(one) for one in sides]
            found = self._closings[name] = _by_instant(places, lows, highs, len(self.times))
        return found


_Extremes = tuple["array[float]", "array[float]"]
"""Lows and highs by instant, as doubles; of an instant without a candle of the instrument infinities."""


def _sides(candle: Candle) -> Sequence[float]:
    return [float(one) for one in (candle.close, candle.bid, candle.ask) if one is not None]


def _by_instrument(instants: Iterable[Sequence[Candle]]) -> Mapping[str, tuple[list[int], list[Candle]]]:
    """The candles of each instrument with the numbers of their instants."""
    found: dict[str, tuple[list[int], list[Candle]]] = {}
    for place, closed in enumerate(instants):
        for candle in closed:
            known = found.get(candle.instrument)
            if known is None:
                known = found[candle.instrument] = ([], [])
            known[0].append(place)
            known[1].append(candle)
    return found


def _extremes(places: Sequence[int], candles: Sequence[Candle], instants: int) -> _Extremes:
    lows, highs = [float(one.low) for one in candles], [float(one.high) for one in candles]
    return _by_instant(places, lows, highs, instants)


def _by_instant(
    places: Sequence[int], lows: Sequence[float], highs: Sequence[float], instants: int
) -> _Extremes:
    if len(places) == instants:
        return array("d", lows), array("d", highs)
    all_lows, all_highs = array("d", [inf]) * instants, array("d", [-inf]) * instants
    for place, low, high in zip(places, lows, highs, strict=True):
        all_lows[place], all_highs[place] = low, high
    return all_lows, all_highs


def _first_beyond_prices(extremes: _Extremes, below: float, above: float, begin: int, end: int) -> int:
    lows, highs = extremes
    while begin < end and below < lows[begin] and highs[begin] < above:
        begin += 1
    return begin
