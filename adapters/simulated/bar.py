"""What the market of one instrument was: in a candle, or at one reading of its order book."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from adapters.simulated.fill_source import FillSource
from adapters.simulated.shown_levels import ShownLevels
from domain.arithmetic import EXACT, ZERO
from domain.candle import Candle
from domain.direction import Side
from domain.market import BookReading

_INSTANT = timedelta(0)
_TWO = Decimal(2)


class Bar(Struct, frozen=True, gc=False):
    """`above` is the distance from the traded price to the ask, `below` to the bid; zero where the quote is absent.

    `levels` are those of a reading, which fill in place of the candle's volume; its candle is then an instant at the
    middle of the best prices. None is a candle of the market.
    """

    candle: Candle
    above: Decimal
    below: Decimal
    levels: ShownLevels | None = None

    @property
    def source(self) -> FillSource:
        """What fills in this market."""
        return FillSource.CANDLE if self.levels is None else FillSource.READING

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


def bar_of_reading(reading: BookReading, at: datetime) -> Bar | None:
    """The bar of a reading that was received at `at` (UTC); None where its book is not known or has an empty side."""
    if not reading.is_known or not reading.bids or not reading.asks:
        return None
    bid, ask = reading.bids[0].price, reading.asks[0].price
    middle = EXACT.divide(EXACT.add(bid, ask), _TWO)
    candle = Candle(
        instrument=reading.instrument,
        interval=_INSTANT,
        open_time=at,
        open=middle,
        high=middle,
        low=middle,
        close=middle,
        volume=ZERO,
    )
    above, below = EXACT.subtract(ask, middle), EXACT.subtract(middle, bid)
    return Bar(candle, above, below, ShownLevels(reading.bids, reading.asks))
