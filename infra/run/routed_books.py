"""The order books of instruments that other engines trade, beside those of the engine's own exchange.

They are public market data. A book counts as lost while the engine that trades on it takes no entries, or does not
answer: no entry may be routed there then, and what is recorded is why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from commands.book_readings import BookReadings
from commands.observer import BookCounts
from domain.book.settings import BookSettings
from domain.errors import InvalidSettings
from domain.instrument import venue_of
from domain.manipulation import ManipulationSuspected
from domain.market import BookReading
from infra.run.live_plan import BooksOf, Wake

if TYPE_CHECKING:
    from adapters.book_readings import StartedFeed
    from adapters.book_shelf import BookListener

BINANCE, BYBIT = "BINANCE", "BYBIT"


def with_routed(own: BooksOf | None, away: Mapping[str, BooksOf], why_closed: WhyClosed) -> BooksOf | None:
    """What makes the readings of the engine's own books and of those `away`, by instrument; None without own ones."""
    return own if own is None or not away else partial(_opened, own, away, why_closed)


WhyClosed = Callable[[str], str]
"""Why no entry may be routed to an instrument now; empty where one may."""


def _opened(
    own: BooksOf,
    away: Mapping[str, BooksOf],
    why_closed: WhyClosed,
    instruments: Sequence[str],
    settings: BookSettings,
    wake: Wake,
) -> BookReadings:
    here = [name for name in instruments if name not in away]
    sources = [own(here, settings, wake)] if here else []
    routed = [away[name]([name], settings, wake) for name in instruments if name in away]
    return RoutedReadings(sources, routed, why_closed)


class RoutedReadings:
    """See `commands.book_readings.BookReadings`: the own readings as they are, the routed ones while those are open."""

    def __init__(
        self, own: Sequence[BookReadings], routed: Sequence[BookReadings], why_closed: WhyClosed
    ) -> None:
        self._own, self._routed, self._why_closed = own, routed, why_closed
        self._known: dict[str, BookReading] = {}

    def start(self) -> None:
        """See `BookReadings.start`."""
        for one in (*self._own, *self._routed):
            one.start()

    def close(self) -> None:
        """See `BookReadings.close`."""
        for one in (*self._own, *self._routed):
            one.close()

    def readings(self) -> Sequence[BookReading]:
        """See `BookReadings.readings`. A book that was known is lost at once where its engine is closed."""
        found = {one.instrument: one for source in self._own for one in source.readings()}
        new = {one.instrument: one for source in self._routed for one in source.readings()}
        for name, reading in {**self._known, **new}.items():
            why = self._why_closed(name) if reading.is_known else ""
            if why:
                found[name] = _lost(reading, why, new[name].suspicions if name in new else ())
            elif name in new:
                found[name] = reading
        self._known |= {name: one for name, one in new.items() if one.is_known}
        for name in [name for name, one in found.items() if not one.is_known]:
            self._known.pop(name, None)
        return [found[name] for name in sorted(found)]


def _lost(reading: BookReading, why: str, suspicions: tuple[ManipulationSuspected, ...]) -> BookReading:
    return BookReading(
        instrument=reading.instrument,
        at=reading.at,
        update_id=reading.update_id,
        is_known=False,
        why=why,
        suspicions=suspicions,
    )


def market_books_of(instrument: str, address: str, counts: BookCounts) -> BooksOf:
    """What makes the readings of an instrument at Binance or Bybit; `address` is empty for the exchange itself.

    Raises InvalidSettings for another exchange.
    """
    if venue_of(instrument) not in {BINANCE, BYBIT}:
        raise InvalidSettings(
            f"routes: {instrument}: books can be read of {BYBIT} and {BINANCE} only; name an instrument of those"
        )
    return partial(_market_books, address, counts)


def _market_books(
    address: str, counts: BookCounts, instruments: Sequence[str], settings: BookSettings, wake: Wake
) -> BookReadings:
    from adapters.book_readings import FeedReadings

    return FeedReadings(
        lambda listener: _feed(address, instruments, listener),
        instruments,
        levels=settings.levels,
        period=settings.period,
        confirms=settings.confirms_after,
        on_reading=wake,
        counts=counts,
    )


def _feed(address: str, instruments: Sequence[str], listener: BookListener) -> StartedFeed:
    socket = address.replace("http", "ws", 1)
    if venue_of(instruments[0]) == BYBIT:
        from adapters.bybit import Site
        from adapters.bybit.book_feed import BybitBooks

        return BybitBooks(Site(http=address, socket=socket), instruments, listener=listener, scales={})
    from adapters.binance.book_feed import BinanceBooks
    from adapters.binance.book_feed import Site as BinanceSite

    return BinanceBooks(BinanceSite(http=address, socket=socket), instruments, listener=listener, scales={})
