"""Restores the orders and the position of one market of the venue's matching engine from a log.

Orders that rested go to the end of their queues, because the log does not hold their places. The part of a position's
margin that funding has used up is restored as zero (see `restoring`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from adapters.simulated.matched_orders import LEG_KINDS, MatchedOrders, order_request
from adapters.simulated.order import WorkingOrder, level_of
from adapters.simulated.restoring import Standing
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.categories import LINEAR
from adapters.simulated.venue.ids import Ids
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.order import Order, Status, StopKind
from adapters.simulated.venue.position import ONE_WAY
from adapters.simulated.venue.requests import SIDE_NAMES, Kind, Mode, OrderRequest
from adapters.simulated.venue.triggers import direction_of
from domain.arithmetic import ZERO
from domain.direction import PROTECTION, Purpose
from domain.instrument import symbol_of
from domain.order import OrderType


class MatchedRestoring:
    """Restores the `account`'s part of a market, at `now` (ms)."""

    def __init__(self, account: Account, orders: MatchedOrders, ids: Ids, now: int) -> None:
        self._account, self._orders, self._ids, self._now = account, orders, ids, now

    def restore(self, market: Market, stood: Standing) -> Sequence[Order]:
        """Restores the position and records the orders; returns the venue's orders, which are to be readmitted.

        What is left of an order that never rests is left out (`is_lost`).
        """
        position = self._account.position(market.contract, ONE_WAY, self._now)
        position.holding = stood.holding
        market.hold(self._account, position)
        working = {one.id: one for one in stood.working if not is_lost(one)}
        for one in working.values():
            self._orders.open[one.id] = None
            self._orders.executed[one.id] = one.executions
        legs = {
            one.id: one for one in working.values() if one.terms.purpose in PROTECTION and one.is_protection
        }
        entries = {
            one.id: self._entry(one, _legs_of(one.id, legs)) for one in working.values() if one.id not in legs
        }
        return [*entries.values(), *self._attached(legs, entries)]

    def _entry(self, one: WorkingOrder, legs: Sequence[WorkingOrder]) -> Order:
        waits = one.terms.type is OrderType.STOP
        order = self._order(
            order_request(one.id, one.terms, [leg.terms for leg in legs]),
            one,
            StopKind.STOP if waits else StopKind.NONE,
        )
        if not one.filled:
            for leg in legs:
                self._orders.place(leg.id, leg.terms, carried=True)
        return order

    def _attached(self, legs: Mapping[str, WorkingOrder], entries: Mapping[str, Order]) -> Iterator[Order]:
        """The stops and targets whose entry has a fill, each with its partner."""
        pairs: dict[str, list[Order]] = {}
        for leg in legs.values():
            if leg.id not in self._orders.carried:
                parent = leg.terms.parent or ""
                self._orders.attach(leg.id, parent, leg.terms.purpose)
                order = self._leg(leg)
                order.parent = parent
                pairs.setdefault(parent, []).append(order)
                yield order
        for parent, pair in pairs.items():
            if parent in entries:
                entries[parent].brackets = tuple(pair)
            if len(pair) == len(LEG_KINDS):
                pair[0].partner, pair[1].partner = pair[1], pair[0]

    def _leg(self, leg: WorkingOrder) -> Order:
        terms, level = leg.terms, level_of(leg.terms)
        request = OrderRequest(
            category=LINEAR,
            symbol=symbol_of(terms.instrument),
            side=SIDE_NAMES[terms.side],
            order_type=Kind.MARKET,
            qty=terms.quantity,
            reduce_only=True,
            close_on_trigger=True,
            trigger_price=level,
            trigger_direction=direction_of(terms.side, with_profit=terms.purpose is Purpose.TARGET),
            tpsl_mode=Mode.PARTIAL,
        )
        return self._order(request, leg, LEG_KINDS[terms.purpose])

    def _order(self, request: OrderRequest, one: WorkingOrder, kind: StopKind) -> Order:
        return Order(
            id=self._ids.uuid(),
            account=self._account,
            request=request,
            created=self._now,
            qty=one.terms.quantity,
            price=request.price or ZERO,
            reduces=one.terms.reduce_only,
            trigger_price=request.trigger_price,
            stop_kind=kind,
            status=_status(kind, one.filled),
            filled=one.filled,
        )


def is_lost(one: WorkingOrder) -> bool:
    """Whether it is a market order, or a stop that was triggered: what is left of one never rests."""
    return one.terms.type is OrderType.MARKET or one.triggered


def _legs_of(entry: str, legs: Mapping[str, WorkingOrder]) -> Sequence[WorkingOrder]:
    return [leg for leg in legs.values() if leg.terms.parent == entry]


def _status(kind: StopKind, filled: Decimal) -> Status:
    if kind is not StopKind.NONE:
        return Status.UNTRIGGERED
    return Status.PARTIALLY_FILLED if filled else Status.NEW
