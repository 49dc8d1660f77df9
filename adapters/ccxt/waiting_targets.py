"""The targets of limit entries, which wait here until their entry has filled.

A target is a conditional order of its own. Before its entry has filled, an exchange refuses it where its price is on
the other side of the market, as for the lower levels of a grid, and ends it where its price trades. So it is sent after
the first fill. Until then the log has it as accepted, as where exchanges attach a target to its entry.

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

_KEPT = 1_000
_NOT_FILLED = "not sent: its entry had not filled"


def waits_for(terms: OrderPlaced, entry: OrderPlaced | None) -> bool:
    """Whether an order is the target of a limit entry."""
    return is_target(terms) and entry is not None and entry.type is OrderType.LIMIT


class WaitingTargets:
    """`venue` is the name in the facts of the reports."""

    def __init__(self, venue: str) -> None:
        self._venue = venue
        self._tickets: dict[str, Ticket] = {}
        self._due: set[str] = set()
        self._cancelled: dict[str, VenueOrder] = {}

    def __contains__(self, order_id: str) -> bool:
        return order_id in self._tickets

    def hold(self, ticket: Ticket) -> Accepted:
        """Keeps a target; returns the report of it, which has no id of the exchange."""
        self._tickets[ticket.order_id] = ticket
        self._cancelled.pop(ticket.order_id, None)
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
        """Ends a target; without a time the report has that of the target."""
        ticket = self._tickets[order_id]
        ended = at or ticket.sent_at
        self.sent(order_id)
        self._cancelled[order_id] = _order(ticket, VenueStatus.CANCELLED, ended, _NOT_FILLED)
        if len(self._cancelled) > _KEPT:
            del self._cancelled[next(iter(self._cancelled))]
        return Cancelled(
            order_id=order_id,
            at=ended,
            fact=self._fact(order_id, "cancelled", ended),
            reason=_NOT_FILLED,
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

    def order(self, order_id: str) -> VenueOrder | None:
        """A target that waits, or was cancelled here, as an order of the exchange; None for another order."""
        ticket = self._tickets.get(order_id)
        if ticket is None:
            return self._cancelled.get(order_id)
        return _order(ticket, VenueStatus.ACCEPTED, ticket.sent_at)

    def orders(self) -> Sequence[VenueOrder]:
        """The targets that wait, as open orders of the exchange."""
        return [_order(ticket, VenueStatus.ACCEPTED, ticket.sent_at) for ticket in self._tickets.values()]

    def _fact(self, order_id: str, kind: str, at: datetime) -> str:
        return f"exchange:{self._venue}:{order_id}-{kind}-{at:%Y%m%dT%H%M%S%f}"


def _order(ticket: Ticket, status: VenueStatus, at: datetime, reason: str = "") -> VenueOrder:
    terms = ticket.terms
    return VenueOrder(
        order_id=ticket.order_id,
        venue_order_id="",
        instrument=terms.instrument,
        side=terms.side,
        type=terms.type,
        quantity=terms.quantity,
        limit_price=terms.limit_price,
        trigger_price=None,
        reduce_only=terms.reduce_only,
        status=status,
        filled=ZERO,
        notional=ZERO,
        fees=ZERO,
        reason=reason,
        created_at=ticket.sent_at,
        updated_at=at,
    )
