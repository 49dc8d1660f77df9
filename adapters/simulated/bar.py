"""A candle with the distances of bid and ask from the traded price."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from domain.arithmetic import ZERO
from domain.candle import Candle
from domain.direction import Side


class Bar(Struct, frozen=True, gc=False):
    """`above` is the distance from the traded price to the ask, `below` to the bid; zero where the quote is absent."""

    candle: Candle
    above: Decimal
    below: Decimal

    def quote(self, side: Side, price: Decimal) -> Decimal:
        """The price that a taker gets when the market trades at `price`: the ask for BUY, the bid for SELL."""
        return price + self.above if side is Side.BUY else price - self.below

    def far(self, side: Side) -> Decimal:
        """The candle's high for BUY (a rising price), its low for SELL (a falling price)."""
        return self.candle.high if side is Side.BUY else self.candle.low


def bar_of(candle: Candle, before: Candle | None) -> Bar:
    """The bar of a candle, with the quotes of the candle before, because a candle's quotes are those at its close.

    The candle's own quotes are used where the candle before has none.
    """
    quoted = candle if before is None or (before.bid is None and before.ask is None) else before
    return Bar(
        candle,
        ZERO if quoted.ask is None else max(ZERO, quoted.ask - quoted.close),
        ZERO if quoted.bid is None else max(ZERO, quoted.close - quoted.bid),
    )
