"""The last price of each instrument, as the engine in this process sees it."""

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
    """The close of a candle, in quote currency, at its moment of the market's clock (UTC)."""

    instrument: str
    price: Decimal
    at: datetime


class Prices:
    """An `commands.observer.Observer`: told from the engine's thread, asked in the loop it was made in.

    Only the newest price of an instrument is held: whoever is slow misses the ones between, and never falls behind.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._told: dict[str, Price] = {}
        self._last: dict[str, Price] = {}
        self._arrival = asyncio.Event()

    @property
    def last(self) -> Mapping[str, Price]:
        """The newest price of each instrument."""
        return self._last

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
        """See `Observer`."""
        with self._lock:
            waiting = bool(self._told)
            self._told[instrument] = Price(instrument, close, at)
        if not waiting and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._take)

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        """See `Observer`: the tail tells of events."""

    async def subscribe(self, instruments: Sequence[str] = ()) -> AsyncGenerator[Price]:
        """The last price of each instrument (none named: of all), then every change, without end."""
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
            self._last |= self._told
            self._told.clear()
        self._arrival.set()
        self._arrival = asyncio.Event()
