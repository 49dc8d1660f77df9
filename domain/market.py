"""Market data: candles, trades, quotes and book updates, and a view of the last prices.

Prices are in quote currency, sizes and quantities in base currency, times in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from domain import candle
from domain.arithmetic import EXACT
from domain.candle import Candle
from domain.direction import Side
from domain.manipulation import ManipulationSuspected

_TWO = Decimal(2)


class Trade(Struct, frozen=True, gc=False, kw_only=True):
    """One public trade; `side` is the taker's, `trade_id` the venue's own."""

    instrument: str
    at: datetime
    trade_id: str
    side: Side
    price: Decimal
    quantity: Decimal


class Quote(Struct, frozen=True, gc=False, kw_only=True):
    """The best bid and ask at one time, with their sizes."""

    instrument: str
    at: datetime
    bid: Decimal
    bid_size: Decimal
    ask: Decimal
    ask_size: Decimal


class Level(Struct, frozen=True, gc=False):
    """One price of a book and its size; a size of 0 removes the price."""

    price: Decimal
    size: Decimal


class BookUpdate(Struct, frozen=True, gc=False, kw_only=True):
    """A change of an order book, or the whole book where `snapshot` is true; best prices first.

    `update_id` counts the venue's updates (Bybit's `u`).
    """

    instrument: str
    at: datetime
    update_id: int
    snapshot: bool
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class BookReading(Struct, frozen=True, gc=False, kw_only=True):
    """What the engine reads of an order book that is kept outside it: the best levels, and the figures of a row.

    `at` is the time of the matching engine, `update_id` the venue's number of the update (Bybit's `u`). `bids` and
    `asks` are the best levels, best first. `values` are the figures of the table `figures` (`book.1`) in its order;
    None is missing. Where `is_known` is false, the book has a gap or is stale: `why` states it, and there are neither
    levels nor values. `suspicions` are those of manipulation that this reading completes; one is in one reading alone.

    A book that nothing changes is read again with the same `at`, levels and values: `confirmed_at` is then the time
    (UTC, of the machine that keeps the book) at which it was still the exchange's own. None is a reading of a change.
    """

    instrument: str
    at: datetime
    update_id: int
    is_known: bool
    why: str = ""
    bids: tuple[Level, ...] = ()
    asks: tuple[Level, ...] = ()
    figures: str = ""
    values: tuple[float | None, ...] = ()
    suspicions: tuple[ManipulationSuspected, ...] = ()
    confirmed_at: datetime | None = None

    @property
    def known_at(self) -> datetime:
        """The last time at which the book is known to be this one: of its change, or of its confirmation."""
        return self.at if self.confirmed_at is None else max(self.at, self.confirmed_at)


class PriceSource(StrEnum):
    """The source of a last price; REST is a response to a query, while the stream is silent."""

    CANDLE = "CANDLE"
    TRADE = "TRADE"
    QUOTE = "QUOTE"
    BOOK = "BOOK"
    LOG = "LOG"
    REST = "REST"


class KnownPrice(Struct, frozen=True, gc=False, kw_only=True):
    """A price from another source than the market's stream, such as the log or a query."""

    instrument: str
    at: datetime
    price: Decimal
    source: PriceSource = PriceSource.LOG


MarketEvent = Candle | Trade | Quote | BookUpdate | BookReading | KnownPrice


_CANDLE = PriceSource.CANDLE


class LastPrice(Struct, frozen=True, gc=False):
    """The last price of an instrument, its time and its source. The price of a quote is the middle of bid and ask.

    `bid` and `ask` are those of a quote, a book, or the close of a candle that has them, at `quoted_at` (UTC). A trade
    leaves them as they were.
    """

    price: Decimal
    at: datetime
    source: PriceSource
    bid: Decimal | None = None
    ask: Decimal | None = None
    quoted_at: datetime | None = None


class MarketView:
    """The last price of each instrument. Strategies and requests read the view; only market events change it."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: dict[str, LastPrice] = {}

    def take(self, event: MarketEvent) -> None:
        """Takes one event; an event older than the last known price changes nothing."""
        name = event.instrument
        if isinstance(event, Candle):
            at, bid = event.open_time + event.interval, event.bid
            quoted_at = None if bid is None else at
            found: LastPrice | None = LastPrice(event.close, at, _CANDLE, bid, event.ask, quoted_at)
        else:
            found = _last_price(event, self._last.get(name))
        known = self._last.get(name)
        if found is not None and (known is None or known.at <= found.at):
            self._last[name] = found

    def last(self, instrument: str) -> LastPrice | None:
        """The last price; None before the first."""
        return self._last.get(instrument)

    def age(self, instrument: str, now: datetime) -> timedelta | None:
        """The age of the last price at `now`; None before the first."""
        known = self._last.get(instrument)
        return None if known is None else now - known.at

    @property
    def prices(self) -> Mapping[str, Decimal]:
        """The last prices by instrument."""
        return {instrument: known.price for instrument, known in self._last.items()}


def _last_price(
    event: Trade | Quote | BookUpdate | BookReading | KnownPrice, known: LastPrice | None
) -> LastPrice | None:
    match event:
        case Trade():
            sides = (None, None, None) if known is None else (known.bid, known.ask, known.quoted_at)
            return LastPrice(event.price, event.at, PriceSource.TRADE, *sides)
        case Quote():
            middle = _middle(event.bid, event.ask)
            return LastPrice(middle, event.at, PriceSource.QUOTE, event.bid, event.ask, event.at)
        case BookUpdate():
            return _top(event)
        case BookReading():
            return _of_levels(event.bids, event.asks, event.at)
        case KnownPrice():
            return LastPrice(event.price, event.at, event.source)


def _top(update: BookUpdate) -> LastPrice | None:
    """The middle of a snapshot's best bid and ask; None for a book with an empty side.

    Also None for a change, because its first level need not be the best.
    """
    return _of_levels(update.bids, update.asks, update.at) if update.snapshot else None


def _of_levels(bids: Sequence[Level], asks: Sequence[Level], at: datetime) -> LastPrice | None:
    if not bids or not asks:
        return None
    bid, ask = bids[0].price, asks[0].price
    return LastPrice(_middle(bid, ask), at, PriceSource.BOOK, bid, ask, at)


def _middle(bid: Decimal, ask: Decimal) -> Decimal:
    return EXACT.divide(EXACT.add(bid, ask), _TWO)


def cause_of(event: Candle | Trade | Quote | BookUpdate | BookReading) -> str:
    """The event as the cause of other events, in the form of an outside fact (see `domain.log.Meta`).

    `candle:<instrument>:<interval>:<open time>`, `trade:<instrument>:<trade id>`, `quote:<instrument>:<time>`,
    `book:<instrument>:<update id>`.
    """
    match event:
        case Candle():
            return candle.cause_of(event)
        case Trade():
            return f"trade:{event.instrument}:{event.trade_id}"
        case Quote():
            return f"quote:{event.instrument}:{event.at.isoformat()}"
        case BookUpdate() | BookReading():
            return f"book:{event.instrument}:{event.update_id}"
