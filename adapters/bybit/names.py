"""Our order ids and Bybit's.

An order that we place carries our id unchanged as its `orderLinkId`. A stop or target that is attached to its entry
carries no `orderLinkId`: it is recognised by its entry (`parentOrderLinkId`) and its kind. The log holds which stop and
target belong to which entry before anything is sent, so a restarted adapter recognises them, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from adapters.bybit.order_row import OrderRow
from commands.exchange import Ticket
from domain.direction import PROTECTION, Purpose
from domain.order import OrderPlaced
from domain.order_id import is_of_an_engine

ORDER_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")
"""What Bybit takes as a client order id."""

VENUE_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The form of Bybit's own ids of linear orders. An adopted order without a client order id has this id in the log."""

_NO_LEGS: Mapping[Purpose, str] = {}


class Names:
    """`terms` are those of every order of ours that is known, by our id."""

    def __init__(self, placed: Mapping[str, OrderPlaced]) -> None:
        self.terms: dict[str, OrderPlaced] = {}
        self._legs: dict[str, dict[Purpose, str]] = {}
        self._ours: dict[str, str] = {}
        self._venues: dict[str, str] = {}
        self._sent: dict[str, datetime] = {}
        self._other_logs: set[str] = set()
        for order_id, terms in placed.items():
            self.place(order_id, terms)

    def send(self, ticket: Ticket) -> None:
        """Records an order that is about to be sent."""
        if ticket.order_id not in self.terms:
            self._sent[ticket.order_id] = ticket.sent_at
        self.place(ticket.order_id, ticket.terms)

    def sent_at(self, order_id: str) -> datetime | None:
        """When an order was sent; None where it was sent by an earlier process."""
        return self._sent.get(order_id)

    def place(self, order_id: str, terms: OrderPlaced) -> None:
        """Records an order that the log has."""
        self.terms.setdefault(order_id, terms)
        if terms.parent is not None and terms.purpose in PROTECTION:
            self._legs.setdefault(terms.parent, {}).setdefault(terms.purpose, order_id)

    def adopt(self, order_id: str, venue_id: str, terms: OrderPlaced) -> bool:
        """Records an order of others that the log takes over; False for a stop or target of another log's entry."""
        if venue_id in self._other_logs:
            return False
        self.place(order_id, terms)
        self._ours[venue_id], self._venues[order_id] = order_id, venue_id
        return True

    def legs(self, entry_id: str) -> Mapping[Purpose, str]:
        """Our ids of an entry's stop and target."""
        return self._legs.get(entry_id, _NO_LEGS)

    def parent(self, order_id: str) -> str | None:
        """The entry of a stop or target; None for another order."""
        terms = self.terms.get(order_id)
        return terms.parent if terms is not None and terms.purpose in PROTECTION else None

    def name(self, row: OrderRow) -> str:
        """Our id of the order, empty for an order of somebody else; remembers which of Bybit's ids it belongs to."""
        attached = "" if row.leg is None else self.legs(row.parent).get(row.leg, "")
        adopted = row.venue_id if row.venue_id in self.terms else ""
        name = row.link or attached or adopted
        if not name and row.leg is not None and is_of_an_engine(row.parent):
            self._other_logs.add(row.venue_id)
        if row.venue_id:
            self._ours[row.venue_id] = name
            if name:
                self._venues[name] = row.venue_id
        return name

    def of_execution(self, link: str, venue_id: str) -> str | None:
        """Our id of an execution's order; empty for an order of somebody else, None for one that is not known yet."""
        return link or self._ours.get(venue_id)

    def stranger(self, venue_id: str) -> None:
        """Records an order that is not ours."""
        self._ours.setdefault(venue_id, "")

    def venue_id(self, order_id: str) -> str:
        """Bybit's id of an order of ours; empty where it is not known."""
        return self._venues.get(order_id, "")


def unfit(order_ids: Iterable[str]) -> list[str]:
    """The ids that Bybit does not take."""
    return [order_id for order_id in order_ids if ORDER_ID.fullmatch(order_id) is None]
