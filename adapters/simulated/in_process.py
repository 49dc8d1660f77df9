"""What the exchanges of this process have in common: requests go in, and all that comes out is on one `Wire`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from adapters.simulated.ids import VENUE
from adapters.simulated.requests import Amendment, Cancellation
from adapters.simulated.wire import Wire
from commands.exchange import AnyReport, Gap, Ticket, Unread
from domain.order import OrderPlaced
from domain.venue import Execution, VenueOrder


class InProcessExchange(ABC):
    """The part of the exchange port that is the same for every simulation; no call raises an ExchangeError."""

    venue = VENUE

    def __init__(self) -> None:
        self._wire = Wire()

    def adopt(self, order_id: str, venue_order_id: str, terms: OrderPlaced) -> bool:
        """See `Exchange.adopt`. Nobody else trades here."""
        return False

    def cancel(self, order_id: str, at: datetime) -> None:
        """See `OrderEntry.cancel`."""
        self._send(Cancellation(order_id), at)

    def amend(
        self,
        order_id: str,
        at: datetime,
        *,
        quantity: Decimal | None,
        limit_price: Decimal | None,
        trigger_price: Decimal | None,
    ) -> None:
        """See `OrderEntry.amend`."""
        self._send(Amendment(order_id, quantity, limit_price, trigger_price), at)

    def reports(self) -> Sequence[AnyReport]:
        """The reports since the last call, by time; see `ReportStream.reports`."""
        return self._wire.drain()

    def gaps(self) -> Sequence[Gap]:
        """None: this exchange runs in the same process."""
        return ()

    def unread(self) -> Sequence[Unread]:
        """None: this exchange sends values, not messages."""
        return ()

    def order(self, order_id: str) -> VenueOrder | None:
        """See `VenueQueries.order`; returns None for a ticket that has not arrived yet."""
        return self._wire.history.order(order_id)

    def executions(self, since: datetime) -> Sequence[Execution]:
        """See `VenueQueries.executions`; a restored exchange returns executions since its restoration only."""
        return self._wire.history.since(since)

    @abstractmethod
    def _send(self, what: Ticket | Cancellation | Amendment, at: datetime) -> None:
        """Puts a request on its way, which was sent at this time."""
