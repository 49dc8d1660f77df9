"""Hard caps on one order that adds exposure: its notional, and the distance of its price from the market.

The caps use nothing that the committees have computed, so that a fault there, or a price that has run away since the
decision, does not reach the exchange.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from domain.arithmetic import EXACT, ZERO, distance
from domain.direction import Side
from domain.market import LastPrice
from domain.order import OrderPlaced, OrderType
from domain.settings import CapSettings


class Priced(Struct, frozen=True, gc=False, kw_only=True):
    """An order that adds exposure, with the price that it was decided at and the last price of the market.

    `reference` is None for a person's market order, `market` before the instrument's first price. Prices are in quote
    currency.
    """

    terms: OrderPlaced
    reference: Decimal | None
    market: LastPrice | None


def exceeded(order: Priced, caps: CapSettings) -> Iterator[str]:
    """A sentence for each cap that the order exceeds, with its figures.

    A limit order deviates by how much worse than the market its limit is; a limit that is better than the market only
    waits. A market order deviates by the distance between the market and the price it was decided at. The trigger of a
    stop is away from the market by its nature and is not judged. Without a price of the market an order that would be
    judged by it exceeds its cap.
    """
    notional = _notional(order)
    if (caps.max_notional and notional is None) or (caps.max_deviation and order.market is None):
        yield f"no price of {order.terms.instrument} is known to judge it by"
        return
    if caps.max_notional and notional is not None and notional > caps.max_notional:
        yield f"its notional of {notional} is above {caps.max_notional} (caps.max_notional)"
    if caps.max_deviation and order.market is not None:
        yield from _deviation(order, order.market, caps.max_deviation)


def _notional(order: Priced) -> Decimal | None:
    """The quantity at the order's own price, else at the market's; None where neither is known."""
    terms, market = order.terms, order.market
    price = terms.limit_price or terms.trigger_price or (None if market is None else market.price)
    return None if price is None else EXACT.multiply(terms.quantity, price)


def _deviation(order: Priced, market: LastPrice, most: Decimal) -> Iterator[str]:
    name, price, away = _away(order, market.price)
    if price is not None and away > EXACT.multiply(market.price, most):
        share = EXACT.divide(away, market.price)
        yield (
            f"its {name} of {price} is {share:.2%} from the market's {market.price} of {market.at:%H:%M:%S} UTC, more "
            f"than {most:.2%} (caps.max_deviation)"
        )


def _away(order: Priced, market: Decimal) -> tuple[str, Decimal | None, Decimal]:
    """The name of the judged price, the price (None if none is judged), and its distance from the market."""
    terms, reference = order.terms, order.reference
    if terms.type is OrderType.LIMIT and terms.limit_price is not None:
        worse = EXACT.subtract(terms.limit_price, market)
        return "limit", terms.limit_price, worse if terms.side is Side.BUY else EXACT.minus(worse)
    if terms.type is OrderType.MARKET and reference is not None:
        return "price", reference, distance(reference, market)
    return "", None, ZERO
