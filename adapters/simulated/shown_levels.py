"""The levels of one reading of an order book, less what the account has taken of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from domain.arithmetic import EXACT, ZERO
from domain.direction import Side
from domain.market import Level


class ShownLevels:
    """Quantities are in base currency. What is taken stays taken until the next reading."""

    __slots__ = ("_left",)

    def __init__(self, bids: Sequence[Level], asks: Sequence[Level]) -> None:
        """The best levels of each side, best first."""
        self._left: Mapping[Side, list[Level]] = {Side.BUY: list(asks), Side.SELL: list(bids)}

    def take(self, side: Side, quantity: Decimal, limit: Decimal | None) -> Sequence[Level]:
        """Takes up to `quantity` for an order of this side, at `limit` or better; returns prices with quantities."""
        taken = list(self._taken(side, quantity, limit))
        self._left[side][: len(taken)] = self._rest(side, taken)
        return taken

    def _taken(self, side: Side, quantity: Decimal, limit: Decimal | None) -> Iterator[Level]:
        left = quantity
        for level in self._left[side]:
            if left <= ZERO or (limit is not None and _is_beyond(side, level.price, limit)):
                return
            size = min(left, level.size)
            left = EXACT.subtract(left, size)
            yield Level(level.price, size)

    def _rest(self, side: Side, taken: Sequence[Level]) -> list[Level]:
        shown = zip(self._left[side], taken, strict=False)
        rest = (Level(level.price, EXACT.subtract(level.size, one.size)) for level, one in shown)
        return [level for level in rest if level.size]


def _is_beyond(side: Side, price: Decimal, limit: Decimal) -> bool:
    return price > limit if side is Side.BUY else price < limit
