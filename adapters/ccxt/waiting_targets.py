"""The targets of limit entries, which wait here until their entry has filled.

A target is a conditional order of its own. Before its entry has filled, an exchange refuses it where its price is on the
other side of the market, as for the lower levels of a grid, and ends it where its price trades. So it is sent after the
first fill. Until then the log has it as accepted, as where exchanges attach a target to its entry.

Nothing is lost with the process: the log has the target, and the exchange does not.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal

from adapters.ccxt.placing import is_target
from commands.exchange import Accepted, Amended, Cancelled, Ticket
from domain.arithmetic import ZERO
from domain.order import OrderPlaced, OrderType, amended
from domain.venue import VenueOrder, VenueStatus


def waits_for(terms: OrderPlaced, entry: OrderPlaced | None) -> bool:
    """Whether an order is the target of a limit entry."""
    return is_target(terms) and entry is not None and entry.type is OrderType.LIMIT


class WaitingTargets:
    """`venue` is the name in the facts of the reports."""

    def __init__(self, venue: str) -> None:
        self._venue = venue
        self._tickets: dict[str, Ticket] = {}
        self._due: set[str] = set()

    def __contains__(self, order_id: str) -> bool:
        return order_id in self._tickets

    def hold(self, ticket: Ticket) -> Accepted:
        """Keeps a target; returns the report of it, which has no id of the exchange."""
        self._tickets[ticket.order_id] = ticket
        return Accepted(
            order_id=ticket.order_id,
            at=ticket.sent_at,
            fact=self._fact(ticket.order_id, "waits", ticket.sent_at),
            venue_order_id="",
        )

    def recall(self, ticket: Ticket, *, is_due: bool) -> None:
        """Keeps a target that an earlier process has reported."""
        self._tickets[ticket.order_id] = ticket
        if is_due:
            self._due.add(ticket.order_id)

    def amend(
        self, order_id: str, at: datetime, quantity: Decimal | None, limit_price: Decimal | None
    ) -> Amended:
        """Changes what is given of the terms."""
        ticket = self._tickets[order_id]
        terms = amended(ticket.terms, quantity=quantity, limit_price=limit_price, trigger_price=None)
        self._tickets[order_id] = Ticket(order_id, terms, ticket.sent_at)
        return Amended(
            order_id=order_id,
            at=at,
            fact=self._fact(order_id, "amended", at),
            quantity=terms.quantity,
            limit_price=terms.limit_price,
            trigger_price=None,
        )

    def cancel(self, order_id: str, at: datetime | None = None) -> Cancelled:
        """Forgets a target; without a time the report has that of the target."""
        ended = at or self._tickets[order_id].sent_at
        self.sent(order_id)
        return Cancelled(
            order_id=order_id,
            at=ended,
            fact=self._fact(order_id, "cancelled", ended),
            reason="not sent: its entry had not filled",
        )

    def due(self, filled: Collection[str]) -> Sequence[Ticket]:
        """The targets to be sent: those of these entries, and those that were due before."""
        self._due |= {name for name, ticket in self._tickets.items() if ticket.terms.parent in filled}
        return [self._tickets[name] for name in sorted(self._due)]

    def entries(self) -> Collection[str]:
        """The ids of the entries for which a target waits."""
        return {ticket.terms.parent or "" for ticket in self._tickets.values()}

    def sent(self, order_id: str) -> None:
        """Records that the exchange has the target, or has refused it."""
        del self._tickets[order_id]
        self._due.discard(order_id)

    def order(self, order_id: str) -> VenueOrder:
        """The target as an open order of the exchange."""
        ticket = self._tickets[order_id]
        return VenueOrder(
            order_id=order_id,
            venue_order_id="",
            instrument=ticket.terms.instrument,
            side=ticket.terms.side,
            type=ticket.terms.type,
            quantity=ticket.terms.quantity,
            limit_price=ticket.terms.limit_price,
            trigger_price=None,
            reduce_only=ticket.terms.reduce_only,
            status=VenueStatus.ACCEPTED,
            filled=ZERO,
            notional=ZERO,
            fees=ZERO,
            reason="",
            created_at=ticket.sent_at,
            updated_at=ticket.sent_at,
        )

    def orders(self) -> Sequence[VenueOrder]:
        """All of them as open orders."""
        return [self.order(name) for name in self._tickets]

    def _fact(self, order_id: str, kind: str, at: datetime) -> str:
        return f"exchange:{self._venue}:{order_id}-{kind}-{at:%Y%m%dT%H%M%S%f}"
