"""Strong levels of a side of a book: those that are much larger than the levels around them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from domain.arithmetic import EXACT
from domain.market import Level

FEWEST = 5
"""A side with fewer levels has no strong one: the median of so few says nothing."""

_HALF = Decimal("0.5")


def strong_levels(levels: Sequence[Level], multiple: Decimal) -> Sequence[Level]:
    """The levels with at least `multiple` times the median size of those given, in the order in which they are given.

    The median of an even number of sizes is the mean of the two in the middle.
    """
    if len(levels) < FEWEST:
        return ()
    least = EXACT.multiply(median_size(levels), multiple)
    return [one for one in levels if one.size >= least]


def median_size(levels: Sequence[Level]) -> Decimal:
    """The median size (base currency) of one level or more."""
    sizes = sorted(one.size for one in levels)
    middle = len(sizes) // 2
    if len(sizes) % 2:
        return sizes[middle]
    return EXACT.multiply(EXACT.add(sizes[middle - 1], sizes[middle]), _HALF)
