"""A venue in a process of its own, so that its time is not that of the client which is measured."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from decimal import Decimal
from multiprocessing import get_context
from multiprocessing.connection import Connection

from msgspec import Struct

from adapters.bybit import Site
from adapters.simulated.server import VenueServer, WallClock
from adapters.simulated.server.limits import AddressLimit, RateLimits
from adapters.simulated.venue import Venue, contract_of
from adapters.simulated.venue.candles import MINUTE, Bar
from domain.catalogue import known
from domain.direction import Side
from domain.instrument import Instrument, instrument_id
from tests.adapters.simulated.server.serving import KEY, SECRET
from tests.replacing import replace

PRICE, VOLUME, PRINTED = Decimal(100), Decimal(1_000), Decimal("0.001")
LEVELS, PAST, EVERY = 50, 600, 1_000
"""Levels on each side of a book; minutes of candles before the start; ms between two changes of each symbol."""

_BALANCE = Decimal(100_000_000)
_LATE = 10


class Apart(Struct, frozen=True):
    """Where the venue is."""

    http: str
    socket: str

    @property
    def site(self) -> Site:
        return Site(http=self.http, socket=self.socket)


def symbols(count: int) -> list[str]:
    """The symbols of a venue with so many contracts."""
    return [f"COIN{number}USDT" for number in range(1, count + 1)]


@contextmanager
def venue_apart(contracts: int) -> Generator[Apart]:
    """A running venue with an account of `KEY` and `SECRET`.

    Each of its contracts trades and changes its book once a second, around 100.

    No limit of requests is in force. Messages over its sockets arrive without the delay that pybit needs.
    """
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, contracts), daemon=True)
    process.start()
    try:
        yield Apart(*ours.recv())
    finally:
        process.terminate()
        process.join(_LATE)


def _serve(pipe: Connection, contracts: int) -> None:
    clock = WallClock()
    venue = _venue(symbols(contracts), clock.market())

    async def listen() -> None:
        move = _mover(venue, clock.market())
        server = VenueServer(venue, clock, move, RateLimits(0.0), AddressLimit(0), network=0.0)
        await server.start()
        pipe.send((server.url, server.socket_url))
        await server.watch(float("inf"))

    asyncio.run(listen())


def _venue(names: list[str], now: int) -> Venue:
    rules = next(one.instrument for one in known() if one.instrument.base == "BTC")
    venue = Venue([contract_of(_listed(rules, name), at) for at, name in enumerate(names, 1)], now, 1)
    venue.open_account(KEY, SECRET, _BALANCE)
    first = now // MINUTE * MINUTE - PAST * MINUTE
    for market in venue.markets.values():
        market.candles.prepend([_bar(first + number * MINUTE) for number in range(PAST)])
        for level in range(1, LEVELS + 1):
            away = market.contract.instrument.tick * level
            venue.show(market.symbol, Side.BUY, PRICE - away, VOLUME, now)
            venue.show(market.symbol, Side.SELL, PRICE + away, VOLUME, now)
    return venue


def _listed(rules: Instrument, name: str) -> Instrument:
    return replace(rules, id=instrument_id(name), base=name.removesuffix("USDT"))


def _bar(start: int) -> Bar:
    return Bar(start, PRICE, PRICE, PRICE, PRICE, VOLUME, PRICE * VOLUME)


def _mover(venue: Venue, began: int) -> Callable[[int], None]:
    """Each symbol trades in turn at the best bid and ask, and shows more or less at its best bid."""
    due = began

    def move(now: int) -> None:
        nonlocal due
        if now < due:
            return
        due = now + EVERY
        for market in venue.markets.values():
            turn, tick = now // EVERY % 2, market.contract.instrument.tick
            side, price = ((Side.BUY, PRICE + tick), (Side.SELL, PRICE - tick))[turn]
            venue.print_trade(market.symbol, side, price, PRINTED, now)
            venue.show(market.symbol, Side.BUY, PRICE - tick, VOLUME + turn, now)

    return move


def now_ms() -> int:
    """This machine's time, by which requests are signed."""
    return time.time_ns() // 1_000_000
