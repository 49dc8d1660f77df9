"""Requests of an account: new orders, amendments, cancellations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from operator import attrgetter
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from adapters.simulated.venue.account import Account
from adapters.simulated.venue.codes import ORDER_UNCHANGED, PARAMETER, Code, Declined
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.matching import Matching
from adapters.simulated.venue.order import Order, StopKind
from adapters.simulated.venue.requests import AmendRequest, CancelAllRequest, CancelRequest, OrderRequest
from adapters.simulated.venue.settlement import Settlement
from domain.arithmetic import ZERO


class Refusals(Struct, frozen=True, gc=False):
    """The codes of a category: an order that is not there to amend, or to cancel, and a balance that is too small."""

    unknown_to_amend: Code
    unknown_to_cancel: Code
    not_enough: Code


class Admission(Protocol):
    """What a category demands of orders. `kinds` are the values of `orderFilter` by which orders are cancelled."""

    refusals: Refusals
    kinds: Mapping[str, Callable[[Order], bool]]

    def admitted(self, market: Market, account: Account, request: OrderRequest, now: int) -> Order:
        """The order that a request describes. Raises Declined where the request is refused."""
        ...

    def amended(self, market: Market, order: Order, terms: OrderRequest, now: int) -> OrderRequest:
        """The changed terms as they are in force from now on. Raises Declined where they are refused."""
        ...

    def limit(self, market: Market, order: Order, terms: OrderRequest) -> Decimal:
        """The limit of an order that is amended to these terms, also of a market order."""
        ...


class Desk:
    """The requests of one category. A request that is refused raises Declined and changes nothing."""

    def __init__(self, matching: Matching, clearing: Settlement, admission: Admission) -> None:
        self._matching, self._clearing, self._admission = matching, clearing, admission

    def create(self, market: Market, account: Account, request: OrderRequest, now: int) -> Order:
        """Admits an order: it trades, rests or waits for its trigger when the call returns."""
        order = self._admission.admitted(market, account, request, now)
        self._check_covered(market, order, order.leaves, order.price)
        account.add(order)
        if order.waits:
            market.waiting[order.id] = order
            self._clearing.lock(market, order)
            self._clearing.changed(order, now)
        else:
            self._clearing.cut(market, order, now)
            self._matching.arrive(market, order, now)
        return order

    def readmit(self, market: Market, account: Account, order: Order) -> None:
        """Takes over an open order: it waits for its trigger, or rests at the end of its queue as it did before."""
        account.add(order)
        if order.waits:
            market.waiting[order.id] = order
        else:
            market.book.rest(order, order.leaves)
        self._clearing.lock(market, order)

    def amend(self, market: Market, account: Account, request: AmendRequest, now: int) -> Order:
        """Changes an open order. A new price or a larger quantity puts it at the end of its queue."""
        order = self._open(market, account, request, self._admission.refusals.unknown_to_amend)
        terms = _amended(order.request, request)
        if terms == order.request:
            raise Declined(ORDER_UNCHANGED)
        if request.qty is not None and terms.qty <= order.done:
            raise Declined(PARAMETER, f"qty must be above what is filled, {order.done}")
        if request.trigger_price and not order.waits:
            raise Declined(
                PARAMETER, "triggerPrice cannot be changed: the order has no trigger, or reached it"
            )
        terms = self._admission.amended(market, order, terms, now)
        limit = self._admission.limit(market, order, terms)
        self._check_covered(market, order, terms.qty - order.done, limit)
        self._take_terms(market, order, terms, now)
        return order

    def cancel(self, market: Market, account: Account, request: CancelRequest, now: int) -> Order:
        """Cancels an open order."""
        order = self._open(market, account, request, self._admission.refusals.unknown_to_cancel)
        self._clearing.withdraw(market, order, now)
        return order

    def cancel_all(
        self, markets: Iterable[Market], account: Account, request: CancelAllRequest, now: int
    ) -> list[Order]:
        """Cancels the open orders in the markets, of the kind that the request names."""
        chosen = self._admission.kinds.get(request.order_filter)
        if chosen is None:
            raise Declined(PARAMETER, f"orderFilter {request.order_filter}")
        if request.stop_order_type not in ("", StopKind.STOP):
            raise Declined(PARAMETER, f"stopOrderType {request.stop_order_type}: only Stop")
        if request.stop_order_type:
            chosen = attrgetter("is_conditional")
        ended: list[Order] = []
        for market in markets:
            for order in filter(chosen, account.working(market.symbol, market.category)):
                self._clearing.withdraw(market, order, now)
                ended.append(order)
        return ended

    def _open(
        self, market: Market, account: Account, request: AmendRequest | CancelRequest, unknown: Code
    ) -> Order:
        order = account.find(request.order_id, request.order_link_id, market.category)
        if order is None or not order.is_open or order.symbol != request.symbol:
            raise Declined(unknown)
        return order

    def _check_covered(self, market: Market, order: Order, quantity: Decimal, price: Decimal) -> None:
        if not self._clearing.covers(market, order, quantity, price):
            raise Declined(self._admission.refusals.not_enough)

    def _take_terms(self, market: Market, order: Order, terms: OrderRequest, now: int) -> None:
        qty = terms.qty or order.qty
        keeps_place = terms.price == order.request.price and qty <= order.qty
        lost = order.qty - qty
        order.resized -= lost
        order.price = self._admission.limit(market, order, terms)
        order.request, order.qty = terms, qty
        order.trigger_price = terms.trigger_price or order.trigger_price
        if order.waits:
            self._clearing.lock(market, order)
            self._clearing.changed(order, now)
        elif keeps_place:
            market.book.lessen(order, lost)
            self._clearing.lock(market, order)
            self._clearing.changed(order, now)
        else:
            market.book.withdraw(order)
            self._clearing.cut(market, order, now)
            self._matching.arrive(market, order, now)


def _amended(terms: OrderRequest, request: AmendRequest) -> OrderRequest:
    """A take profit or stop loss that is taken away goes with its limit price."""
    profit = terms.take_profit if request.take_profit is None else request.take_profit or None
    loss = terms.stop_loss if request.stop_loss is None else request.stop_loss or None
    keeps_profit, keeps_loss = request.take_profit != ZERO, request.stop_loss != ZERO
    return replace(
        terms,
        qty=request.qty or terms.qty,
        price=request.price or terms.price,
        trigger_price=request.trigger_price or terms.trigger_price,
        take_profit=profit,
        stop_loss=loss,
        trigger_by=request.trigger_by or terms.trigger_by,
        tp_trigger_by=request.tp_trigger_by or terms.tp_trigger_by,
        sl_trigger_by=request.sl_trigger_by or terms.sl_trigger_by,
        tpsl_mode=request.tpsl_mode or terms.tpsl_mode,
        tp_limit_price=request.tp_limit_price or (terms.tp_limit_price if keeps_profit else None),
        sl_limit_price=request.sl_limit_price or (terms.sl_limit_price if keeps_loss else None),
    )
