"""What waits for the caller, of one instrument: bounded, and counted where something is left out.

Of quotes and prices the newest one waits. Trades wait in a queue that loses its oldest. The updates of a book wait in a
queue, too; where it is full, the whole book replaces them when they are taken. Candles are never left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from domain.candle import Candle
from domain.market import BookUpdate, KnownPrice, MarketEvent, Quote, Trade

_TRADE_IDS = 1_024
"""The trades that are recognised when they come again: as many as one push of Bybit has at most, and all those of a
longer list."""


class Quotes:
    """The newest quote."""

    def __init__(self) -> None:
        self._quote: Quote | None = None
        self.dropped = 0

    def put(self, quote: Quote) -> None:
        self.dropped += self._quote is not None
        self._quote = quote

    def take(self) -> list[MarketEvent]:
        found, self._quote = self._quote, None
        return [] if found is None else [found]


class Prices:
    """The newest price that was fetched."""

    def __init__(self) -> None:
        self._price: KnownPrice | None = None

    def put(self, price: KnownPrice) -> None:
        self._price = price

    def take(self) -> list[MarketEvent]:
        found, self._price = self._price, None
        return [] if found is None else [found]


class Candles:
    """Every candle."""

    def __init__(self) -> None:
        self._candles: list[Candle] = []

    def put(self, candles: Iterable[Candle]) -> None:
        self._candles.extend(candles)

    def take(self) -> list[MarketEvent]:
        found, self._candles = self._candles, []
        return [*found]


class Trades:
    """The last `most` trades, each once."""

    def __init__(self, most: int) -> None:
        self._trades: deque[Trade] = deque(maxlen=most)
        self._seen: dict[str, None] = {}
        self.dropped = 0

    def put(self, trades: Sequence[Trade]) -> None:
        for trade in trades:
            if trade.trade_id not in self._seen:
                self.dropped += len(self._trades) == self._trades.maxlen
                self._trades.append(trade)
                self._seen[trade.trade_id] = None
        self._forget(max(_TRADE_IDS, len(trades)))

    def take(self) -> list[MarketEvent]:
        found: list[MarketEvent] = [*self._trades]
        self._trades.clear()
        return found

    def _forget(self, most: int) -> None:
        while len(self._seen) > most:
            del self._seen[next(iter(self._seen))]


class Updates:
    """At most `most` updates of a book. `whole` returns the book now; None where it is not known."""

    def __init__(self, most: int, whole: Callable[[], BookUpdate | None]) -> None:
        self._most, self._whole = most, whole
        self._updates: list[BookUpdate] = []
        self._is_full = False
        self.dropped = 0

    def put(self, update: BookUpdate) -> None:
        if update.snapshot:
            self._drop_all()
            self._is_full = False
        if self._is_full:
            self.dropped += 1
            return
        self._updates.append(update)
        if len(self._updates) > self._most:
            self._drop_all()
            self._is_full = True

    def take(self) -> list[MarketEvent]:
        found, self._updates = self._updates, []
        if not self._is_full:
            return [*found]
        whole = self._whole()
        if whole is None:  # the snapshot after a gap follows
            return []
        self._is_full = False
        return [whole]

    def _drop_all(self) -> None:
        self.dropped += len(self._updates)
        self._updates.clear()


def merged(lanes: Iterable[Sequence[MarketEvent]]) -> list[MarketEvent]:
    """The events of several lanes by time; those of one lane keep their order, whatever their times are."""
    placed = [placed for lane in lanes for placed in _placed(lane)]
    placed.sort(key=lambda one: one[0])
    return [event for _, event in placed]


def _placed(lane: Sequence[MarketEvent]) -> list[tuple[datetime, MarketEvent]]:
    """Each event with the latest time so far."""
    found: list[tuple[datetime, MarketEvent]] = []
    for event in lane:
        at = event.close_time if isinstance(event, Candle) else event.at
        found.append((max(at, found[-1][0]) if found else at, event))
    return found
