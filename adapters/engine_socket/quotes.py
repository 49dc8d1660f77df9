"""The last price of each instrument, on its way from the engine to the API's process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from threading import Lock

import msgspec

from domain.errors import InvalidInput
from domain.log import Envelope


class Quote(msgspec.Struct, frozen=True, gc=False):
    """The close of a candle in quote currency; `at` is the candle's time by the market's clock (UTC)."""

    instrument: str
    close: Decimal
    at: datetime


def quotes_bytes(quotes: Iterable[Quote]) -> bytes:
    """The quotes as JSON."""
    return msgspec.json.encode(list(quotes))


def read_quotes(written: bytes) -> Sequence[Quote]:
    """The quotes in `written`. Raises InvalidInput where there are none."""
    try:
        return msgspec.json.decode(written, type=list[Quote])
    except msgspec.DecodeError as fault:
        raise InvalidInput(f"prices cannot be read: {fault}") from None


class Quotes:
    """An observer of the engine (`commands.observer.Observer`) that never waits.

    Only the newest price of each instrument is kept, so that the memory is bounded however slowly it is read.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._last: dict[str, Quote] = {}
        self._unsent: dict[str, Quote] = {}
        self._wake: Callable[[], None] | None = None

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
        """See `Observer`."""
        quote = Quote(instrument, close, at)
        with self._lock:
            self._last[instrument] = self._unsent[instrument] = quote
            wake, self._wake = self._wake, None
        if wake is not None:
            wake()

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        """See `Observer`. Does nothing, because the API's process reads events from the log."""

    def repeat(self) -> None:
        """Makes the next `take` return every instrument's last price, for a reader that has seen none."""
        with self._lock:
            self._unsent = dict(self._last)

    def take(self, wake: Callable[[], None]) -> Sequence[Quote]:
        """The prices since the last call; where there are none, the next price calls `wake` on the engine's thread."""
        with self._lock:
            quotes = list(self._unsent.values())
            self._unsent.clear()
            self._wake = None if quotes else wake
            return quotes

    def rest(self) -> None:
        """Forgets the `wake` of the last `take`."""
        with self._lock:
            self._wake = None
