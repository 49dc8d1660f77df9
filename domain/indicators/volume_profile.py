"""The volume profile: how much was traded at which price in the last bars."""

from __future__ import annotations

from collections import deque
from math import frexp, ldexp

from msgspec import Struct

from domain.indicators.period import checked_period

# Volumes are counted in whole units, so that what a bar added is taken away exactly when it leaves.
_UNITS = 1 << 20


class ValueArea(Struct, frozen=True, gc=False):
    """The point of control (`poc`, the middle of the row with the most volume) and the bounds of the value area.

    Prices are in quote currency. `volume` is the mean volume of a bar, in base currency.
    """

    poc: float
    low: float
    high: float
    volume: float


class VolumeProfile:
    """The profile of the last `bars` bars, in rows of price.

    A doubling of the price, from one power of two to the next, has `rows` rows of equal height: with 1024 a row is
    between 0.05 % and 0.1 % of the price. A bar's volume is spread evenly over the rows from its low to its high. The
    row with the most volume is the point of control, of equal rows the lowest. The value area grows from it, row by
    row, to the side whose next row has more volume (upwards if equal), until it has the fraction `share` of the volume.
    The profile depends on the last `bars` bars only, to the bit. Source: J. Peter Steidlmayer's Market Profile (Chicago
    Board of Trade, 1985); rows instead of half hours of trade, and one row at a time instead of two, are our own.
    ValueError for fewer than 2 bars.
    """

    __slots__ = ("_bars", "_kept", "_rows", "_share", "_total", "_volumes")

    def __init__(self, bars: int, rows: int, share: float) -> None:
        self._bars = checked_period(bars)
        self._rows = rows
        self._share = share
        self._volumes: dict[int, int] = {}
        self._kept: deque[tuple[int, int, int]] = deque()
        self._total = 0

    def update(self, high: float, low: float, volume: float) -> None:
        """Takes the next bar; the oldest one leaves."""
        first, last = _row(low, self._rows), _row(high, self._rows)
        units = int(volume * _UNITS) // (last - first + 1)
        volumes, kept = self._volumes, self._kept
        kept.append((first, last, units))
        if units:
            self._total += units * (last - first + 1)
            for row in range(first, last + 1):
                volumes[row] = volumes.get(row, 0) + units
        if len(kept) > self._bars:
            self._leave(*kept.popleft())

    def _leave(self, first: int, last: int, units: int) -> None:
        if not units:
            return
        volumes = self._volumes
        self._total -= units * (last - first + 1)
        for row in range(first, last + 1):
            left = volumes[row] - units
            if left:
                volumes[row] = left
            else:
                del volumes[row]

    def value_area(self) -> ValueArea | None:
        """The value area of the last `bars` bars; None before there are so many, and where they have no volume."""
        volumes = self._volumes
        if len(self._kept) < self._bars or not self._total:
            return None
        bottom, top = min(volumes), max(volumes)
        dense = [volumes.get(row, 0) for row in range(bottom, top + 1)]
        poc, low, high = _grown(dense, self._share * self._total)
        poc, low, high = bottom + poc, bottom + low, bottom + high
        rows = self._rows
        middle = (_price(poc, rows) + _price(poc + 1, rows)) / 2.0
        mean = self._total / _UNITS / self._bars
        return ValueArea(middle, _price(low, rows), _price(high + 1, rows), mean)


def _grown(volumes: list[int], needed: float) -> tuple[int, int, int]:
    """The row with the most volume, and the first and last row of the area around it that has the volume needed."""
    inside = max(volumes)
    most = low = high = volumes.index(inside)
    last = len(volumes) - 1
    while inside < needed:
        above = volumes[high + 1] if high < last else -1
        below = volumes[low - 1] if low > 0 else -1
        if above >= below:
            high += 1
            inside += above
        else:
            low -= 1
            inside += below
    return most, low, high


def _row(price: float, rows: int) -> int:
    """The number of the row that holds a price. Exact operations only, so that it is equal on every machine."""
    mantissa, exponent = frexp(price)
    return exponent * rows + int((2.0 * mantissa - 1.0) * rows)


def _price(row: int, rows: int) -> float:
    """The lower bound of a row."""
    exponent, number = divmod(row, rows)
    return ldexp(1.0 + number / rows, exponent - 1)
