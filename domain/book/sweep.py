"""What a market order takes from a book: size, value, mean and worst price, and its cost beside the best price."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from domain.arithmetic import EXACT
from domain.errors import InvalidInput
from domain.market import Level

_ZERO = Decimal(0)


class Sweep(Struct, frozen=True, kw_only=True, gc=False):
    """`filled` of `wanted` in base currency, for `value` in quote currency, without fees.

    `best` and `worst` are the first and last price taken; None where the book has no level.
    """

    wanted: Decimal
    filled: Decimal
    value: Decimal
    best: Decimal | None
    worst: Decimal | None

    @property
    def is_whole(self) -> bool:
        """Whether the known levels hold the whole size."""
        return self.filled == self.wanted

    @property
    def vwap(self) -> Decimal | None:
        """The mean price, weighted by size: value / filled; None where nothing is filled."""
        return EXACT.divide(self.value, self.filled) if self.filled else None

    @property
    def cost(self) -> Decimal:
        """What the filled size costs beyond the best price, at least 0, in quote currency: |value - best x filled|."""
        if self.best is None:
            return _ZERO
        return abs(EXACT.subtract(self.value, EXACT.multiply(self.best, self.filled)))


def sweep(levels: Iterable[Level], size: Decimal) -> Sweep:
    """Takes `size` from the levels, best first. Raises InvalidInput for a size that is not above 0."""
    if not size.is_finite() or size <= 0:
        raise InvalidInput(f"the size of a sweep is above 0, not {size}")
    left, value = size, _ZERO
    best: Decimal | None = None
    worst: Decimal | None = None
    for level in levels:
        taken = min(left, level.size)
        value = EXACT.add(value, EXACT.multiply(taken, level.price))
        left = EXACT.subtract(left, taken)
        best, worst = best or level.price, level.price
        if not left:
            break
    return Sweep(wanted=size, filled=EXACT.subtract(size, left), value=value, best=best, worst=worst)
