"""The checks on a new or amended order of a linear contract; each refuses with the code that Bybit documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from msgspec import Struct

from adapters.simulated.bounds import is_off_step, is_outside_band, is_worth_too_little
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.codes import (
    DUPLICATE,
    NOT_ENOUGH,
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
    UNKNOWN_TO_AMEND,
    UNKNOWN_TO_CANCEL,
    WRONG_INDEX,
    Code,
    Declined,
)
from adapters.simulated.venue.desk import Refusals
from adapters.simulated.venue.ids import Ids
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.order import Order, Status, StopKind
from adapters.simulated.venue.position import Position
from adapters.simulated.venue.requests import SIDES, Kind, OrderRequest
from adapters.simulated.venue.stops import check_form, check_stops, forms_of
from adapters.simulated.venue.triggers import FALLS, RISES, reaches
from domain.arithmetic import ZERO
from domain.direction import Side

MOST_ACTIVE, MOST_WAITING = 500, 10
_LINK = re.compile(r"[A-Za-z0-9_-]{1,36}")


class Candidate(Struct, frozen=True, gc=False, kw_only=True):
    """An order to check. `price` is its limit, or the trigger or last price of a market order; `last` the last price.

    `waits`: its trigger has not been reached. `reduces`: it may only shrink `position`.
    """

    market: Market
    account: Account
    position: Position
    request: OrderRequest
    last: Decimal
    price: Decimal
    waits: bool

    @property
    def side(self) -> Side:
        return SIDES[self.request.side]

    @property
    def reduces(self) -> bool:
        """True also of the closing side in hedge mode, which never opens."""
        request = self.request
        return request.reduce_only or request.close_on_trigger or not self.position.opens(self.side)

    @property
    def is_market(self) -> bool:
        return self.request.order_type is Kind.MARKET


class ContractAdmission:
    """The admission of orders of linear contracts."""

    refusals = Refusals(UNKNOWN_TO_AMEND, UNKNOWN_TO_CANCEL, NOT_ENOUGH)

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self.kinds = _KINDS

    def admitted(self, market: Market, account: Account, request: OrderRequest, now: int) -> Order:
        """The order that a request describes; raises Declined for the first check that it fails."""
        if request.position_idx not in account.indexes(request.symbol):
            raise Declined(WRONG_INDEX)
        candidate = _candidate(market, account, request, now, waits=bool(request.trigger_price))
        for check in (*_ON_ENTRY, *_ON_TERMS):
            check(candidate)
        self._check_stops(candidate)
        return self._order(candidate, now)

    def amended(self, market: Market, order: Order, terms: OrderRequest, now: int) -> OrderRequest:
        """The changed terms; raises Declined for the first check that they fail."""
        candidate = _candidate(market, order.account, terms, now, waits=order.waits)
        for check in _ON_TERMS:
            check(candidate)
        self._check_stops(candidate)
        return terms

    def limit(self, market: Market, order: Order, terms: OrderRequest) -> Decimal:
        """The limit of an order that is amended to these terms; a market order keeps its own."""
        return order.price if order.is_market else terms.price or ZERO

    def _check_stops(self, candidate: Candidate) -> None:
        request, market = candidate.request, candidate.market
        check_stops(market, candidate.side, candidate.price, request.take_profit, request.stop_loss)
        for form in forms_of(request):
            check_form(market, request.tpsl_mode, form)

    def _order(self, candidate: Candidate, now: int) -> Order:
        request, market = candidate.request, candidate.market
        waits, last = candidate.waits, candidate.last
        limit = market.band_limit(candidate.side, last) if candidate.is_market and last else candidate.price
        return Order(
            id=self._ids.uuid(),
            account=candidate.account,
            request=request,
            created=now,
            qty=request.qty or candidate.position.reducible(candidate.side),
            price=(request.price or ZERO) if waits and not candidate.is_market else limit,
            reduces=candidate.reduces,
            trigger_price=request.trigger_price or None,
            stop_kind=StopKind.STOP if waits else StopKind.NONE,
            status=Status.UNTRIGGERED if waits else Status.NEW,
            last_price_on_created=last,
        )


def check_link(account: Account, request: OrderRequest, duplicate: Code) -> None:
    """Raises Declined for a client order id of another form, or one that the account has used in the category."""
    link = request.order_link_id
    if link and _LINK.fullmatch(link) is None:
        raise Declined(PARAMETER, "orderLinkId must have at most 36 letters, digits, dashes or underscores")
    if link and account.find("", link, request.category) is not None:
        raise Declined(duplicate)


def base_price(market: Market, request: OrderRequest) -> Decimal:
    """The limit of an order, or the trigger or last price of a market order. Raises Declined where there is none."""
    limit = request.price if request.order_type is Kind.LIMIT else None
    price = limit or request.trigger_price or market.reference
    if not price:
        raise Declined(PARAMETER, "the market has no price")
    return price


def _candidate(
    market: Market, account: Account, request: OrderRequest, now: int, *, waits: bool
) -> Candidate:
    return Candidate(
        market=market,
        account=account,
        position=account.position(market.contract, request.position_idx, now),
        request=request,
        last=market.reference or ZERO,
        price=base_price(market, request),
        waits=waits,
    )


def _link(candidate: Candidate) -> None:
    check_link(candidate.account, candidate.request, DUPLICATE)


def _not_too_many(candidate: Candidate) -> None:
    working = candidate.account.working(candidate.market.symbol)
    waiting = sum(
        order.is_conditional for order in working
    )  # stop orders of a position are counted by themselves
    if candidate.waits and waiting >= MOST_WAITING:
        raise Declined(TOO_MANY_WAITING)
    if not candidate.waits and sum(not order.waits for order in working) >= MOST_ACTIVE:
        raise Declined(TOO_MANY_ORDERS)


def _form(candidate: Candidate) -> None:
    """Parameters that only spot has: contracts are traded by quantity, and a trigger makes a conditional order."""
    request = candidate.request
    if request.market_unit not in ("", "baseCoin"):
        raise Declined(PARAMETER, f"marketUnit {request.market_unit} is of spot")
    if request.order_filter not in ("", "Order"):
        raise Declined(PARAMETER, f"orderFilter {request.order_filter} is of spot")


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
    if not candidate.waits or not request.trigger_price:
        return
    if request.trigger_direction not in (RISES, FALLS):
        raise Declined(PARAMETER, "triggerDirection must be 1 (rise) or 2 (fall)")
    current = candidate.market.price(request.trigger_by)
    if current is not None and reaches(request.trigger_direction, current, request.trigger_price):
        raise Declined(NOT_RISING if request.trigger_direction == RISES else NOT_FALLING)


_Check = Callable[[Candidate], None]
_ON_ENTRY: tuple[_Check, ...] = (_form, _link, _not_too_many)
_ON_TERMS: tuple[_Check, ...] = (_quantity, _price, _band, _value, _reduction, _trigger)


def is_active(order: Order) -> bool:
    """Whether the order may trade now."""
    return not order.waits


def _waits(order: Order) -> bool:
    return order.waits


def _is_protection(order: Order) -> bool:
    return order.waits and order.stop_kind is not StopKind.STOP


_KINDS: Mapping[str, Callable[[Order], bool]] = {
    "": lambda order: True,  # noqa: ARG005 - a row of the table
    "Order": is_active,
    "StopOrder": _waits,
    "tpslOrder": _is_protection,
}
