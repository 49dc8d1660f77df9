"""Icebergs: prices of one side at which more is traded than was shown, by refills after trades."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

SPAN_MS = 60_000
REFILLS = 3
"""A price is that of an iceberg after so many refills."""
_MOST = 256
"""Beyond so many prices, those without a refill for a minute are removed."""


class Refilled(Struct, gc=False):
    """The refills at one price: their number, their sum and the largest shown size (base currency), the last time."""

    refills: int
    hidden: float
    shown: float
    at: int


class Icebergs:
    """The refilled prices of one side; one without a refill for a minute is forgotten."""

    __slots__ = ("_large", "_prices")

    def __init__(self) -> None:
        self._prices: dict[float, Refilled] = {}
        self._large: dict[float, Refilled] = {}

    def take(self, refills: Mapping[float, float], shown: Mapping[float, float], at: int) -> None:
        """Takes what was refilled at each price, and the sizes shown now; `at` in Unix milliseconds."""
        if len(self._prices) > _MOST:
            self._prices = {price: one for price, one in self._prices.items() if one.at > at - SPAN_MS}
        for price, size in refills.items():
            known = self._prices.get(price)
            if known is None or known.at <= at - SPAN_MS:
                known = self._prices[price] = Refilled(0, 0.0, 0.0, at)
            known.refills += 1
            known.hidden += size
            known.shown = max(known.shown, shown.get(price, 0.0))
            known.at = at
            if known.refills == REFILLS:
                self._large[price] = known

    def largest(self, at: int) -> float:
        """The largest hidden / shown size of an iceberg; 0 where there is none."""
        if not self._large:
            return 0.0
        largest, since = 0.0, at - SPAN_MS
        for price, one in list(self._large.items()):
            if one.at <= since:
                del self._large[price]
            elif one.shown > 0.0 and one.hidden > largest * one.shown:
                largest = one.hidden / one.shown
        return largest
