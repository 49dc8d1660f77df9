"""A process that sends the order books of many instruments at a fixed rate, encoded beforehand: Bybit's protocol over
the websockets library."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Final

from websockets.asyncio.server import ServerConnection, serve

from tests.benchmarks.book_flow import pushes

DEPTH: Final = 200
_TICK_SECONDS: Final = 0.005
_STARTED: Final = 0.5
_LATE: Final = 10


@contextmanager
def sending(symbols: Sequence[str], rate: int, seconds: int) -> Generator[str]:
    """The address (`ws://…`) of a sender. A connection gets the snapshots of the symbols that it subscribes to, and
    then their deltas, as many a second as its part of `rate` messages a second."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, symbols, rate, seconds), daemon=True)
    process.start()
    try:
        yield f"ws://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join(_LATE)


def planned(first: float, number: int, each: float) -> float:
    """When the delta of this number (from 0) is due on a connection that sends `each` messages a second."""
    return first + number / each


def _serve(pipe: Connection, symbols: Sequence[str], rate: int, seconds: int) -> None:
    count, each = rate * seconds // len(symbols), rate / len(symbols)
    step_ms = round(1_000 / each)
    texts = {
        symbol: [one.decode() for one in pushes(seed, count, symbol=symbol, depth=DEPTH, step_ms=step_ms)]
        for seed, symbol in enumerate(symbols)
    }

    async def handle(socket: ServerConnection) -> None:
        operation = json.loads(await socket.recv())
        chosen = [topic.rpartition(".")[2] for topic in operation["args"]]
        await socket.send(json.dumps({"success": True, "ret_msg": "", **operation}))
        await _paced(socket, [texts[symbol] for symbol in chosen], each * len(chosen))
        await socket.wait_closed()

    async def listen() -> None:
        async with serve(handle, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
            pipe.send(next(iter(server.sockets)).getsockname()[1])
            await asyncio.Event().wait()

    asyncio.run(listen())


async def _paced(socket: ServerConnection, texts: Sequence[Sequence[str]], each: float) -> None:
    """Sends the snapshots, the time at which the first delta is due, and the deltas, each when it is due."""
    for one in texts:
        await socket.send(one[0])
    first = time.time() + _STARTED
    await socket.send(json.dumps({"topic": "first", "at": first}))
    deltas = [one for row in zip(*(lines[1:] for lines in texts), strict=True) for one in row]
    number = 0
    while number < len(deltas):
        due = min(len(deltas), int((time.time() - first) * each) + 1)
        while number < due:
            await socket.send(deltas[number])
            number += 1
        await asyncio.sleep(_TICK_SECONDS)
