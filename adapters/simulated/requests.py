"""What was sent and has not arrived yet."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from commands.exchange import Ticket
from domain.candle import Candle


class Cancellation(Struct, frozen=True, gc=False):
    order_id: str


class Amendment(Struct, frozen=True, gc=False):
    """None leaves a term as it is."""

    order_id: str
    quantity: Decimal | None
    limit_price: Decimal | None
    trigger_price: Decimal | None


class Request(Struct, frozen=True, gc=False):
    """One thing asked of the exchange, on its way."""

    what: Ticket | Cancellation | Amendment
    sent_at: datetime
    arrives_at: datetime

    @property
    def order_id(self) -> str:
        return self.what.order_id

    def meets(self, candle: Candle) -> bool:
        """Whether it is dealt with in this candle: sent before it began, arrived before it is over.

        A candle's prices are one piece: what was sent after they began must not meet them.
        """
        return self.sent_at <= candle.open_time and self.arrives_at < candle.close_time

    def at(self, candle: Candle) -> datetime:
        """When it is dealt with: on arrival, or when the market opens after it."""
        return max(self.arrives_at, candle.open_time)


class Inbox:
    """The requests to one market, in the order of their arrival."""

    def __init__(self) -> None:
        self._waiting: list[Request] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, request: Request) -> None:
        self._waiting.append(request)

    def take(self, candle: Candle) -> list[Request]:
        """Those the candle meets; they are waiting no longer."""
        met = [request for request in self._waiting if request.meets(candle)]
        self._waiting = [request for request in self._waiting if not request.meets(candle)]
        return sorted(met, key=lambda request: request.arrives_at)
