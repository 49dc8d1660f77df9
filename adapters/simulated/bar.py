"""A candle as orders meet it: its prices, and how far bid and ask stood from them."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from domain.arithmetic import ZERO
from domain.candle import Candle
from domain.direction import Side


class Bar(Struct, frozen=True, gc=False):
    """`above` is the distance from the traded price to the ask, `below` to the bid; zero where not given."""

    candle: Candle
    above: Decimal
    below: Decimal

    def quote(self, side: Side, price: Decimal) -> Decimal:
        """What a taker of this side meets when the market trades at `price`: the ask to buy, the bid to sell."""
        return price + self.above if side is Side.BUY else price - self.below

    def far(self, side: Side) -> Decimal:
        """The end of the range that a price rising (BUY) or falling (SELL) reaches."""
        return self.candle.high if side is Side.BUY else self.candle.low


def bar_of(candle: Candle, before: Candle | None) -> Bar:
    """Bid and ask stand at a candle's close, so those before it are the ones its orders meet; else its own."""
    told = candle if before is None or (before.bid is None and before.ask is None) else before
    return Bar(
        candle,
        ZERO if told.ask is None else max(ZERO, told.ask - told.close),
        ZERO if told.bid is None else max(ZERO, told.close - told.bid),
    )
