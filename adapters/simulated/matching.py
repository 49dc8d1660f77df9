"""Matches one order with one candle: whether it trades, at which price, as maker or taker.

A limit order that rests trades at its own price, also where the market opens beyond it: the better price is that of the
order which meets it in the book. It trades only where the market trades one tick beyond its price, because at the price
itself other orders may be ahead in the queue. A stop order triggers where the market reaches its trigger. Each rule
takes the case that is worse for the account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec import Struct

from adapters.simulated.bar import Bar
from adapters.simulated.order import WorkingOrder
from adapters.simulated.steps import to_tick
from domain.arithmetic import ONE
from domain.direction import Side
from domain.order import Liquidity, OrderPlaced, OrderType


class Touch(Struct, frozen=True, gc=False):
    """A price at which the order trades: a maker gets `price`, a taker the quote at `price` with slippage."""

    price: Decimal
    liquidity: Liquidity


Meeting = Callable[[WorkingOrder, Bar, Decimal], Touch | None]


def on_arrival(order: WorkingOrder, bar: Bar, tick: Decimal) -> Touch | None:
    """The trade, at the open, of an order that is new, activated or amended; None where the order rests."""
    return _ON_ARRIVAL[order.terms.type](order, bar, tick)


def inside(order: WorkingOrder, bar: Bar, tick: Decimal) -> Touch | None:
    """The trade of a resting order inside the candle; None where there is none."""
    return _INSIDE[order.terms.type](order, bar, tick)


def on_waking(order: WorkingOrder, price: Decimal) -> Touch | None:
    """The immediate trade of an order activated inside the candle by its parent's fill at `price`; else None.

    A stop order triggers at once where `price` has passed its trigger; a target can trade from the next candle on.
    """
    if order.terms.type is not OrderType.STOP or not reaches(order.terms.side, price, _trigger(order)):
        return None
    return Touch(price, Liquidity.TAKER)


def execution_price(terms: OrderPlaced, touch: Touch, bar: Bar, slippage: Decimal, tick: Decimal) -> Decimal:
    """The price, rounded to the tick against the order. A taker's moves by the fraction `slippage`, at most to its
    limit.
    """
    side = terms.side
    price = touch.price
    if touch.liquidity is Liquidity.TAKER:
        price = _slipped(side, bar.quote(side, price), slippage)
    price = to_tick(price, side, tick)
    return price if terms.limit_price is None else _not_past(side, price, terms.limit_price)


def reaches(side: Side, price: Decimal, level: Decimal) -> bool:
    """Whether a rising (BUY) or falling (SELL) price has reached the level."""
    return price >= level if side is Side.BUY else price <= level


def _slipped(side: Side, price: Decimal, slippage: Decimal) -> Decimal:
    return price * (ONE + slippage if side is Side.BUY else ONE - slippage)


def _not_past(side: Side, price: Decimal, limit: Decimal) -> Decimal:
    return min(price, limit) if side is Side.BUY else max(price, limit)


def _taken_at_open(order: WorkingOrder, bar: Bar, tick: Decimal) -> Touch:  # noqa: ARG001  (a row of the tables)
    return Touch(bar.candle.open, Liquidity.TAKER)


def _limit_arriving(order: WorkingOrder, bar: Bar, tick: Decimal) -> Touch | None:
    quote = bar.quote(order.terms.side, bar.candle.open)
    return _taken_at_open(order, bar, tick) if _within(order, quote, _limit(order)) else None


def _limit_at_open(order: WorkingOrder, bar: Bar, tick: Decimal) -> Touch | None:
    quote = bar.quote(order.terms.side, bar.candle.open)
    return Touch(_limit(order), Liquidity.MAKER) if _within(order, quote, _through(order, tick)) else None


def _limit_at_quote_of_open(order: WorkingOrder, bar: Bar, tick: Decimal) -> Touch | None:
    quote = bar.quote(order.terms.side, bar.candle.open)
    return Touch(quote, Liquidity.MAKER) if _within(order, quote, _through(order, tick)) else None


def _limit_inside(order: WorkingOrder, bar: Bar, tick: Decimal) -> Touch | None:
    side = order.terms.side
    best = bar.quote(side, bar.far(side.opposite))
    return Touch(_limit(order), Liquidity.MAKER) if _within(order, best, _through(order, tick)) else None


def _stop_at_open(order: WorkingOrder, bar: Bar, tick: Decimal) -> Touch | None:
    gone = order.triggered or reaches(order.terms.side, bar.candle.open, _trigger(order))
    return _taken_at_open(order, bar, tick) if gone else None


def _stop_inside(order: WorkingOrder, bar: Bar, tick: Decimal) -> Touch | None:  # noqa: ARG001  (a row of the tables)
    side, trigger = order.terms.side, _trigger(order)
    if not reaches(side, bar.far(side), trigger):
        return None
    worst = max(trigger, bar.candle.open) if side is Side.BUY else min(trigger, bar.candle.open)
    return Touch(worst, Liquidity.TAKER)


def _within(order: WorkingOrder, price: Decimal, limit: Decimal) -> bool:
    return reaches(order.terms.side.opposite, price, limit)


def _through(order: WorkingOrder, tick: Decimal) -> Decimal:
    return _limit(order) - tick if order.terms.side is Side.BUY else _limit(order) + tick


def _limit(order: WorkingOrder) -> Decimal:
    if order.terms.limit_price is None:
        raise ValueError(f"limit order {order.id} was admitted without its price")
    return order.terms.limit_price


def _trigger(order: WorkingOrder) -> Decimal:
    if order.terms.trigger_price is None:
        raise ValueError(f"stop order {order.id} was admitted without its trigger")
    return order.terms.trigger_price


_ON_ARRIVAL: dict[OrderType, Meeting] = {
    OrderType.MARKET: _taken_at_open,
    OrderType.LIMIT: _limit_arriving,
    OrderType.STOP: _stop_at_open,
}
# A market order never rests, so it has no row below.
AT_OPEN: Mapping[int, Mapping[OrderType, Meeting]] = {
    1: {OrderType.LIMIT: _limit_at_quote_of_open, OrderType.STOP: _stop_at_open},
    2: {OrderType.LIMIT: _limit_at_open, OrderType.STOP: _stop_at_open},
}
"""The trade of a resting order at the candle's first price, None where there is none: by version of the rules, then by
type of the order. Version 1 gave a limit order the better price of an open beyond it.
"""
_INSIDE: dict[OrderType, Meeting] = {OrderType.LIMIT: _limit_inside, OrderType.STOP: _stop_inside}
