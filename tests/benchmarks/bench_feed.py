"""Live order books of 100 symbols over 10 connections: the feed beside pybit's raw callback and pybit's own books."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib import import_module
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import psutil

from adapters.bybit import BybitFeed, Site, Wanted
from domain.instrument import instrument_id
from domain.market import BookUpdate
from tests.benchmarks.figure import Figure
from tests.benchmarks.pusher import CHANGED, LEVELS, pushing

SYMBOLS, EACH, DELTAS = 100, 10, 100
MESSAGES = SYMBOLS * (DELTAS + 1)
_NAMES = [f"COIN{number}USDT" for number in range(SYMBOLS)]
_LAST = DELTAS + 2
_NOTE = f"{SYMBOLS} symbols, {SYMBOLS // EACH} connections, depth {LEVELS}, {2 * CHANGED} levels a delta"


def run() -> Sequence[Figure]:
    """Messages by CPU second of the client's process, from the first connection to the last message."""
    ways = {"the feed": _feed, "pybit, raw callback": _raw, "pybit, its own books": _books}
    return [figure for name, way in ways.items() for figure in _measured(name, way)]


def _measured(name: str, way: Callable[[str], Callable[[], None]]) -> list[Figure]:
    with pushing(DELTAS) as address:
        before, used, began = _resident(), time.process_time(), time.perf_counter()
        close = way(address)
        used, took, grown = time.process_time() - used, time.perf_counter() - began, _resident() - before
        close()
    return [
        Figure(name, MESSAGES / used, "messages/CPU-s", None, _NOTE),
        Figure(name, MESSAGES / took, "messages/s", None, "with the time to connect"),
        Figure(name, grown, "MiB more", None, f"resident, of {before:.0f} before"),
    ]


def _resident() -> float:
    return psutil.Process().memory_info().rss / 2**20


def _feed(address: str) -> Callable[[], None]:
    arrived, latest = Event(), dict.fromkeys(map(instrument_id, _NAMES), 0)
    wanted = Wanted(instruments=tuple(latest), book=LEVELS)
    feed = BybitFeed(Site(http="http://127.0.0.1:9", socket=address), wanted, on_arrival=arrived.set)
    feed.start()
    while min(latest.values()) < _LAST:
        arrived.wait()
        arrived.clear()
        latest |= {one.instrument: one.update_id for one in feed.events() if isinstance(one, BookUpdate)}
    return feed.close


def _raw(address: str) -> Callable[[], None]:
    return _by_pybit(address, raw=True)


def _books(address: str) -> Callable[[], None]:
    return _by_pybit(address, raw=False)


def _by_pybit(address: str, *, raw: bool) -> Callable[[], None]:
    done, counted = Event(), [0]

    def count(_message: object) -> None:
        counted[0] += 1
        if counted[0] >= MESSAGES:
            done.set()

    def count_raw(message: Any) -> None:
        if "topic" in message:
            count(message)

    kind = _pybit_at(address)
    more = {"callback_function": count_raw} if raw else {}
    sockets = [kind(testnet=False, channel_type="linear", **more) for _ in range(0, SYMBOLS, EACH)]
    for number, socket in enumerate(sockets):
        socket.orderbook_stream(LEVELS, _NAMES[number * EACH : (number + 1) * EACH], count)
    done.wait()

    def close() -> None:
        for socket in sockets:
            socket.exit()

    return close


def _pybit_at(address: str) -> Any:
    """pybit's class, connected to the address."""
    base: Any = import_module("pybit.unified_trading").WebSocket

    def connect(socket: Any, url: str) -> None:
        base._connect(socket, f"{address}{urlsplit(url).path}")

    return type("Local", (base,), {"_connect": connect})
