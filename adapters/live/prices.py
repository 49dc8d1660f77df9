"""The last price of each instrument that the engine in this process has seen."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.log import Envelope


@dataclass(frozen=True, slots=True)
class Price:
    """The close of a candle in quote currency; `at` is the candle's time by the market's clock (UTC)."""

    instrument: str
    price: Decimal
    at: datetime


class Prices:
    """An observer of the engine (`commands.observer.Observer`).

    The engine's thread updates it; subscribers read it in the event loop in which it was made. Only the newest price of
    each instrument is kept, so a slow subscriber misses the prices in between.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._unread: dict[str, Price] = {}
        self._last: dict[str, Price] = {}
        self._arrival = asyncio.Event()

    @property
    def last(self) -> Mapping[str, Price]:
        """The newest price of each instrument."""
        return self._last

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
        """See `Observer`."""
        with self._lock:
            waiting = bool(self._unread)
            self._unread[instrument] = Price(instrument, close, at)
        if not waiting and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._take)

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        """See `Observer`. Does nothing, because `LiveTail` publishes events."""

    async def subscribe(self, instruments: Sequence[str] = ()) -> AsyncGenerator[Price]:
        """The last price of each instrument (of all where none is given), then each newer price, endlessly."""
        seen: dict[str, Price] = {}
        while True:
            arrival = self._arrival
            for price in self._news(instruments, seen):
                seen[price.instrument] = price
                yield price
            await arrival.wait()

    def _news(self, instruments: Sequence[str], seen: Mapping[str, Price]) -> Sequence[Price]:
        wanted = instruments or tuple(self._last)
        known = (self._last.get(instrument) for instrument in wanted)
        return [price for price in known if price is not None and seen.get(price.instrument) != price]

    def _take(self) -> None:
        with self._lock:
            self._last |= self._unread
            self._unread.clear()
        self._arrival.set()
        self._arrival = asyncio.Event()
