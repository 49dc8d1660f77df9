"""Turns what a call changed at the venue into reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from adapters.simulated.matched_orders import MatchedOrders, carried_terms, shown_terms
from adapters.simulated.venue.execution import ExecType, Execution
from adapters.simulated.venue.order import Order, Status
from adapters.simulated.venue.outbox import Changes
from adapters.simulated.venue.requests import SIDES
from adapters.simulated.venue.settlement import NO_REASON, OTHER_TRIGGERED, UNKNOWN
from adapters.simulated.wire import Wire
from domain.order import Liquidity, OrderPlaced, OrderType

Named = tuple[str, Order]


class MatchedOutcomes:
    """Reports acceptance first, then terms, triggers, executions, and ends.

    An order is accepted once; its stop and target are accepted with it. They end with their entry where it ended before
    it could attach them. `instruments` are the instrument ids by symbol.
    """

    def __init__(self, wire: Wire, orders: MatchedOrders, instruments: Mapping[str, str]) -> None:
        self._wire, self._orders, self._instruments = wire, orders, instruments
        self._executions: Mapping[ExecType, Callable[[Execution, datetime], None]] = {
            ExecType.TRADE: self._filled,
            ExecType.FUNDING: self._funded,
            ExecType.BUST: self._liquidated,
        }

    def take(self, changes: Iterable[Changes], at: datetime) -> None:
        """Reports the changes, which happened at `at`."""
        for one in changes:
            named = [(self._orders.name(order), order) for order in one.orders.values()]
            for report in (self._accepted, self._changed, self._triggered):
                for name, order in named:
                    report(name, order, at)
            for execution in one.executions:
                self._executions[execution.type](execution, at)
            for name, order in named:
                self._ended(name, order, at)

    def refused(self, order_ids: Sequence[str], at: datetime, reason: str) -> None:
        """Reports an entry that the venue refused, with its stop and target."""
        for order_id in order_ids:
            self._orders.carried.discard(order_id)
            self._wire.rejected(order_id, at, reason)

    def _accepted(self, name: str, order: Order, at: datetime) -> None:
        if name in self._orders.executed or _is_refused(order):
            return
        for one in (name, *self._orders.carried_by(name)):
            self._orders.executed[one] = 0
            self._orders.open[one] = None
            self._wire.accepted(one, at)

    def _changed(self, name: str, order: Order, at: datetime) -> None:
        if name not in self._orders.open or not (order.is_open or order.filled):
            return
        known = self._orders.terms
        self._take_terms(name, shown_terms(known[name], order), at)
        if order.is_open:
            for leg in self._orders.carried_by(name):
                self._take_terms(leg, carried_terms(known[leg], order), at)

    def _take_terms(self, name: str, terms: OrderPlaced, at: datetime) -> None:
        if terms != self._orders.terms[name]:
            self._orders.terms[name] = terms
            self._wire.changed(name, at, terms)

    def _triggered(self, name: str, order: Order, at: datetime) -> None:
        is_stop = self._orders.terms[name].type is OrderType.STOP
        waits = order.waits or order.status is Status.DEACTIVATED
        if is_stop and not waits and order.trigger_price and name not in self._orders.triggered:
            self._orders.triggered.add(name)
            self._wire.triggered(name, at, order.trigger_price)

    def _filled(self, execution: Execution, at: datetime) -> None:
        name = self._orders.named(execution.order_id)
        number = self._orders.executed[name]
        self._orders.executed[name] = number + 1
        liquidity = Liquidity.MAKER if execution.is_maker else Liquidity.TAKER
        price, quantity, fee = execution.price, execution.qty, execution.fee
        self._wire.filled(name, number, at, price, quantity, fee, execution.fee_currency, liquidity)

    def _funded(self, execution: Execution, at: datetime) -> None:
        """A settlement at a rate of zero is none."""
        if execution.fee:
            self._wire.funded(self._instruments[execution.symbol], at, -execution.fee)

    def _liquidated(self, execution: Execution, at: datetime) -> None:
        self._wire.liquidated(
            self._instruments[execution.symbol],
            at,
            SIDES[execution.side],
            execution.price,
            execution.qty,
            execution.fee,
            execution.fee_currency,
        )

    def _ended(self, name: str, order: Order, at: datetime) -> None:
        if order.is_open:
            return
        if _is_refused(order) and name not in self._orders.open:
            self.refused((name, *self._orders.carried_by(name)), at, reason_of(order))
            return
        legs = self._orders.carried_by(name)
        if order.status is not Status.FILLED and name in self._orders.open:
            self._wire.cancelled(name, at, reason_of(order))
        self._orders.open.pop(name, None)
        for leg in legs:
            self.drop(leg, at, OTHER_TRIGGERED if order.filled else reason_of(order))

    def drop(self, leg: str, at: datetime, reason: str) -> None:
        """Reports the end of a stop or target that its entry does not carry any more."""
        self._orders.carried.discard(leg)
        self._orders.open.pop(leg, None)
        self._wire.cancelled(leg, at, reason)


def reason_of(order: Order) -> str:
    """Why the order ended."""
    given = (one for one in (order.cancel_type, order.reject_reason) if one not in (UNKNOWN, NO_REASON, ""))
    return next(given, order.status.lower())


def _is_refused(order: Order) -> bool:
    """Whether the order ended on arrival without a fill."""
    return order.status is Status.REJECTED and not order.filled
