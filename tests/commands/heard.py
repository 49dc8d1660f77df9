"""The state of an account, computed from reports alone, to be compared with the venue's responses to queries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from commands.exchange import (
    Accepted,
    Amended,
    AnyReport,
    Cancelled,
    Exchange,
    Expired,
    Filled,
    Funded,
    Liquidated,
    Rejected,
    Ticket,
    Triggered,
)
from domain.direction import Direction, Side
from domain.order import OrderPlaced
from domain.venue import OPEN_AT_VENUE, VenueOrder, VenueStatus
from tests.replacing import replace

ZERO = Decimal(0)
PENNY = Decimal("1e-6")
_ENDS = {
    Cancelled: VenueStatus.CANCELLED,
    Rejected: VenueStatus.REJECTED,
    Expired: VenueStatus.EXPIRED,
}
_CHANGES = (Accepted, Triggered, Filled, Amended, *_ENDS)


class Heard:
    """Computes orders, position and balance from sent tickets and reports, in one instrument and one currency."""

    def __init__(self, balance: Decimal) -> None:
        self.balance = balance
        self.terms: dict[str, OrderPlaced] = {}
        self.statuses: dict[str, VenueStatus] = {}
        self.filled: dict[str, Decimal] = {}
        self.executions: list[str] = []
        self.changed: dict[str, datetime] = {}
        self.quantity, self.cost = ZERO, ZERO

    def sent(self, tickets: Iterable[Ticket]) -> None:
        for ticket in tickets:
            self.terms.setdefault(ticket.order_id, ticket.terms)
            self.filled.setdefault(ticket.order_id, ZERO)

    def take(self, reports: Iterable[AnyReport]) -> None:
        for report in reports:
            self._take(report)
            if isinstance(report, _CHANGES):
                self.changed[report.order_id] = report.at

    def agrees_with(self, venue: Exchange) -> None:
        """Asserts that every query returns the values computed from the reports."""
        for order_id, status in self.statuses.items():
            found = venue.order(order_id)
            assert found is not None, order_id
            assert (order_id, found.status) == (order_id, status)
            self._agrees(found)
        open_here = {order_id for order_id, status in self.statuses.items() if status in OPEN_AT_VENUE}
        listed = venue.open_orders()
        assert sorted(order.order_id for order in listed) == sorted(open_here)
        assert [venue.order(order.order_id) for order in listed] == list(listed)
        self._agrees_on_money(venue)

    def _agrees(self, found: VenueOrder) -> None:
        terms = self.terms[found.order_id]
        assert (found.quantity, found.limit_price, found.trigger_price) == (
            terms.quantity,
            terms.limit_price,
            terms.trigger_price,
        )
        assert (found.instrument, found.side, found.type) == (terms.instrument, terms.side, terms.type)
        assert found.created_at <= found.updated_at == self.changed[found.order_id]
        assert found.reduce_only is terms.reduce_only
        assert found.filled == self.filled[found.order_id]
        assert bool(found.reason) is (found.status in set(_ENDS.values()))

    def _agrees_on_money(self, venue: Exchange) -> None:
        held = {
            position.instrument: position.quantity
            if position.direction is Direction.LONG
            else -position.quantity
            for position in venue.positions()
        }
        assert list(held.values()) == ([self.quantity] if self.quantity else [])
        (balance,) = venue.balances()
        assert abs(balance.balance - self.balance) < PENNY
        assert balance.available <= balance.balance

    def _take(self, report: AnyReport) -> None:
        match report:
            case Funded():
                self.balance += report.amount
            case Liquidated():
                self._trade(report.side, report)
            case Filled():
                self._fill(report)
            case Amended():
                self.terms[report.order_id] = replace(
                    self.terms[report.order_id],
                    quantity=report.quantity,
                    limit_price=report.limit_price,
                    trigger_price=report.trigger_price,
                )
            case Triggered():
                self.statuses[report.order_id] = VenueStatus.TRIGGERED
            case Cancelled() | Rejected() | Expired():
                self.statuses[report.order_id] = _ENDS[type(report)]
            case Accepted():
                self.statuses.setdefault(report.order_id, VenueStatus.ACCEPTED)
            case _:
                pass

    def _fill(self, fill: Filled) -> None:
        terms = self.terms[fill.order_id]
        self._trade(terms.side, fill)
        self.filled[fill.order_id] += fill.quantity
        whole = self.filled[fill.order_id] == terms.quantity
        self.statuses[fill.order_id] = VenueStatus.FILLED if whole else VenueStatus.PARTIALLY_FILLED

    def _trade(self, side: Side, trade: Filled | Liquidated) -> None:
        self.executions.append(trade.execution_id)
        signed = trade.quantity if side is Side.BUY else -trade.quantity
        against = self.quantity * signed < 0
        closing = max(min(abs(signed), abs(self.quantity)), ZERO).copy_sign(signed) if against else ZERO
        released = self.cost * -closing / self.quantity if closing else ZERO
        opening = signed - closing
        self.cost += opening * trade.price - released
        self.quantity += signed
        self.balance += -closing * trade.price - released - trade.fee
