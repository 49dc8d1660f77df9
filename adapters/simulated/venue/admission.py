"""The checks on a new or amended order of a linear contract; each refuses with the code that Bybit documents."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct

from adapters.simulated.bounds import is_off_step, is_outside_band, is_worth_too_little
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.codes import (
    DUPLICATE,
    NOT_FALLING,
    NOT_RISING,
    OUTSIDE_BAND,
    PARAMETER,
    REDUCE_ONLY,
    REDUCE_ONLY_SIDE,
    TOO_FEW,
    TOO_LITTLE_VALUE,
    TOO_MANY,
    TOO_MANY_ORDERS,
    TOO_MANY_WAITING,
    WRONG_INDEX,
    Declined,
)
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.order import Order
from adapters.simulated.venue.position import Position
from adapters.simulated.venue.requests import SIDES, Kind, OrderRequest
from adapters.simulated.venue.triggers import FALLS, RISES, reaches
from domain.direction import Side

MOST_ACTIVE, MOST_WAITING = 500, 10
_LINK = re.compile(r"[A-Za-z0-9_-]{1,36}")


class Candidate(Struct, frozen=True, gc=False, kw_only=True):
    """An order to check. `price` is its limit, or the trigger or last price of a market order; `last` the last price.

    `waits`: the order has a trigger. `reduces`: it may only shrink `position`.
    """

    market: Market
    account: Account
    position: Position
    request: OrderRequest
    last: Decimal
    price: Decimal

    @property
    def side(self) -> Side:
        return SIDES[self.request.side]

    @property
    def waits(self) -> bool:
        return bool(self.request.trigger_price)

    @property
    def reduces(self) -> bool:
        """True also of the closing side in hedge mode, which never opens."""
        request = self.request
        return request.reduce_only or request.close_on_trigger or not self.position.opens(self.side)

    @property
    def is_market(self) -> bool:
        return self.request.order_type is Kind.MARKET


def check_index(account: Account, request: OrderRequest) -> None:
    """Raises Declined where the position index does not fit the account's mode."""
    if request.position_idx not in account.indexes(request.symbol):
        raise Declined(WRONG_INDEX)


def check_new(candidate: Candidate) -> None:
    """Raises Declined for the first check that a new order fails."""
    for check in (*_ON_ENTRY, *_ON_TERMS):
        check(candidate)


def check_amended(candidate: Candidate) -> None:
    """Raises Declined for the first check that an order's changed terms fail."""
    for check in _ON_TERMS:
        check(candidate)


def _link(candidate: Candidate) -> None:
    link = candidate.request.order_link_id
    if link and _LINK.fullmatch(link) is None:
        raise Declined(PARAMETER, "orderLinkId must have at most 36 letters, digits, dashes or underscores")
    if link in candidate.account.links:
        raise Declined(DUPLICATE)


def _not_too_many(candidate: Candidate) -> None:
    working = candidate.account.working(candidate.market.symbol)
    waiting = sum(_is_conditional(order) for order in working)
    if candidate.waits and waiting >= MOST_WAITING:
        raise Declined(TOO_MANY_WAITING)
    if not candidate.waits and len(working) - waiting >= MOST_ACTIVE:
        raise Declined(TOO_MANY_ORDERS)


def _is_conditional(order: Order) -> bool:
    return order.waits


def _quantity(candidate: Candidate) -> None:
    quantity, rules = candidate.request.qty, candidate.market.contract.instrument
    if not quantity and candidate.request.reduce_only and candidate.request.close_on_trigger:
        return
    if is_off_step(quantity, rules.lot):
        raise Declined(PARAMETER, f"qty {quantity} is not a multiple of {rules.lot}")
    if quantity < rules.min_quantity:
        raise Declined(TOO_FEW)
    most = candidate.market.contract.max_market if candidate.is_market else rules.max_quantity
    if quantity > most:
        raise Declined(TOO_MANY)


def _price(candidate: Candidate) -> None:
    request, tick = candidate.request, candidate.market.contract.instrument.tick
    if not candidate.is_market and not request.price:
        raise Declined(PARAMETER, "price is missing")
    for name, price in (("price", request.price), ("triggerPrice", request.trigger_price)):
        if price and is_off_step(price, tick):
            raise Declined(PARAMETER, f"{name} {price} is not a multiple of {tick}")


def _band(candidate: Candidate) -> None:
    limit = candidate.request.price
    if candidate.is_market or candidate.waits or not limit or not candidate.last:
        return
    if is_outside_band(candidate.side, limit, candidate.last, candidate.market.contract.band):
        raise Declined(OUTSIDE_BAND)


def _value(candidate: Candidate) -> None:
    rules = candidate.market.contract.instrument
    if not candidate.reduces and is_worth_too_little(rules, candidate.request.qty, candidate.price):
        raise Declined(TOO_LITTLE_VALUE, f"{rules.min_notional}{rules.quote}")


def _reduction(candidate: Candidate) -> None:
    request = candidate.request
    if not candidate.reduces or candidate.waits:
        return
    if request.take_profit or request.stop_loss:
        raise Declined(PARAMETER, "a reduce-only order has no takeProfit or stopLoss")
    if not candidate.position.size:
        raise Declined(REDUCE_ONLY)
    if not candidate.position.reducible(candidate.side):
        raise Declined(REDUCE_ONLY_SIDE)


def _trigger(candidate: Candidate) -> None:
    request = candidate.request
    if not request.trigger_price:
        return
    if request.trigger_direction not in (RISES, FALLS):
        raise Declined(PARAMETER, "triggerDirection must be 1 (rise) or 2 (fall)")
    current = candidate.market.price(request.trigger_by)
    if current is not None and reaches(request.trigger_direction, current, request.trigger_price):
        raise Declined(NOT_RISING if request.trigger_direction == RISES else NOT_FALLING)


_Check = Callable[[Candidate], None]
_ON_ENTRY: tuple[_Check, ...] = (_link, _not_too_many)
_ON_TERMS: tuple[_Check, ...] = (_quantity, _price, _band, _value, _reduction, _trigger)
