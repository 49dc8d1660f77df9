"""The live market data of a place. Bybit's adapter is imported where it is used, as in `infra.run.connecting`."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial

from adapters.book_kind import BookKind, check_kind, preparation_of, scales_of
from adapters.ladder_book.scale import Scale
from commands.book_readings import BookReadings
from commands.feed import MarketFeed
from commands.observer import BookCounts
from domain.book.settings import BookSettings
from domain.errors import ExchangeError
from infra.run.ccxt_live import ccxt_feed
from infra.run.live_plan import BooksOf, Wake
from infra.run.place import Place

_log = logging.getLogger(__name__)
_DEPTH = 50


def feed_of(place: Place, interval: timedelta, instruments: Sequence[str], wake: Wake) -> MarketFeed:
    """The feed of these instruments, not started yet: candles of the interval, and quotes for the last price.

    Raises InvalidInput for an interval that the exchange does not have.
    """
    if place.ccxt_name:
        return ccxt_feed(place, interval, instruments, wake)
    from adapters.bybit import BybitFeed, Wanted

    wanted = Wanted(instruments=tuple(instruments), candles=(interval,), quotes=True)
    return BybitFeed(place.site, wanted, on_arrival=wake)


def candle_feed_of(place: Place, interval: timedelta, instruments: Sequence[str], wake: Wake) -> MarketFeed:
    """The same with closed candles alone; through ccxt also with quotes. Raises what `feed_of` raises."""
    if place.ccxt_name:
        return ccxt_feed(place, interval, instruments, wake)
    from adapters.bybit import BybitFeed, Wanted

    wanted = Wanted(instruments=tuple(instruments), candles=(interval,))
    return BybitFeed(place.site, wanted, on_arrival=wake)


def book_feed_of(place: Place, interval: timedelta, instruments: Sequence[str], wake: Wake) -> MarketFeed:
    """The same with trades and order books, against which a demo run simulates fills."""
    if place.ccxt_name:
        return ccxt_feed(place, interval, instruments, wake, depth=_DEPTH)
    from adapters.bybit import BybitFeed, Wanted

    wanted = Wanted(
        instruments=tuple(instruments), candles=(interval,), quotes=True, trades=True, book=_DEPTH
    )
    return BybitFeed(place.site, wanted, on_arrival=wake)


def feed_readings_of(place: Place, counts: BookCounts, kind: BookKind) -> BooksOf | None:
    """What makes the readings of books that this process keeps; None where its adapter has no books at exchange speed.

    `counts` is notified of what the engine or the analysis was too late for. Raises MissingParts where fast books are
    required and cannot be kept.
    """
    if place.ccxt_name:
        return None
    check_kind(kind)
    return partial(_readings_of, place, counts, kind)


def _readings_of(
    place: Place,
    counts: BookCounts,
    kind: BookKind,
    instruments: Sequence[str],
    settings: BookSettings,
    wake: Wake,
) -> BookReadings:
    from adapters.book_readings import FeedReadings
    from adapters.bybit.book_feed import BybitBooks

    scales = _scales_of(place, kind, instruments)
    return FeedReadings(
        lambda listener: BybitBooks(place.site, instruments, listener=listener, scales=scales),
        instruments,
        levels=settings.levels,
        period=settings.period,
        confirms=settings.confirms_after,
        on_reading=wake,
        counts=counts,
        preparation=preparation_of(kind),
    )


def _scales_of(place: Place, kind: BookKind, instruments: Sequence[str]) -> Mapping[str, Scale]:
    """The scales of the fast books; none where the rules cannot be queried, because a plain book is as right."""
    from adapters.bybit.book_scale import book_scales

    try:
        return scales_of(kind, lambda: book_scales(place.site, instruments))
    except ExchangeError as fault:
        _log.warning("order books are plain, because the exchange's rules cannot be queried: %s", fault)
        return {}
