"""An exchange behind a connection that can fail: before a request arrives, or before the response returns."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from commands.exchange import AnyReport, Exchange, Gap, Ticket, Unread
from domain.errors import ExchangeError, ExchangeRefused, ExchangeUnreachable, OutcomeUnknown
from domain.instrument import Instrument
from domain.order import OrderPlaced
from domain.venue import Execution, VenueBalance, VenueOrder, VenuePosition

_T = TypeVar("_T")


class FaultyExchange:
    """An exchange whose calls raise `line`, the current error; None while the connection works."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.line: type[ExchangeError] | None = None

    @contextmanager
    def failing(self, line: type[ExchangeError]) -> Generator[None, None, None]:
        """Within the context every call raises this error; requests with an unknown outcome still arrive."""
        self.line = line
        try:
            yield
        finally:
            self.line = None

    @property
    def venue(self) -> str:
        return self._exchange.venue

    def submit(self, tickets: Sequence[Ticket]) -> None:
        self._send(lambda: self._exchange.submit(tickets))

    def adopt(self, order_id: str, venue_order_id: str, terms: OrderPlaced) -> bool:
        return self._exchange.adopt(order_id, venue_order_id, terms)

    def cancel(self, order_id: str, at: datetime) -> None:
        self._send(lambda: self._exchange.cancel(order_id, at))

    def amend(
        self,
        order_id: str,
        at: datetime,
        *,
        quantity: Decimal | None,
        limit_price: Decimal | None,
        trigger_price: Decimal | None,
    ) -> None:
        self._send(
            lambda: self._exchange.amend(
                order_id, at, quantity=quantity, limit_price=limit_price, trigger_price=trigger_price
            )
        )

    def reports(self) -> Sequence[AnyReport]:
        return self._exchange.reports() if self.line is None else ()

    def gaps(self) -> Sequence[Gap]:
        return self._exchange.gaps()

    def unread(self) -> Sequence[Unread]:
        return self._exchange.unread()

    def order(self, order_id: str) -> VenueOrder | None:
        return self._query(lambda: self._exchange.order(order_id))

    def open_orders(self) -> Sequence[VenueOrder]:
        return self._query(self._exchange.open_orders)

    def executions(self, since: datetime) -> Sequence[Execution]:
        return self._query(lambda: self._exchange.executions(since))

    def positions(self) -> Sequence[VenuePosition]:
        return self._query(self._exchange.positions)

    def balances(self) -> Sequence[VenueBalance]:
        return self._query(self._exchange.balances)

    def instruments(self) -> Sequence[Instrument]:
        return self._query(self._exchange.instruments)

    def server_time(self) -> datetime:
        return self._query(self._exchange.server_time)

    def _send(self, call: Callable[[], None]) -> None:
        if self.line in {None, OutcomeUnknown}:
            call()
        if self.line is not None:
            raise self.line(_WORDS[self.line])

    def _query(self, query: Callable[[], _T]) -> _T:
        if self.line is not None:
            raise ExchangeUnreachable(_WORDS[ExchangeUnreachable])
        return query()


_WORDS: dict[type[ExchangeError], str] = {
    ExchangeUnreachable: "connection refused",
    ExchangeRefused: "110007: ab not enough for new order",
    OutcomeUnknown: "no response within 5 s",
}
