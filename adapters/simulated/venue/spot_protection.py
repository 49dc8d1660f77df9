"""Take profit and stop loss that a spot limit order carries: TP/SL orders for what it has filled."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from msgspec.structs import replace

from adapters.simulated.steps import to_lot
from adapters.simulated.venue.ids import Ids
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.order import Order, Status, StopKind
from adapters.simulated.venue.pair import Pair
from adapters.simulated.venue.requests import SIDE_NAMES, Kind, OrderRequest
from adapters.simulated.venue.settlement import Settlement
from adapters.simulated.venue.spot_admission import BASE, QUOTE
from adapters.simulated.venue.spot_clearing import coin_of
from adapters.simulated.venue.stops import forms_of
from adapters.simulated.venue.triggers import direction_of
from domain.arithmetic import ZERO
from domain.direction import Side


class SpotProtection:
    """They are placed by the first fill and grow with the later ones; what fills after one of them was triggered has
    new ones. Where there are two, each ends the other; both together reserve what one of them requires.
    """

    def __init__(self, clearing: Settlement, ids: Ids) -> None:
        self._clearing, self._ids = clearing, ids

    def attach(self, market: Market, order: Order, now: int) -> None:
        """After each fill of the order."""
        request = order.request
        if not order.filled or not (request.take_profit or request.stop_loss):
            return
        if not order.brackets or _are_over(order):
            order.brackets = tuple(self._placed(market, order, now)) or order.brackets
            if len(order.brackets) > 1:
                first, second = order.brackets
                first.partner, second.partner = second, first
        for bracket in order.brackets:
            if bracket.waits:
                self._grow(market, order, bracket, now)

    def _grow(self, market: Market, order: Order, bracket: Order, now: int) -> None:
        """Adds what has been filled to the bracket, with what its amendments have added or taken away, where the
        balance covers it.
        """
        size = _size(market, order, bracket) + bracket.resized
        if size > bracket.qty and self._clearing.covers(market, bracket, size, bracket.price):
            bracket.request, bracket.qty = _of_size(bracket.request, size), size
            self._clearing.lock(market, bracket)
            self._clearing.changed(bracket, now)

    def _placed(self, market: Market, order: Order, now: int) -> Iterator[Order]:
        for with_profit, form in zip((True, False), forms_of(order.request), strict=True):
            if form.stop:
                price = form.limit if form.kind is Kind.LIMIT else None
                bracket = self._bracket(market, order, form.stop, price, with_profit, now)
                bracket.resized = -_protected(order, bracket)
                size = _size(market, order, bracket) + bracket.resized
                if size > ZERO and self._clearing.covers(market, bracket, size, bracket.price):
                    order.account.add(bracket)
                    market.waiting[bracket.id] = bracket
                    yield bracket

    def _bracket(
        self,
        market: Market,
        order: Order,
        trigger: Decimal,
        limit: Decimal | None,
        with_profit: bool,  # noqa: FBT001 - private
        now: int,
    ) -> Order:
        side, rules = order.side.opposite, market.contract.instrument
        by_value = limit is None and side is Side.BUY
        request = OrderRequest(
            category=order.category,
            symbol=market.symbol,
            side=SIDE_NAMES[side],
            order_type=Kind.MARKET if limit is None else Kind.LIMIT,
            qty=ZERO,
            price=limit,
            trigger_price=trigger,
            trigger_direction=direction_of(side, with_profit=with_profit),
            market_unit="" if limit is not None else QUOTE if by_value else BASE,
            order_filter="tpslOrder",
        )
        return Order(
            id=self._ids.number(),
            account=order.account,
            request=request,
            created=now,
            qty=ZERO,
            price=market.band_limit(side, trigger) if limit is None else limit,
            reduces=False,
            trigger_price=trigger,
            stop_kind=StopKind.SPOT_STOP,
            status=Status.UNTRIGGERED,
            create_type="",
            last_price_on_created=market.last or ZERO,
            coin=coin_of(rules, side),
            by_value=by_value,
            lot=rules.lot,
        )


def _size(market: Market, order: Order, bracket: Order) -> Decimal:
    """What the order has received, less its fees, in the unit of the bracket's quantity."""
    rules, pair = market.contract.instrument, market.contract
    assert isinstance(pair, Pair)
    if bracket.side is Side.SELL:
        return to_lot(order.filled - max(ZERO, order.fees.get(rules.base, ZERO)), rules.lot)
    proceeds = order.value - max(ZERO, order.fees.get(rules.quote, ZERO))
    if bracket.by_value:
        return to_lot(proceeds, pair.quote_step)
    return to_lot(proceeds / bracket.price, rules.lot)


def _are_over(order: Order) -> bool:
    """Whether one of the order's brackets was triggered, which ends the other: what fills later has new ones."""
    return not any(one.waits for one in order.brackets) and any(
        one.status is not Status.DEACTIVATED for one in order.brackets
    )


def _protected(order: Order, bracket: Order) -> Decimal:
    """What the bracket before this one was for, before its amendments; zero where there was none."""
    before = {one.request.trigger_direction: one for one in order.brackets}
    one = before.get(bracket.request.trigger_direction, next(iter(order.brackets), None))
    return ZERO if one is None else one.qty - one.resized


def _of_size(request: OrderRequest, size: Decimal) -> OrderRequest:
    return replace(request, qty=size)
