"""Orders in flight: those with a request that the exchange has not answered, and when each had its last news."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from domain.log import Envelope
from domain.order import Closed, OrderStatus, Working
from domain.portfolio import Portfolio
from domain.streams import parse

UNANSWERED = frozenset(
    {
        OrderStatus.PLACED,
        OrderStatus.SUBMITTED,
        OrderStatus.CANCEL_REQUESTED,
        OrderStatus.AMEND_REQUESTED,
        OrderStatus.OUTCOME_UNKNOWN,
    }
)


class InFlight:
    """The time (UTC) of the last event of every order, folded from the log."""

    def __init__(self) -> None:
        self._news: dict[str, datetime] = {}

    def observe(self, envelope: Envelope) -> None:
        """Takes the next event of the log."""
        stream = envelope.meta.stream
        if stream.startswith("order-"):
            self._news[parse(stream).id] = envelope.meta.recorded_at

    def kept(self, portfolio: Portfolio) -> Mapping[str, datetime]:
        """The times of the working orders by id, for a snapshot; those of other orders are not needed again."""
        return {order_id: self._news[order_id] for order_id in working(portfolio) if order_id in self._news}

    def restore(self, kept: Mapping[str, datetime]) -> None:
        """Takes the times of a snapshot, before any event."""
        self._news = dict(kept)

    def silent(self, portfolio: Portfolio, now: datetime, patience: timedelta) -> Sequence[str]:
        """The ids of the orders in flight without an event for `patience`, entries first."""
        return [
            order_id
            for order_id in orders_in_flight(portfolio)
            if self._last(order_id, now) <= now - patience
        ]

    def young(self, portfolio: Portfolio, now: datetime, age: timedelta) -> Sequence[str]:
        """The ids of the working orders with an event in the last `age`."""
        return [order_id for order_id in working(portfolio) if self._last(order_id, now) > now - age]

    def _last(self, order_id: str, now: datetime) -> datetime:
        return self._news.get(order_id, now)


def working(portfolio: Portfolio) -> Mapping[str, Working | Closed]:
    """The working orders by id, entries first."""
    entries = {order_id: entry.order for order_id, entry in portfolio.entries.items()}
    return {**entries, **portfolio.exits}


def orders_in_flight(portfolio: Portfolio) -> Iterator[str]:
    """The ids of the working orders with an unanswered request."""
    for order_id, state in working(portfolio).items():
        if state.status in UNANSWERED:
            yield order_id
