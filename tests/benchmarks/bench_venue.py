"""What the venue does in one process: orders by its engine, REST and WebSocket, pushes, and memory by orders."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import aiohttp.web
import psutil

from adapters.simulated.server.signatures import signature
from adapters.simulated.server.state_file import StateFile
from adapters.simulated.venue.journal import Journal
from adapters.simulated.venue.requests import CancelRequest, OrderRequest, read
from adapters.simulated.venue.state import saved
from tests.adapters.simulated.server.clients import pybit_http
from tests.adapters.simulated.server.serving import KEY, SECRET, RunningVenue, running_venue
from tests.adapters.simulated.venue.scene import Scene
from tests.benchmarks.figure import Figure

ORDER = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.001"}
RESTING = {**ORDER, "price": "49000"}
ENGINE, REQUESTS, SYNC, AT_ONCE, MEMORY = 20_000, 4_000, 1_000, 16, 1_000_000
KEPT = 3_000
_ROUNDS = 200


def run() -> Sequence[Figure]:
    """Orders that rest and are cancelled; the server has a thread of its own in this process."""
    found = [*_engine(), *_journal(), *_memory()]
    with running_venue(balance="100000000") as venue:
        found += asyncio.run(_rest(venue))
        found.append(_pybit(venue))
    with running_venue(balance="100000000") as venue:
        found += asyncio.run(_sockets(venue))
    return [*found, *_bare()]


def _used(venue: RunningVenue) -> float:
    """The CPU seconds that the server's thread has used."""
    return venue.do(lambda _server: time.thread_time())


def _figure(name: str, value: float, unit: str, note: str = "") -> Figure:
    return Figure(name, value, unit, None, note)


def _engine() -> list[Figure]:
    scene = Scene(balance="100000000")
    scene.quotes("50000", "1000000")
    began = time.process_time()
    _place_and_cancel(scene, ENGINE)
    rested = time.process_time() - began
    began = time.process_time()
    for number in range(ENGINE):
        scene.places("Buy" if number % 2 else "Sell", "0.001")
        _forget(scene)
    filled = time.process_time() - began
    return [
        _figure("engine: orders placed and cancelled", ENGINE / rested, "orders/CPU-s"),
        _figure("engine: market orders filled", ENGINE / filled, "orders/CPU-s"),
    ]


def _journal() -> list[Figure]:
    """What a call costs more where each change is appended to the state file."""
    with TemporaryDirectory() as folder:
        file = StateFile(Path(folder) / "venue.json")
        rounds = [(_kept(None), _kept(file)) for _ in range(5)]
        written = (Path(folder) / "venue.json").stat().st_size / KEPT
        file.close()
    without, kept = (min(times) for times in zip(*rounds, strict=True))
    return [
        _figure(
            "state file: a call more",
            (kept - without) / KEPT * 1e6,
            "CPU-us",
            note=f"{written:.0f} bytes",
        ),
    ]


def _kept(file: StateFile | None) -> float:
    """The CPU seconds of market orders, and of limit orders that are placed and cancelled."""
    scene = Scene(balance="100000000")
    scene.quotes("50000", "1000000")
    journal = Journal(scene.venue)
    if file is not None:
        file.replace(saved(scene.venue, scene.now))
    began = time.process_time()
    for number in range(KEPT):
        if number % 2:
            scene.places("Buy" if number % 4 == 1 else "Sell", "0.002")
        else:
            scene.cancels(scene.places("Buy", "0.002", "49000", orderLinkId=f"order-{number}"))
        record = journal.record(scene.venue.outbox.drain(), scene.now) if file is not None else None
        scene.venue.outbox.drain()
        if file is not None and record is not None:
            file.append(record)
    return time.process_time() - began


def _memory() -> list[Figure]:
    """In a process of its own, because memory that was used before would hide what is used."""
    code = f"from tests.benchmarks.bench_venue import grown; print(grown({MEMORY}))"
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    before, after = json.loads(printed)
    return [_figure(f"memory after {MEMORY:,} orders", after, "MiB", note=f"{before:.0f} MiB before")]


def grown(orders: int) -> list[float]:
    """The resident memory (MiB) before and after that number of orders."""
    scene = Scene(balance="100000000")
    scene.quotes("50000", "1000000")
    before = _resident()
    _place_and_cancel(scene, orders)
    return [before, _resident()]


def _resident() -> float:
    return psutil.Process().memory_info().rss / 2**20


def _place_and_cancel(scene: Scene, orders: int) -> None:
    for number in range(orders):
        body = {**RESTING, "orderLinkId": f"order-{number}"}
        order = scene.venue.create(scene.account, read(OrderRequest, body), scene.now)
        cancel = {"category": "linear", "symbol": "BTCUSDT", "orderId": order.id}
        scene.venue.cancel(scene.account, read(CancelRequest, cancel), scene.now)
        _forget(scene)


def _forget(scene: Scene) -> None:
    scene.venue.outbox.drain()
    scene.venue.outbox.drain_trades()


async def _rest(venue: RunningVenue) -> list[Figure]:
    connector = aiohttp.TCPConnector(limit=AT_ONCE)
    async with aiohttp.ClientSession(connector=connector) as session:
        began, used = time.perf_counter(), _used(venue)
        await asyncio.gather(*(_orders(session, venue, REQUESTS // AT_ONCE // 2) for _ in range(AT_ONCE)))
        took, used = time.perf_counter() - began, _used(venue) - used
    return [
        _figure(
            "REST: requests to place and cancel", REQUESTS / took, "requests/s", note=f"{AT_ONCE} at once"
        ),
        _figure("REST: the server's thread alone", REQUESTS / used, "requests/CPU-s"),
    ]


async def _orders(session: aiohttp.ClientSession, venue: RunningVenue, count: int) -> None:
    for _ in range(count):
        placed = await _post(session, venue, "/v5/order/create", RESTING)
        named = {"category": "linear", "symbol": "BTCUSDT", "orderId": placed["result"]["orderId"]}
        await _post(session, venue, "/v5/order/cancel", named)


async def _post(session: aiohttp.ClientSession, venue: RunningVenue, path: str, body: dict[str, str]) -> Any:
    text, stamp = json.dumps(body), str(time.time_ns() // 1_000_000)
    headers = {
        "X-BAPI-API-KEY": KEY,
        "X-BAPI-TIMESTAMP": stamp,
        "X-BAPI-RECV-WINDOW": "20000",
        "X-BAPI-SIGN": signature(SECRET, f"{stamp}{KEY}20000{text}".encode()),
    }
    async with session.post(f"{venue.url}{path}", data=text, headers=headers) as response:
        return json.loads(await response.read())


def _pybit(venue: RunningVenue) -> Figure:
    session = pybit_http(venue)
    began = time.perf_counter()
    for _ in range(SYNC // 2):
        placed = session.place_order(**RESTING)
        session.cancel_order(category="linear", symbol="BTCUSDT", orderId=placed["result"]["orderId"])
    return _figure("REST: pybit, one after the other", SYNC / (time.perf_counter() - began), "requests/s")


async def _sockets(venue: RunningVenue) -> list[Figure]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{venue.socket_url}/v5/trade") as trade,
    ):
        await _authenticate(trade)
        async with session.ws_connect(f"{venue.socket_url}/v5/private") as private:
            await _authenticate(private)
            await private.send_json({"op": "subscribe", "args": ["order"]})
            await private.receive()
            began, used = time.perf_counter(), _used(venue)
            for first in range(0, REQUESTS // 2, _ROUNDS):
                await _round(trade, first)
            took = time.perf_counter() - began
            for _ in range(REQUESTS):
                await private.receive()
            pushed, used = time.perf_counter() - began, _used(venue) - used
    return [
        _figure(
            "WebSocket: requests to place and cancel",
            REQUESTS / took,
            "requests/s",
            note=f"{_ROUNDS} at once",
        ),
        _figure("WebSocket: pushes of orders meanwhile", REQUESTS / pushed, "pushes/s"),
        _figure("WebSocket: the server's thread alone", REQUESTS / used, "requests with a push/CPU-s"),
    ]


async def _round(trade: aiohttp.ClientWebSocketResponse, first: int) -> None:
    links = [f"round-{first + number}" for number in range(_ROUNDS)]
    for link in links:
        await _operate(trade, "order.create", {**RESTING, "orderLinkId": link})
    for link in links:
        named = {"category": "linear", "symbol": "BTCUSDT", "orderLinkId": link}
        await _operate(trade, "order.cancel", named)
    for _ in range(2 * _ROUNDS):
        await trade.receive()


async def _operate(trade: aiohttp.ClientWebSocketResponse, op: str, body: dict[str, str]) -> None:
    header = {"X-BAPI-TIMESTAMP": str(time.time_ns() // 1_000_000)}
    await trade.send_json({"op": op, "header": header, "args": [body]})


async def _authenticate(socket: aiohttp.ClientWebSocketResponse) -> None:
    expires = str(time.time_ns() // 1_000_000 + 10_000)
    sign = signature(SECRET, f"GET/realtime{expires}".encode())
    await socket.send_json({"op": "auth", "args": [KEY, expires, sign]})
    await socket.receive()


def _bare() -> list[Figure]:
    """pybit against a server that answers at once with the same bytes."""
    reply = b'{"retCode":0,"retMsg":"OK","result":{"orderId":"1","orderLinkId":""},"retExtInfo":{},"time":1}'
    return [
        _figure("bare: pybit and a server that only answers", asyncio.run(_answered(reply)), "requests/s")
    ]


async def _answered(reply: bytes) -> float:
    async def answer(_request: aiohttp.web.BaseRequest) -> aiohttp.web.Response:
        return aiohttp.web.Response(body=reply, content_type="application/json")

    runner = aiohttp.web.ServerRunner(aiohttp.web.Server(answer))
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        return await asyncio.to_thread(_timed, f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()


def _timed(url: str) -> float:
    session = import_module("pybit.unified_trading").HTTP(api_key=KEY, api_secret=SECRET)
    session.endpoint = url
    began = time.perf_counter()
    for _ in range(SYNC):
        session.place_order(**RESTING)
    return SYNC / (time.perf_counter() - began)
