"""Turns orders, trades and funding payments, from a stream or a poll, into reports.

Rows may be lost, repeated and reordered, also between streams and polls. Fills come from trades only, each id once;
orders show acceptance, terms and end. A row that is older than what was seen of its order changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from msgspec import Struct

from adapters.ccxt.markets import Market
from adapters.ccxt.names import Names
from adapters.ccxt.order_row import OrderRow, reason, triggered
from adapters.ccxt.trade_row import TradeRow, funded
from adapters.executed import filled, liquidated
from adapters.instruments.document import Table
from adapters.order_terms import Terms
from commands.exchange import (
    Accepted,
    Amended,
    AnyReport,
    Cancelled,
    Expired,
    Filled,
    Rejected,
    Triggered,
)
from domain.order import OrderPlaced
from domain.venue import VenueStatus

_KEPT = 100_000
_RANKS: dict[type[AnyReport], int] = {Accepted: 0, Amended: 1, Triggered: 2, Filled: 3}
_LAST = 4
_ENDS: dict[VenueStatus, type[Cancelled | Rejected | Expired]] = {
    VenueStatus.CANCELLED: Cancelled,
    VenueStatus.REJECTED: Rejected,
    VenueStatus.EXPIRED: Expired,
}
V = TypeVar("V")


class _Seen(Struct, frozen=True, gc=False):
    row: OrderRow
    terms: Terms


class Reading:
    """`venue` is the name in the facts. All calls come from one thread."""

    def __init__(self, names: Names, venue: str) -> None:
        self._names, self._venue = names, venue
        self._seen: dict[str, _Seen] = {}
        self._traded: dict[str, None] = {}
        self._forced: set[str] = set()
        self._absent: set[str] = set()
        self._strangers: list[TradeRow] = []

    def know(self, row: OrderRow) -> str:
        """Our id of the order; remembers whose order this is."""
        if row.is_forced:
            self._forced.add(row.venue_id)
        return self._names.name(row)

    def is_forced(self, venue_id: str) -> bool:
        """Whether the exchange is known to have placed this order itself, as for a liquidation."""
        return venue_id in self._forced

    def order(self, row: OrderRow) -> Iterator[AnyReport]:
        """The reports of an order; none for one without a client order id."""
        name = self.know(row)
        before = self._seen.get(name)
        self._absent.discard(name)
        if self._names.is_child(name, row):
            if before is None:
                return
            row = triggered(before.row, row)
        if not name or (before is not None and _is_old(row, before.row)):
            return
        terms = row.terms(self._names.terms.get(name))
        _keep(self._seen, name, _Seen(row, terms))
        is_accepted = row.status is not VenueStatus.REJECTED
        if before is None and is_accepted:
            yield self._accepted(row, name)
        known = self._known(name, before)
        if known is not None and known != terms and terms.quantity and is_accepted:
            yield self._amended(row, name, terms)
        if before is None or before.row.status is not row.status:
            yield from self._changed(row, name)

    def _changed(self, row: OrderRow, name: str) -> Iterator[AnyReport]:
        """The report of a status that neither acceptance nor fills report."""
        end = _ENDS.get(row.status)
        if end is not None:
            yield end(order_id=name, at=row.updated, fact=self._fact(row), reason=reason(row))
        elif row.status is VenueStatus.TRIGGERED and row.trigger is not None:
            yield Triggered(order_id=name, at=row.updated, fact=self._fact(row), price=row.trigger)

    def trade(self, row: TradeRow) -> Iterator[AnyReport]:
        """The report of a trade, once; none while it is not known whose order it was."""
        key = f"{row.symbol}/{row.id}"
        if key in self._traded:
            return
        name = "" if row.is_forced else self._names.of_trade(row.venue_order_id)
        if name is None:
            self._strangers.append(row)
            return
        _keep(self._traded, key, None)
        if row.is_forced or row.venue_order_id in self._forced:
            yield liquidated(row, row.fact(self._venue))
        else:
            yield filled(row, name or row.venue_order_id, row.fact(self._venue))

    def funding(self, row: Table, market: Market, *, is_paid: bool) -> Iterator[AnyReport]:
        """The report of a funding payment, once. Raises InvalidInput where it is not complete."""
        report = funded(row, market, self._venue, is_paid=is_paid)
        if report.fact not in self._traded:
            _keep(self._traded, report.fact, None)
            yield report

    def unknown(self) -> Sequence[tuple[str, str]]:
        """The exchange's ids and ccxt's symbols of orders whose trades wait until it is known whose order it is."""
        return list(dict.fromkeys((row.venue_order_id, row.symbol) for row in self._strangers))

    def settle_unknown(self) -> list[AnyReport]:
        """The reports of trades whose order is known by now."""
        waiting, self._strangers = self._strangers, []
        return [report for row in waiting for report in self.trade(row)]

    def never_was(self, order_id: str) -> None:
        """Records that the exchange has no such order."""
        self._absent.add(order_id)

    def sent_again(self, order_id: str) -> None:
        """Records that the exchange may have the order from now on."""
        self._absent.discard(order_id)

    def is_open(self, order_id: str) -> bool:
        """Whether an order may still change: it is open, or was never seen and may exist."""
        if order_id in self._absent:
            return False
        seen = self._seen.get(order_id)
        return seen is None or seen.row.is_open

    def last(self, order_id: str) -> OrderRow | None:
        """The newest row of an order; None where it was never seen."""
        seen = self._seen.get(order_id)
        return None if seen is None else seen.row

    def filled(self, order_id: str) -> bool | None:
        """Whether an order was filled at least in part; None where it was never seen."""
        seen = self._seen.get(order_id)
        return None if seen is None else bool(seen.row.filled)

    def _known(self, name: str, before: _Seen | None) -> Terms | None:
        if before is not None:
            return before.terms
        placed = self._names.terms.get(name)
        return None if placed is None else Terms(*_levels(placed))

    def _accepted(self, row: OrderRow, name: str) -> AnyReport:
        return Accepted(
            order_id=name,
            at=row.created,
            fact=f"exchange:{self._venue}:{row.venue_id}-accepted",
            venue_order_id=row.venue_id,
        )

    def _amended(self, row: OrderRow, name: str, terms: Terms) -> AnyReport:
        figures = "-".join(
            str(one) for one in (terms.quantity, terms.limit_price, terms.trigger_price) if one
        )
        return Amended(
            order_id=name,
            at=row.updated,
            fact=f"exchange:{self._venue}:{row.venue_id}-amended-{_stamp(row.updated)}-{figures}",
            quantity=terms.quantity,
            limit_price=terms.limit_price,
            trigger_price=terms.trigger_price,
        )

    def _fact(self, row: OrderRow) -> str:
        return f"exchange:{self._venue}:{row.venue_id}-{row.status.value.lower()}-{_stamp(row.updated)}"


def in_order(reports: Sequence[AnyReport]) -> list[AnyReport]:
    """By time; of one time first what an order needs before its fills, and its end last."""
    return sorted(reports, key=lambda report: (report.at, _RANKS.get(type(report), _LAST)))


def _levels(placed: OrderPlaced) -> tuple[Decimal, Decimal | None, Decimal | None]:
    return placed.quantity, placed.limit_price, placed.trigger_price


def _is_old(row: OrderRow, seen: OrderRow) -> bool:
    """Whether the row is older than the last one of its order; of one time an ended order is the later one."""
    if row.updated != seen.updated:
        return row.updated < seen.updated
    return (row.is_open and not seen.is_open) or row.filled < seen.filled


def _keep(kept: dict[str, V], key: str, value: V) -> None:
    """Adds to the newest `_KEPT` values."""
    kept.pop(key, None)
    kept[key] = value
    if len(kept) > _KEPT:
        del kept[next(iter(kept))]


def _stamp(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%S%f}"
