"""Our order ids, the client order ids that an exchange takes, and the exchange's own ids.

An id that the exchange takes is sent unchanged. Another one is replaced by a digest of it, which is the same each time,
so that an order of an earlier process is found, too.
"""

from __future__ import annotations

import re
from base64 import b32encode
from collections.abc import Mapping
from hashlib import sha256

from adapters.ccxt.order_row import OrderRow
from adapters.ccxt.placing import is_conditional, is_target
from commands.exchange import Ticket
from domain.direction import PROTECTION, Purpose
from domain.order import OrderPlaced

_DIGEST_BYTES = 19


class Names:
    """`terms` are those of every order of ours that is known, by our id; `pattern` is that of a client order id."""

    def __init__(self, placed: Mapping[str, OrderPlaced], pattern: str) -> None:
        self.terms: dict[str, OrderPlaced] = {}
        self._pattern = re.compile(pattern)
        self._of_link: dict[str, str] = {}
        self._of_venue: dict[str, str] = {}
        self._venue_ids: dict[str, str] = {}
        self._legs: dict[str, dict[Purpose, str]] = {}
        for order_id, terms in placed.items():
            self.place(order_id, terms)

    def send(self, ticket: Ticket) -> None:
        """Records an order that is about to be sent."""
        self.place(ticket.order_id, ticket.terms)

    def place(self, order_id: str, terms: OrderPlaced) -> None:
        """Records an order that the log has."""
        self.terms.setdefault(order_id, terms)
        self._of_link[self.link(order_id)] = order_id
        if terms.parent is not None and terms.purpose in PROTECTION:
            self._legs.setdefault(terms.parent, {}).setdefault(terms.purpose, order_id)

    def link(self, order_id: str) -> str:
        """The client order id of an order of ours."""
        if self._pattern.fullmatch(order_id) is not None:
            return order_id
        digest = sha256(order_id.encode()).digest()[:_DIGEST_BYTES]
        return "w" + b32encode(digest).decode().rstrip("=").lower()

    def families(self) -> Mapping[str, Mapping[Purpose, str]]:
        """Our ids of the stops and targets that may still stand, by the id of their entry."""
        return self._legs

    def forget_family(self, entry_id: str) -> None:
        """Records that neither stop nor target of an entry stands any more."""
        del self._legs[entry_id]

    def name(self, row: OrderRow) -> str:
        """Our id of the order, empty for an order without a client order id; remembers the exchange's id of it."""
        name = "" if row.is_forced else self._of_link.get(row.link, row.link)
        name = name or self._of_venue.get(row.venue_id, "")
        if self.is_child(name, row):
            self._of_venue[row.venue_id] = name
        else:
            self.pair(name, row.venue_id)
        if row.child:
            self._of_venue[row.child] = name
        return name

    def is_child(self, name: str, row: OrderRow) -> bool:
        """Whether the row is the order that a conditional order of ours has become, which is a market order."""
        placed = self.terms.get(name)
        if placed is None or row.trigger is not None:
            return False
        return is_conditional(placed) and (row.is_market or not is_target(placed))

    def pair(self, name: str, venue_id: str) -> None:
        """Records the exchange's id of an order; an empty name is that of an order of somebody else."""
        self._of_venue[venue_id] = name
        if name:
            self._venue_ids[name] = venue_id

    def of_trade(self, venue_id: str) -> str | None:
        """Our id of a trade's order; empty for an order of somebody else, None for one that is not known yet."""
        return self._of_venue.get(venue_id)

    def venue_id(self, order_id: str) -> str:
        """The exchange's id of an order of ours; empty where it is not known."""
        return self._venue_ids.get(order_id, "")
