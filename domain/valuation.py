"""The value of open positions at the market's prices, in quote currency, before the fees of closing them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from domain.arithmetic import ZERO, total
from domain.candle import Candle
from domain.direction import Direction
from domain.market import MarketView
from domain.portfolio import OpenPosition
from domain.position import Open, notional, realised_profit


def unrealised(positions: Iterable[OpenPosition], market: MarketView) -> Decimal:
    """The profit of the positions at the last prices; a position without a price counts as zero."""
    return total([profit_at(held.state, _last(held.state, market)) for held in positions])


def unrealised_at_worst(
    positions: Iterable[OpenPosition], market: MarketView, candles: Mapping[str, Candle], at: datetime
) -> Decimal:
    """The profit of the positions if each price is the one in its candle that is worst for the position.

    `candles` are those that close at `at`, by instrument. The worst price is the low for a long and the high for a
    short. A position that was opened at `at` has its last price, because the order of prices within a candle is
    unknown. The worst prices of several instruments need not have occurred together, so the sum is a lower bound.
    """
    return total([profit_at(held.state, _worst(held, market, candles, at)) for held in positions])


def profit_at(held: Open, price: Decimal | None) -> Decimal:
    """The profit of a position at this price, before the fees of closing it; zero without a price."""
    if price is None:
        return ZERO
    return realised_profit(held.direction, notional(held.quantity, price), held.cost)


def _worst(
    held: OpenPosition, market: MarketView, candles: Mapping[str, Candle], at: datetime
) -> Decimal | None:
    candle = candles.get(held.state.instrument)
    if candle is None or held.opened_at >= at:
        return _last(held.state, market)
    return candle.low if held.state.direction is Direction.LONG else candle.high


def _last(held: Open, market: MarketView) -> Decimal | None:
    last = market.last(held.instrument)
    return None if last is None else last.price
