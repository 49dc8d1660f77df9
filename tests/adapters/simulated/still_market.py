"""A market of a venue that shows one price, for benches that move prices by hand."""

from __future__ import annotations

from decimal import Decimal

from adapters.simulated.venue import Venue
from adapters.simulated.venue.market import Market
from domain.arithmetic import total
from domain.direction import Side

D = Decimal
PRINTED = D("0.001")


def show_and_trade(venue: Venue, symbol: str, price: Decimal, volume: Decimal, now: int) -> None:
    """The market shows a quantity at the price on both sides, and trades what rests at it or better.

    All orders together fill at most `volume`.
    """
    market = venue.markets[symbol]
    for side in Side:
        for level in list(market.book.sides[side]):
            market.book.set_foreign(side, level.price, D(0))
    bids = min(volume, _resting(market, Side.BUY, price))
    asks = min(volume - bids, _resting(market, Side.SELL, price))
    left = volume - bids - asks
    if left:
        market.book.set_foreign(Side.BUY, price, left)
        market.book.set_foreign(Side.SELL, price, left + PRINTED)
    for side, quantity in ((Side.SELL, bids), (Side.BUY, asks)):
        if quantity:
            venue.trade(symbol, side, price, quantity, now)
    venue.trade(symbol, Side.BUY, price, PRINTED, now)


def _resting(market: Market, side: Side, price: Decimal) -> Decimal:
    """What rests on a side at the price or better."""
    levels = market.book.sides[side].within(price)
    return total(entry.size for level in levels for entry in level.queue)
