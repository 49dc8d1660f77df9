"""The signs of a reversal of each instrument, at each interval at which some position's owner reads them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

from domain.candle import Candle
from domain.coarser import CoarserCandles, check_coarser
from domain.management.signs import Signs
from domain.management.turned import Turned

_Reader = tuple[Signs, CoarserCandles | None]
_Key = tuple[str, timedelta | None]


class SignsReaders:
    """Reads the market's candles. The interval None is that of the market."""

    __slots__ = ("_closed", "_readers")

    def __init__(self) -> None:
        self._readers: dict[_Key, _Reader] = {}
        self._closed: dict[_Key, Mapping[str, Turned]] = {}

    def keep(self, intervals: Collection[timedelta | None]) -> None:
        """Drops what was read at other intervals: an age in candles is wrong where candles were not read."""
        self._readers = {key: one for key, one in self._readers.items() if key[1] in intervals}
        self._closed = {key: one for key, one in self._closed.items() if key[1] in intervals}

    def take(self, candles: Iterable[Candle], intervals: Collection[timedelta | None]) -> None:
        """Takes the candles that closed at one time, at each of these intervals.

        Raises InvalidInput where candles of an interval cannot be built from those of the market.
        """
        self._closed = {}
        for candle in candles:
            for interval in intervals:
                self._read(candle, interval)

    def closed(self, instrument: str, interval: timedelta | None) -> Mapping[str, Turned] | None:
        """The signs of the instrument, where the last candles taken have closed one of this interval; else None."""
        return self._closed.get((instrument, interval))

    def _read(self, candle: Candle, interval: timedelta | None) -> None:
        key = candle.instrument, interval
        reader = self._readers.get(key)
        if reader is None:
            reader = self._readers[key] = Signs(), _coarser(interval, candle.instrument, candle.interval)
        signs, coarser = reader
        closed = (candle,) if coarser is None else coarser.take(candle)
        for one in closed:
            signs.take(one)
        if closed:
            self._closed[key] = signs.turned


def _coarser(interval: timedelta | None, instrument: str, given: timedelta) -> CoarserCandles | None:
    if interval is None or interval == given:
        return None
    check_coarser(instrument, given, interval)
    return CoarserCandles(interval)
