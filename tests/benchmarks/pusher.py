"""A process that pushes order books as fast as they are taken: Bybit's protocol without a market behind it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Generator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from aiohttp import WSMsgType, web

LEVELS, CHANGED = 50, 5
_LATE = 10


@contextmanager
def pushing(deltas: int) -> Generator[str]:
    """The address (`ws://…`) of a running pusher, which sends a snapshot and that many deltas of each topic."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, deltas), daemon=True)
    process.start()
    try:
        yield f"ws://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join(_LATE)


def _serve(pipe: Connection, deltas: int) -> None:
    async def listen() -> None:
        app = web.Application()
        app.router.add_get("/v5/public/linear", lambda request: _push(request, deltas))
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        pipe.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(listen())


async def _push(request: web.Request, deltas: int) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    async for message in socket:
        operation: dict[str, Any] = json.loads(message.data) if message.type is WSMsgType.TEXT else {}
        if operation.get("op") == "subscribe":
            await asyncio.sleep(0.05)
            await socket.send_json({"success": True, "ret_msg": "", **operation})
            await _books(socket, operation["args"], deltas)
    return socket


async def _books(socket: web.WebSocketResponse, topics: list[str], deltas: int) -> None:
    for number in range(2, deltas + 3):
        for topic in topics:
            await socket.send_str(_frame(topic, number))


def _frame(topic: str, number: int) -> str:
    """The book has the same prices all the time; a delta changes the sizes of some."""
    levels = range(LEVELS) if number == 2 else range(number % CHANGED, LEVELS, LEVELS // CHANGED)
    data = {
        "s": topic.rpartition(".")[2],
        "b": [[f"{50_000 - at / 10:.1f}", f"{number}.{at}"] for at in levels],
        "a": [[f"{50_001 + at / 10:.1f}", f"{number}.{at}"] for at in levels],
        "u": number,
        "seq": number,
    }
    now = time.time_ns() // 1_000_000
    kind = "snapshot" if number == 2 else "delta"
    return json.dumps({"topic": topic, "type": kind, "ts": now, "data": data, "cts": now})
