"""The bounds of a candle's figures. Beyond them no market trades, and decimals of sixty digits would not be exact."""

from __future__ import annotations

from decimal import Decimal

from domain.candle import Candle
from domain.errors import InvalidInput

LEAST_PRICE, MOST_PRICE = Decimal("1e-18"), Decimal("1e18")
"""Of every price of a candle, in quote currency."""
MOST_VOLUME = Decimal("1e28")
"""Of volume (base currency) and turnover (quote currency)."""


def bounded(candle: Candle) -> Candle:
    """The candle. Raises InvalidInput, naming the figure, where one is beyond the bounds.

    A candle's low and high bound its other prices.
    """
    for name, price in (("low", candle.low), ("high", candle.high), ("bid", candle.bid), ("ask", candle.ask)):
        if price is not None and not LEAST_PRICE <= price <= MOST_PRICE:
            raise InvalidInput(
                f"{name} {price:.6g} is not in {LEAST_PRICE} … {MOST_PRICE}, as every price is"
            )
    for name, amount in (("volume", candle.volume), ("turnover", candle.turnover)):
        if amount is not None and amount > MOST_VOLUME:
            raise InvalidInput(f"{name} {amount:.6g} is above {MOST_VOLUME}, the largest amount")
    return candle
