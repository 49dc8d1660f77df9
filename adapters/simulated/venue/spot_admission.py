"""The checks on a new or amended spot order; each refuses with the code that Bybit documents for spot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from adapters.simulated.bounds import is_off_step, is_outside_band
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.admission import base_price, check_link, is_active
from adapters.simulated.venue.codes import (
    SPOT_ABOVE_BAND,
    SPOT_AMOUNT_STEP,
    SPOT_BELOW_BAND,
    SPOT_DUPLICATE,
    SPOT_EMPTY,
    SPOT_NO_MARGIN,
    SPOT_NO_TRIGGER,
    SPOT_PARAMETER,
    SPOT_PRICE_STEP,
    SPOT_QUANTITY_STEP,
    SPOT_TOO_EXPENSIVE,
    SPOT_TOO_LITTLE,
    SPOT_TOO_LITTLE_VALUE,
    SPOT_TOO_MANY,
    SPOT_TOO_MUCH,
    SPOT_TOO_MUCH_VALUE,
    SPOT_UNKNOWN,
    SPOT_WRONG_FILTER,
    WRONG_INDEX,
    Declined,
)
from adapters.simulated.venue.desk import Refusals
from adapters.simulated.venue.ids import Ids
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.order import Order, Status, StopKind
from adapters.simulated.venue.pair import Pair
from adapters.simulated.venue.requests import SIDES, Kind, OrderRequest, TriggerBy
from adapters.simulated.venue.spot_clearing import coin_of
from adapters.simulated.venue.stops import forms_of
from adapters.simulated.venue.triggers import FALLS, RISES
from domain.arithmetic import EXACT, ZERO
from domain.direction import Side

MOST_ORDERS, MOST_OF_A_KIND = 500, 30
"""Open orders of an account; conditional orders, and TP/SL orders, of a pair."""

BASE, QUOTE = "baseCoin", "quoteCoin"
_UNITS: Mapping[Side, str] = {Side.BUY: QUOTE, Side.SELL: BASE}
_KINDS_BY_FILTER: Mapping[str, StopKind] = {
    "": StopKind.STOP,
    "Order": StopKind.STOP,
    "StopOrder": StopKind.STOP,
    "tpslOrder": StopKind.SPOT_STOP,
}


class Offer(Struct, frozen=True, gc=False, kw_only=True):
    """An order to check. `price` is its limit, or the trigger or last price of a market order; `last` the last one."""

    pair: Pair
    market: Market
    account: Account
    request: OrderRequest
    last: Decimal
    price: Decimal
    waits: bool

    @property
    def side(self) -> Side:
        return SIDES[self.request.side]

    @property
    def is_market(self) -> bool:
        return self.request.order_type is Kind.MARKET

    @property
    def by_value(self) -> bool:
        return self.is_market and self.request.market_unit == QUOTE

    @property
    def kind(self) -> StopKind:
        return _KINDS_BY_FILTER[self.request.order_filter] if self.waits else StopKind.NONE


class SpotAdmission:
    """The admission of spot orders. A trigger rises or falls towards its price from the last price."""

    refusals = Refusals(SPOT_UNKNOWN, SPOT_UNKNOWN, SPOT_TOO_EXPENSIVE)

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self.kinds = _KINDS

    def admitted(self, market: Market, account: Account, request: OrderRequest, now: int) -> Order:
        """The order that a request describes; raises Declined for the first check that it fails."""
        _check_form(request)
        offer = _offer(market, account, request, waits=bool(request.trigger_price))
        for check in (*_ON_ENTRY, *_ON_TERMS):
            check(offer)
        return self._order(offer, now)

    def amended(self, market: Market, order: Order, terms: OrderRequest, now: int) -> OrderRequest:
        """The changed terms; raises Declined for the first check that they fail."""
        offer = _offer(market, order.account, terms, waits=order.waits)
        _check_fit(terms)
        _check_placed(order, offer.request)
        for check in _ON_TERMS:
            check(offer)
        return offer.request

    def limit(self, market: Market, order: Order, terms: OrderRequest) -> Decimal:
        """The limit of an order that is amended to these terms; that of a market order follows its trigger."""
        if not order.is_market:
            return terms.price or ZERO
        return market.band_limit(order.side, terms.trigger_price) if terms.trigger_price else order.price

    def _order(self, offer: Offer, now: int) -> Order:
        request, rules = offer.request, offer.pair.instrument
        around = request.trigger_price or offer.last
        return Order(
            id=self._ids.number(),
            account=offer.account,
            request=request,
            created=now,
            qty=request.qty,
            price=offer.market.band_limit(offer.side, around) if offer.is_market else offer.price,
            reduces=False,
            trigger_price=request.trigger_price or None,
            stop_kind=offer.kind,
            status=Status.UNTRIGGERED if offer.waits else Status.NEW,
            create_type="",
            last_price_on_created=offer.last,
            coin=coin_of(rules, offer.side),
            by_value=offer.by_value,
            lot=rules.lot,
        )


def _offer(market: Market, account: Account, request: OrderRequest, *, waits: bool) -> Offer:
    pair, last = market.contract, market.reference or ZERO
    assert isinstance(pair, Pair)
    price = base_price(market, request)
    terms = _completed(request, last, waits=waits)
    return Offer(
        pair=pair, market=market, account=account, request=terms, last=last, price=price, waits=waits
    )


def _completed(request: OrderRequest, last: Decimal, *, waits: bool) -> OrderRequest:
    """With the unit of a market order's quantity and the direction of the trigger, which the sender may leave out. A
    trigger that was reached keeps its direction.
    """
    trigger = request.trigger_price
    direction = RISES if trigger and trigger > last else FALLS
    unit = request.market_unit or _UNITS[SIDES[request.side]]
    return replace(
        request,
        market_unit=unit if request.order_type is Kind.MARKET else "",
        trigger_direction=(direction if waits else request.trigger_direction) if trigger else 0,
        trigger_by=TriggerBy.LAST,
    )


def _check_form(request: OrderRequest) -> None:
    """Raises Declined for what spot does not have, and for parameters that do not fit each other."""
    if request.is_leverage:
        raise Declined(SPOT_NO_MARGIN)
    if request.position_idx:
        raise Declined(WRONG_INDEX)
    if request.order_filter not in _FILTERS:
        raise Declined(SPOT_WRONG_FILTER)
    if request.order_filter in _WAITING and not request.trigger_price:
        raise Declined(SPOT_NO_TRIGGER)
    _check_fit(request)


def _check_fit(request: OrderRequest) -> None:
    for name in _unfit(request):
        raise Declined(SPOT_PARAMETER, name)


def _check_placed(order: Order, terms: OrderRequest) -> None:
    """Raises Declined for terms of a take profit or stop loss that is an order of its own by now, and for a trigger
    that would make one of a pair wait for the price of the other.
    """
    if order.brackets and _stops_of(terms) != _stops_of(order.request):
        raise Declined(SPOT_PARAMETER, "takeProfit and stopLoss are orders of their own since the first fill")
    if order.partner is not None and terms.trigger_direction != order.request.trigger_direction:
        raise Declined(SPOT_PARAMETER, "triggerPrice")


def _stops_of(request: OrderRequest) -> tuple[object, ...]:
    return request.take_profit, request.stop_loss, request.tp_limit_price, request.sl_limit_price


def _unfit(request: OrderRequest) -> Iterator[str]:
    """`reduceOnly` has no meaning in spot; ccxt sends it with every TP/SL order, where it is ignored."""
    is_market = request.order_type is Kind.MARKET
    plain = not is_market and not request.trigger_price
    unfit = (
        ("reduceOnly", request.reduce_only and request.order_filter != "tpslOrder"),
        ("closeOnTrigger", request.close_on_trigger),
        ("marketUnit", request.market_unit not in ("", BASE, QUOTE)),
        ("takeProfit", bool(request.take_profit) and not plain),
        ("stopLoss", bool(request.stop_loss) and not plain),
    )
    return (name for name, is_unfit in unfit if is_unfit)


def _link(offer: Offer) -> None:
    check_link(offer.account, offer.request, SPOT_DUPLICATE)


def _not_too_many(offer: Offer) -> None:
    orders = [one for one in offer.account.orders.values() if one.category == offer.market.category]
    alike = sum(
        one.waits and one.stop_kind is offer.kind and one.symbol == offer.market.symbol for one in orders
    )
    if len(orders) >= MOST_ORDERS or (offer.waits and alike >= MOST_OF_A_KIND):
        raise Declined(SPOT_TOO_MANY)


def _price(offer: Offer) -> None:
    request, tick = offer.request, offer.pair.instrument.tick
    if not offer.is_market and not request.price:
        raise Declined(SPOT_EMPTY, "price")
    prices = (
        None if offer.is_market else request.price,
        request.trigger_price,
        request.take_profit,
        request.stop_loss,
        request.tp_limit_price,
        request.sl_limit_price,
    )
    if any(price and is_off_step(price, tick) for price in prices):
        raise Declined(SPOT_PRICE_STEP)


def _band(offer: Offer) -> None:
    limit = offer.request.price
    if offer.is_market or offer.waits or not limit or not offer.last:
        return
    if is_outside_band(offer.side, limit, offer.last, offer.pair.band):
        bound = offer.market.band_limit(offer.side, offer.last)
        raise Declined(SPOT_ABOVE_BAND if offer.side is Side.BUY else SPOT_BELOW_BAND, str(bound))


def _quantity(offer: Offer) -> None:
    if offer.by_value:
        return
    quantity, rules = offer.request.qty, offer.pair.instrument
    if is_off_step(quantity, rules.lot):
        raise Declined(SPOT_QUANTITY_STEP)
    if quantity < rules.min_quantity:
        raise Declined(SPOT_TOO_LITTLE)
    if quantity > (offer.pair.max_market if offer.is_market else rules.max_quantity):
        raise Declined(SPOT_TOO_MUCH)


def _value(offer: Offer) -> None:
    quantity = offer.request.qty
    if offer.by_value and is_off_step(quantity, offer.pair.quote_step):
        raise Declined(SPOT_AMOUNT_STEP)
    value = quantity if offer.by_value else EXACT.multiply(quantity, offer.price)
    if value < offer.pair.instrument.min_notional:
        raise Declined(SPOT_TOO_LITTLE_VALUE)
    if value > offer.pair.max_amount:
        raise Declined(SPOT_TOO_MUCH_VALUE)


def _stops(offer: Offer) -> None:
    """A take profit is better than the limit, a stop loss worse; one that is a limit order names its price."""
    request, buys = offer.request, offer.side is Side.BUY
    for name, stop, above in (
        ("takeProfit", request.take_profit, buys),
        ("stopLoss", request.stop_loss, not buys),
    ):
        if stop and (stop <= offer.price if above else stop >= offer.price):
            raise Declined(SPOT_PARAMETER, name)
    for form in forms_of(request):
        name, is_limit = f"{form.prefix}LimitPrice", bool(form.stop) and form.kind is Kind.LIMIT
        if is_limit and not form.limit:
            raise Declined(SPOT_EMPTY, name)
        if form.limit and not is_limit:
            raise Declined(SPOT_PARAMETER, name)


def _waits_as(kind: StopKind) -> Callable[[Order], bool]:
    return lambda order: order.waits and order.stop_kind is kind


def _none(_order: Order) -> bool:
    return False


_Check = Callable[[Offer], None]
_ON_ENTRY: tuple[_Check, ...] = (_link, _not_too_many)
_ON_TERMS: tuple[_Check, ...] = (_price, _band, _quantity, _value, _stops)
_WAITING = ("StopOrder", "tpslOrder")
_FILTERS = ("", "Order", *_WAITING)
_KINDS: Mapping[str, Callable[[Order], bool]] = {
    "": is_active,
    "Order": is_active,
    "StopOrder": _waits_as(StopKind.STOP),
    "tpslOrder": _waits_as(StopKind.SPOT_STOP),
    "OcoOrder": _none,
    "BidirectionalTpslOrder": _none,
}
