"""Carries out the requests that have arrived at the venue's matching engine; each leads to at least one report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from adapters.simulated.admission import UNKNOWN_INSTRUMENT, UNKNOWN_ORDER, UNKNOWN_TO_AMEND
from adapters.simulated.matched_orders import MatchedOrders, order_request
from adapters.simulated.matched_outcomes import MatchedOutcomes
from adapters.simulated.requests import Amendment, Cancellation, Request
from adapters.simulated.venue import Declined, Venue
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.categories import LINEAR
from adapters.simulated.venue.requests import AmendRequest, CancelRequest
from adapters.simulated.wire import Wire
from commands.exchange import Ticket
from domain.arithmetic import ZERO
from domain.direction import Purpose
from domain.instrument import symbol_of
from domain.order import OrderPlaced

TOO_LATE = "it arrived after"
CANCELLED_BY_USER = "CancelByUser"
BOTH_WOULD_END = "not sent: Bybit would cancel the stop together with its target"
CARRIED_QUANTITY = "not sent: the quantity of a waiting stop or target is that of its entry"
NOT_SHOWN = "10016: the market shows nothing: its data does not arrive"
_NO_CHANGES: Mapping[str, Decimal] = {}


class MatchedDesk:
    """`symbols` are the symbols of the traded instruments, by instrument id. `now` of a call is in ms."""

    def __init__(
        self,
        venue: Venue,
        account: Account,
        orders: MatchedOrders,
        outcomes: MatchedOutcomes,
        wire: Wire,
        symbols: Mapping[str, str],
    ) -> None:
        self._venue, self._account, self._orders = venue, account, orders
        self._outcomes, self._wire, self._symbols = outcomes, wire, symbols

    def deal(self, request: Request, at: datetime, now: int) -> None:
        """Carries out a request at `at`, which is `now` at the venue."""
        match request.what:
            case Ticket():
                self._place(request.what, at, now)
            case Cancellation():
                self._cancel(request, at, now)
            case Amendment():
                self._amend(request, request.what, at, now)

    def give_up(self, request: Request, at: datetime, now: int) -> None:
        """Refuses a request whose market has shown nothing for too long; a cancel needs no market."""
        match request.what:
            case Ticket():
                family = self._arrived(request.what, at)
                self._outcomes.refused(family, at, NOT_SHOWN)
            case Cancellation():
                self._cancel(request, at, now)
            case Amendment():
                self._wire.amend_refused(request, at, NOT_SHOWN)

    def _arrived(self, ticket: Ticket, at: datetime) -> Sequence[str]:
        """Records the arrival of an order; returns its id and those of the stop and target that it carries."""
        family = (ticket.order_id, *self._orders.carried_by(ticket.order_id))
        for one in family:
            self._wire.arrived(Ticket(one, self._orders.terms[one], ticket.sent_at), at)
        return family

    def _place(self, ticket: Ticket, at: datetime, now: int) -> None:
        orders, terms = self._orders, ticket.terms
        family = self._arrived(ticket, at)
        if not terms.reduce_only and at > terms.fresh_until:
            self._expire(family, at, terms.fresh_until)
        elif terms.instrument not in self._symbols:
            self._outcomes.refused(family, at, UNKNOWN_INSTRUMENT)
        else:
            carried = [orders.terms[leg] for leg in family[1:]]
            try:
                self._venue.create(self._account, order_request(ticket.order_id, terms, carried), now)
            except Declined as refusal:
                self._outcomes.refused(family, at, str(refusal))

    def _expire(self, family: Sequence[str], at: datetime, fresh_until: datetime) -> None:
        for order_id in family:
            self._orders.carried.discard(order_id)
            self._wire.expired(order_id, at, f"{TOO_LATE} {fresh_until.isoformat()}")

    def _cancel(self, request: Request, at: datetime, now: int) -> None:
        order_id = request.order_id
        terms = self._orders.terms.get(order_id)
        try:
            if terms is None or order_id not in self._orders.open:
                self._wire.cancel_refused(request, at, UNKNOWN_ORDER)
            elif order_id in self._orders.carried:
                self._amend_entry(terms, _level(terms, ZERO), now)
                self._outcomes.drop(order_id, at, CANCELLED_BY_USER)
            elif self._orders.stop_beside(order_id) is not None:
                self._wire.cancel_refused(request, at, BOTH_WOULD_END)
            else:
                symbol, venue_id = symbol_of(terms.instrument), self._orders.venue_id(order_id)
                addressed = CancelRequest(category=LINEAR, symbol=symbol, order_id=venue_id)
                self._venue.cancel(self._account, addressed, now)
        except Declined as refusal:
            self._wire.cancel_refused(request, at, str(refusal))

    def _amend(self, request: Request, wanted: Amendment, at: datetime, now: int) -> None:
        terms = self._orders.terms.get(wanted.order_id)
        try:
            if terms is None or wanted.order_id not in self._orders.open:
                self._wire.amend_refused(request, at, UNKNOWN_TO_AMEND)
            elif wanted.order_id not in self._orders.carried:
                self._venue.amend(self._account, self._amendment(terms, wanted), now)
            elif wanted.quantity is not None:
                self._wire.amend_refused(request, at, CARRIED_QUANTITY)
            else:
                price = wanted.limit_price if wanted.trigger_price is None else wanted.trigger_price
                self._amend_entry(terms, _level(terms, price), now)
        except Declined as refusal:
            self._wire.amend_refused(request, at, str(refusal))

    def _amendment(self, terms: OrderPlaced, wanted: Amendment) -> AmendRequest:
        """An attached target is a conditional order of the venue, whose trigger is our limit."""
        attached = terms.parent is not None and terms.purpose is Purpose.TARGET
        return AmendRequest(
            category=LINEAR,
            symbol=symbol_of(terms.instrument),
            order_id=self._orders.venue_id(wanted.order_id),
            qty=wanted.quantity,
            price=None if attached else wanted.limit_price,
            trigger_price=wanted.limit_price if attached else wanted.trigger_price,
        )

    def _amend_entry(self, leg: OrderPlaced, levels: Mapping[str, Decimal], now: int) -> None:
        self._venue.amend(
            self._account,
            AmendRequest(
                category=LINEAR,
                symbol=symbol_of(leg.instrument),
                order_link_id=leg.parent or "",
                take_profit=levels.get("take_profit"),
                stop_loss=levels.get("stop_loss"),
            ),
            now,
        )


def _level(leg: OrderPlaced, price: Decimal | None) -> Mapping[str, Decimal]:
    """The field of the entry that has the leg's level."""
    if price is None:
        return _NO_CHANGES
    return {"stop_loss" if leg.purpose is Purpose.STOP else "take_profit": price}
