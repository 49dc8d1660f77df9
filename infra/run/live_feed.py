"""The live market data of a place. Bybit's adapter is imported where it is used, as in `infra.run.connecting`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from commands.feed import MarketFeed
from infra.run.ccxt_live import ccxt_feed
from infra.run.live_plan import Wake
from infra.run.place import Place

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
