"""The account's holding of one instrument in one-way mode: a signed quantity and its cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from domain.arithmetic import EXACT, ZERO
from domain.direction import Side

_COST_STEP = Decimal("1e-12")


@dataclass(slots=True)
class Holding:
    """`quantity` in base currency, negative when short; `cost` is the value it was traded for, in quote currency.

    `drained` is the part of the position's margin that funding has used up, in quote currency.
    """

    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    drained: Decimal = ZERO

    @property
    def size(self) -> Decimal:
        return abs(self.quantity)

    @property
    def closing_side(self) -> Side:
        """The side that reduces the holding; SELL where the quantity is zero."""
        return Side.BUY if self.quantity < ZERO else Side.SELL

    def reducible(self, side: Side) -> Decimal:
        """The quantity by which an order of this side can reduce the holding."""
        return self.size if self.quantity and side is self.closing_side else ZERO

    def trade(self, side: Side, quantity: Decimal, price: Decimal) -> Decimal:
        """Applies one fill; returns the realised profit before fees, in quote currency.

        Raises ValueError for a fill that would reverse the position; the caller has to split such a fill.
        """
        value = EXACT.multiply(quantity, price)
        against = self.reducible(side)
        if not against:
            return self._grow(side, quantity, value)
        if quantity > against:
            raise ValueError(f"a fill of {quantity} would reverse a position of {self.quantity}")
        return self._shrink(side, quantity, value)

    def _grow(self, side: Side, quantity: Decimal, value: Decimal) -> Decimal:
        self._move(side, quantity)
        self.cost = EXACT.add(self.cost, value)
        return ZERO

    def _shrink(self, side: Side, quantity: Decimal, value: Decimal) -> Decimal:
        released = self._released(quantity)
        self._move(side, quantity)
        self.cost = EXACT.subtract(self.cost, released)
        if not self.quantity:
            self.drained = ZERO
        return EXACT.subtract(value, released) if side is Side.SELL else EXACT.subtract(released, value)

    def _released(self, quantity: Decimal) -> Decimal:
        if quantity == self.size:
            return self.cost
        share = EXACT.divide(EXACT.multiply(self.cost, quantity), self.size)
        return share.quantize(_COST_STEP, rounding=ROUND_HALF_EVEN, context=EXACT)

    def _move(self, side: Side, quantity: Decimal) -> None:
        signed = quantity if side is Side.BUY else -quantity
        self.quantity = EXACT.add(self.quantity, signed)
