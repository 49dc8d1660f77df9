"""A market that jumps to a price, as where bad news comes."""

from __future__ import annotations

from decimal import Decimal

from adapters.simulated.venue.codes import PARAMETER, Declined
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.venue import Venue
from domain.arithmetic import EXACT, ZERO
from domain.direction import Side


def displace(venue: Venue, market: Market, price: Decimal, now: int) -> None:
    """Moves what the market shows by the way from its price to `price`, a multiple of the tick, then prints the least
    quantity at `price`, which makes it the last price. Orders in the way are filled at their own prices.

    Raises Declined (10001) where the market has no price yet.
    """
    before = market.quoted_price
    if before is None:
        raise Declined(PARAMETER, f"{market.symbol} has no price yet")
    way = EXACT.subtract(price, before)
    levels = {
        side: [(level.price, level.foreign) for level in half if level.foreign]
        for side, half in market.book.sides.items()
    }
    for side, half in levels.items():
        for at, _size in half:
            market.book.set_foreign(side, at, ZERO)
    first = Side.BUY if way < ZERO else Side.SELL
    for side in (first, first.opposite):
        for at, size in levels[side]:
            if EXACT.add(at, way) > ZERO:
                venue.show(market.symbol, side, EXACT.add(at, way), size, now, market.category)
    market.displaced = price
    least = market.contract.instrument.min_quantity
    venue.trade(market.symbol, first.opposite, price, least, now, market.category)
