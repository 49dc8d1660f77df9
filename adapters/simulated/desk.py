"""Processes the requests to one market on arrival: new orders, cancellations, amendments."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from adapters.simulated.admission import (
    NO_MARKET,
    NOT_MODIFIED,
    UNKNOWN_ORDER,
    UNKNOWN_PARENT,
    UNKNOWN_TO_AMEND,
    Submission,
    objection,
    too_expensive,
    too_little,
)
from adapters.simulated.bar import Bar
from adapters.simulated.clearing import POSITION_GONE, Clearing
from adapters.simulated.engine import MatchingEngine
from adapters.simulated.matching import Touch
from adapters.simulated.order import WorkingOrder, level_of
from adapters.simulated.requests import Amendment, Cancellation, Request
from adapters.simulated.wire import Wire
from commands.exchange import Ticket
from domain.arithmetic import ZERO
from domain.order import Liquidity, OrderPlaced, OrderType, amended

TOO_LATE = "the market was closed to it beyond"
CANCELLED_BY_USER = "CancelByUser"


class OrderDesk:
    """Processes requests; each leads to at least one report."""

    def __init__(self, clearing: Clearing, engine: MatchingEngine, wire: Wire, band: Decimal) -> None:
        self._clearing, self._engine, self._wire, self._band = clearing, engine, wire, band
        self._book, self._holding = clearing.book, clearing.holding

    def deal(self, request: Request, bar: Bar | None) -> None:
        """Processes the request; without a bar the market has no price, and no order is admitted."""
        at = request.arrives_at if bar is None else request.at(bar.candle)
        match request.what:
            case Ticket():
                self._admit(request.what, bar, at)
            case Cancellation():
                self._cancel(request, at)
            case Amendment():
                self._amend(request, request.what, bar, at)

    def _admit(self, ticket: Ticket, bar: Bar | None, at: datetime) -> None:
        self._wire.arrived(ticket, at)
        if bar is None:
            self._clearing.reject(ticket.order_id, at, NO_MARKET)
            return
        if _came_too_late(ticket.terms, at):
            self._clearing.expire(ticket.order_id, at, f"{TOO_LATE} {ticket.terms.fresh_until.isoformat()}")
            return
        order = WorkingOrder(ticket.order_id, ticket.terms, ticket.terms.quantity)
        reason = self._objection(order, bar)
        if reason is not None:
            self._clearing.reject(order.id, at, reason)
            return
        self._wire.submitted(order.id, at)
        self._book.add(order)
        self._settle_in(order, bar, at)
        if order in self._book and not order.triggered:
            self._wire.accepted(order.id, at)

    def _objection(self, order: WorkingOrder, bar: Bar) -> str | None:
        parent = order.terms.parent
        if parent is not None and not self._book.knows(parent):
            return UNKNOWN_PARENT
        reason = objection(self._submission(order.terms, bar, live=parent is None))
        if reason is not None or order.terms.type is OrderType.STOP:
            return reason
        return self._clearing.unaffordable(order, Touch(bar.candle.open, Liquidity.TAKER), bar)

    def _submission(self, terms: OrderPlaced, bar: Bar | None, *, live: bool) -> Submission:
        """The terms to check. Without a price no check against the market is made."""
        reducible = self._holding.reducible(terms.side)
        return Submission(
            terms=terms,
            instrument=self._clearing.instrument,
            last=(level_of(terms) or ZERO) if bar is None else bar.candle.open,
            band=self._band,
            reducible=reducible,
            live=live and bar is not None,
        )

    def _settle_in(self, order: WorkingOrder, bar: Bar, at: datetime) -> None:
        self._clearing.cut(order)
        parent = order.terms.parent
        order.awake = parent is None or self._protects(order, parent)
        if order.awake:
            self._engine.arrive(order, bar, at)
        elif self._book.get(parent) is None:
            self._clearing.end(order, at, POSITION_GONE)

    def _protects(self, order: WorkingOrder, parent: str) -> bool:
        return bool(self._book.filled(parent) and self._holding.reducible(order.terms.side))

    def _cancel(self, request: Request, at: datetime) -> None:
        order = self._book.get(request.order_id)
        if order is None:
            self._wire.cancel_refused(request, at, UNKNOWN_ORDER)
        else:
            self._clearing.end(order, at, CANCELLED_BY_USER)

    def _amend(self, request: Request, amendment: Amendment, bar: Bar | None, at: datetime) -> None:
        order = self._book.get(amendment.order_id)
        if order is None or order.triggered:
            self._wire.amend_refused(request, at, UNKNOWN_TO_AMEND)
            return
        terms = amended(
            order.terms,
            quantity=amendment.quantity,
            limit_price=amendment.limit_price,
            trigger_price=amendment.trigger_price,
        )
        reason = self._objection_to_amending(order, terms, bar)
        if reason is not None:
            self._wire.amend_refused(request, at, reason)
            return
        self._take_terms(order, terms)
        self._wire.amended(request, at, terms)
        if order.awake and bar is not None:
            self._engine.arrive(order, bar, at)

    def _take_terms(self, order: WorkingOrder, terms: OrderPlaced) -> None:
        order.terms, order.quantity = terms, terms.quantity
        self._clearing.cut(order)

    def _objection_to_amending(self, order: WorkingOrder, terms: OrderPlaced, bar: Bar | None) -> str | None:
        if terms == order.terms:
            return NOT_MODIFIED
        reason = objection(self._submission(terms, bar, live=order.awake)) or too_little(terms, order.filled)
        if reason is not None or terms.limit_price is None:
            return reason
        return self._dearer(order, terms, terms.limit_price)

    def _dearer(self, order: WorkingOrder, terms: OrderPlaced, limit: Decimal) -> str | None:
        cost = self._clearing.cost_of
        kept = cost(order.terms, order.leaves, order.terms.limit_price or ZERO)
        more = cost(terms, terms.quantity - order.filled, limit) - kept
        return too_expensive(more, self._clearing.available) if more > 0 else None


def _came_too_late(terms: OrderPlaced, at: datetime) -> bool:
    """Whether an order that adds exposure arrives after its `fresh_until`; a reduce-only order is never too late."""
    return not terms.reduce_only and at > terms.fresh_until
