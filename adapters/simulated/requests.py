"""Requests that were sent to the exchange and have not been processed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from commands.exchange import Ticket
from domain.candle import Candle


class Cancellation(Struct, frozen=True, gc=False):
    order_id: str


class Amendment(Struct, frozen=True, gc=False):
    """The new terms; None leaves a term unchanged."""

    order_id: str
    quantity: Decimal | None
    limit_price: Decimal | None
    trigger_price: Decimal | None


class Request(Struct, frozen=True, gc=False):
    """A request to the exchange with the times of sending and arrival."""

    what: Ticket | Cancellation | Amendment
    sent_at: datetime
    arrives_at: datetime

    @property
    def order_id(self) -> str:
        return self.what.order_id

    def meets(self, candle: Candle) -> bool:
        """Whether the request was sent no later than the candle's open and arrives before its close.

        A request sent after the open must not trade at a price of the candle that may be older than the request.
        """
        return self.sent_at <= candle.open_time and self.arrives_at < candle.close_time

    def at(self, candle: Candle) -> datetime:
        """The time of processing: the arrival, or the candle's open where that is later."""
        return max(self.arrives_at, candle.open_time)


class Inbox:
    """The requests to one market that have not been processed, in `waiting`."""

    def __init__(self) -> None:
        self.waiting: list[Request] = []

    def add(self, request: Request) -> None:
        self.waiting.append(request)

    def take(self, candle: Candle) -> list[Request]:
        """Removes and returns the requests processed in this candle, by arrival."""
        return self._take(lambda request: request.meets(candle))

    def take_met(self, reading: Candle, until: datetime, patience: timedelta) -> list[Request]:
        """Removes and returns, by arrival, the requests that arrive by `until` and within `patience` after a reading of
        the book; `reading` is the instant of that reading.
        """
        latest = min(until, reading.open_time + patience)
        return self._take(lambda request: request.arrives_at <= latest)

    def take_until(self, moment: datetime) -> list[Request]:
        """Removes and returns the requests that arrive before `moment`, by arrival."""
        return self._take(lambda request: request.arrives_at < moment)

    def _take(self, is_due: Callable[[Request], bool]) -> list[Request]:
        due: list[Request] = []
        left: list[Request] = []
        for request in self.waiting:
            (due if is_due(request) else left).append(request)
        self.waiting = left
        return sorted(due, key=lambda request: request.arrives_at)
