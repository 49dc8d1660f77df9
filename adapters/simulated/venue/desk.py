"""Requests of an account: new orders, amendments, cancellations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from msgspec.structs import replace

from adapters.simulated.venue.account import Account
from adapters.simulated.venue.admission import Candidate, check_amended, check_index, check_new
from adapters.simulated.venue.clearing import BY_REQUEST, BY_USER, Clearing
from adapters.simulated.venue.codes import (
    NOT_ENOUGH,
    ORDER_UNCHANGED,
    PARAMETER,
    UNKNOWN_TO_AMEND,
    UNKNOWN_TO_CANCEL,
    Declined,
)
from adapters.simulated.venue.ids import Ids
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.matching import Matching
from adapters.simulated.venue.order import Order, Status, StopKind
from adapters.simulated.venue.protection import Protection
from adapters.simulated.venue.requests import (
    AmendRequest,
    CancelAllRequest,
    CancelRequest,
    Kind,
    OrderRequest,
)
from domain.arithmetic import ZERO


class Desk:
    """A request that is refused raises Declined and changes nothing."""

    def __init__(self, matching: Matching, clearing: Clearing, protection: Protection, ids: Ids) -> None:
        self._matching, self._clearing, self._protection, self._ids = matching, clearing, protection, ids

    def create(self, market: Market, account: Account, request: OrderRequest, now: int) -> Order:
        """Admits an order: it trades, rests or waits for its trigger when the call returns."""
        check_index(account, request)
        candidate = self._candidate(market, account, request, now)
        check_new(candidate)
        self._check_stops(candidate)
        order = self._order(candidate, now)
        self._afford(market, order, ZERO)
        account.add(order)
        if order.waits:
            market.waiting[order.id] = order
            self._clearing.changed(order, now)
        else:
            self._clearing.cut(market, order, now)
            self._matching.arrive(market, order, now)
        return order

    def readmit(self, market: Market, account: Account, order: Order, now: int) -> None:
        """Takes over an open order: it waits for its trigger, trades or rests at the end of its queue."""
        account.add(order)
        if order.waits:
            market.waiting[order.id] = order
        else:
            self._matching.arrive(market, order, now)

    def amend(self, market: Market, account: Account, request: AmendRequest, now: int) -> Order:
        """Changes an open order. A new price or a larger quantity puts it at the end of its queue."""
        order = account.find(request.order_id, request.order_link_id)
        if order is None or not order.is_open or order.symbol != request.symbol:
            raise Declined(UNKNOWN_TO_AMEND)
        terms = _amended(order.request, request)
        if terms == order.request:
            raise Declined(ORDER_UNCHANGED)
        if terms.qty <= order.filled:
            raise Declined(PARAMETER, f"qty must be above what is filled, {order.filled}")
        candidate = self._candidate(market, account, terms, now)
        check_amended(candidate)
        self._check_stops(candidate)
        self._afford_amended(market, order, terms)
        self._take_terms(market, order, terms, now)
        return order

    def cancel(self, market: Market, account: Account, request: CancelRequest, now: int) -> Order:
        """Cancels an open order."""
        order = account.find(request.order_id, request.order_link_id)
        if order is None or not order.is_open or order.symbol != request.symbol:
            raise Declined(UNKNOWN_TO_CANCEL)
        self._end(market, order, now)
        return order

    def cancel_all(
        self, markets: Iterable[Market], account: Account, request: CancelAllRequest, now: int
    ) -> list[Order]:
        """Cancels the open orders in the markets, of the kind that the request names."""
        chosen = _FILTERS.get(request.order_filter)
        if chosen is None:
            raise Declined(PARAMETER, f"orderFilter {request.order_filter}")
        ended: list[Order] = []
        for market in markets:
            for order in filter(chosen, account.working(market.symbol)):
                self._end(market, order, now)
                ended.append(order)
        return ended

    def _end(self, market: Market, order: Order, now: int) -> None:
        self._clearing.end(market, order, Status.CANCELLED, now, BY_USER, BY_REQUEST)
        if order.stop_kind is not StopKind.NONE:
            position = order.account.position(market.contract, order.request.position_idx, now)
            self._clearing.shown(order.account, position, now)

    def _candidate(self, market: Market, account: Account, request: OrderRequest, now: int) -> Candidate:
        last = market.reference or ZERO
        limit = request.price if request.order_type is Kind.LIMIT else None
        price = limit or request.trigger_price or last
        if not price:
            raise Declined(PARAMETER, "the market has no price")
        position = account.position(market.contract, request.position_idx, now)
        return Candidate(
            market=market, account=account, position=position, request=request, last=last, price=price
        )

    def _check_stops(self, candidate: Candidate) -> None:
        request = candidate.request
        self._protection.check(
            candidate.market, candidate.side, candidate.price, request.take_profit, request.stop_loss
        )

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

    def _afford(self, market: Market, order: Order, kept: Decimal) -> None:
        needed = self._clearing.cost(market, order, order.leaves, order.price) - kept
        if not order.waits and needed > max(ZERO, order.account.wallet.available):
            raise Declined(NOT_ENOUGH)

    def _afford_amended(self, market: Market, order: Order, terms: OrderRequest) -> None:
        price = order.price if order.is_market else terms.price or ZERO
        needed = self._clearing.cost(market, order, terms.qty - order.filled, price) - order.locked
        if not order.waits and needed > max(ZERO, order.account.wallet.available):
            raise Declined(NOT_ENOUGH)

    def _take_terms(self, market: Market, order: Order, terms: OrderRequest, now: int) -> None:
        keeps_place = terms.price == order.request.price and terms.qty <= order.qty
        lost = order.qty - terms.qty
        order.request, order.qty = terms, terms.qty
        order.price = order.price if order.is_market else terms.price or ZERO
        order.trigger_price = terms.trigger_price or order.trigger_price
        if order.waits:
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
    return replace(
        terms,
        qty=request.qty or terms.qty,
        price=request.price or terms.price,
        trigger_price=request.trigger_price or terms.trigger_price,
        take_profit=terms.take_profit if request.take_profit is None else request.take_profit or None,
        stop_loss=terms.stop_loss if request.stop_loss is None else request.stop_loss or None,
    )


def _is_plain(order: Order) -> bool:
    return order.stop_kind is StopKind.NONE


def _is_protection(order: Order) -> bool:
    return order.stop_kind not in (StopKind.NONE, StopKind.STOP)


_FILTERS: dict[str, Callable[[Order], bool]] = {
    "": lambda order: True,  # noqa: ARG005 - a row of the table
    "Order": _is_plain,
    "StopOrder": lambda order: order.stop_kind is not StopKind.NONE,
    "tpslOrder": _is_protection,
}
