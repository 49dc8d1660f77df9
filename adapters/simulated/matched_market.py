"""One instrument's market, played from live market data into the book of the venue's matching engine.

The finest source counts: an order book, else quotes, else candles, which are known only after they have closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from functools import partial

from adapters.simulated.venue import Venue
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.candle_path import path
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.order import Order
from adapters.simulated.venue.played import (
    Event,
    PlayedMarket,
    Printed,
    Quoted,
    Snapshot,
    emptied_first,
)
from domain.candle import Candle
from domain.direction import Side
from domain.market import BookReading, BookUpdate, KnownPrice, Level, MarketEvent, Quote, Trade

Step = tuple[int, Callable[[int], None]]
"""The time (ms) at which a part of an event happened, and the function that plays it at a time of the venue (ms)."""


class Source(IntEnum):
    """What shows the market; the finer one is the greater."""

    NONE = 0
    CANDLE = 1
    QUOTE = 2
    BOOK = 3


class MatchedMarket:
    """`is_open`: the market shows what an order would meet. It is closed before the first quotes, from a missing update
    of the book until the next whole book, and while its feed is not live. Candles never open it: they show the past, so
    that requests are carried out along the way of the candle in which they arrived.
    """

    def __init__(self, venue: Venue, market: Market, account: Account) -> None:
        self._venue, self._market, self._account = venue, market, account
        self._player = PlayedMarket(venue, market)
        self._source, self._update, self._shown_at = Source.NONE, 0, 0
        self._is_whole = False
        self.is_live = True

    @property
    def is_open(self) -> bool:
        return self._is_whole and self.is_live

    def steps(self, event: MarketEvent) -> Iterator[Step]:
        """What is to be played of an event, in order; nothing of one that a finer source shows better."""
        at = in_ms(event.open_time if isinstance(event, Candle) else event.at)
        match event:
            case BookUpdate():
                yield from self._of_book(event, at)
            case Quote():
                yield from self._of_quote(event, at)
            case Trade():
                yield at, lambda now: self._trade(event, at, now)
            case Candle():
                yield from self._of_candle(event)
            case KnownPrice() | BookReading():
                return

    def _of_book(self, update: BookUpdate, at: int) -> Iterator[Step]:
        levels = [*_quoted(at, Side.BUY, update.bids), *_quoted(at, Side.SELL, update.asks)]
        follows = self._is_whole and self._source is Source.BOOK
        if update.snapshot:
            yield at, lambda now: self._show_all(Source.BOOK, update.update_id, Snapshot(at, levels), at, now)
        elif follows and update.update_id == self._update + 1:
            yield at, lambda now: self._show(update.update_id, levels, at, now)
        elif follows and update.update_id > self._update:
            self._is_whole = False

    def _of_quote(self, quote: Quote, at: int) -> Iterator[Step]:
        if self._source > Source.QUOTE:
            return
        sides = ((Side.BUY, quote.bid, quote.bid_size), (Side.SELL, quote.ask, quote.ask_size))
        levels = [Quoted(at, side, price, size) for side, price, size in sides if size]
        yield at, lambda now: self._show_all(Source.QUOTE, 0, Snapshot(at, levels), at, now)

    def _of_candle(self, candle: Candle) -> Iterator[Step]:
        if candle.funding_rate is not None:
            self._market.funding_rate = candle.funding_rate
        if self._source > Source.CANDLE:
            return
        self._source = Source.CANDLE
        for event in path([candle], self._market.contract.instrument):
            yield event.at, partial(self._play, event)

    def _show_all(self, source: Source, update: int, book: Snapshot, at: int, now: int) -> None:
        """Shows a whole book. Where the market was not known before, orders that rest go to the end of their queues."""
        resting = [] if self._is_whole and self._source is source else self._resting()
        for order in resting:
            self._market.book.withdraw(order)
        self._source, self._update, self._shown_at, self._is_whole = source, update, at, True
        self._play(book, now)
        if resting:
            self._venue.readmit(self._account, resting, now)

    def _show(self, update: int, levels: list[Quoted], at: int, now: int) -> None:
        self._update, self._shown_at = update, at
        for level in emptied_first(levels):
            self._player.play(level, now)
        self._player.follow(now)

    def _trade(self, trade: Trade, at: int, now: int) -> None:
        """A trade that the book shows already moves the last price only: its quantity has left the queue before."""
        if at > self._shown_at:
            self._player.play(Printed(at, trade.side, trade.price, trade.quantity), now)
        else:
            self._venue.print_trade(self._market.symbol, trade.side, trade.price, trade.quantity, now)

    def _play(self, event: Event, now: int) -> None:
        self._player.play(event, now)
        if not isinstance(event, Printed):
            self._player.follow(now)

    def _resting(self) -> list[Order]:
        return [one for one in self._account.working(self._market.symbol) if one.entry is not None]


def _quoted(at: int, side: Side, levels: Sequence[Level]) -> Iterator[Quoted]:
    return (Quoted(at, side, level.price, level.size) for level in levels)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def in_ms(moment: datetime) -> int:
    """Milliseconds of the Unix epoch, rounded up, so that nothing happens before it was sent."""
    return -((_EPOCH - moment) // _MS)


def at_ms(now: int) -> datetime:
    """The time in UTC of milliseconds of the Unix epoch."""
    return _EPOCH + now * _MS
