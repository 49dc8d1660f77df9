"""Fan-out: appended events are published to 200 websockets of `whence api` in another process, over loopback."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import threading
from collections.abc import Generator, Iterable, Sequence
from contextlib import AsyncExitStack, ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from adapters.log.recorder_log import RecorderLog
from domain.errors import ServerFailed
from domain.log import Envelope
from tests.benchmarks.figure import Figure
from tests.benchmarks.logs import fresh, owned
from tests.benchmarks.long_log import history_of_one

_CLIENTS: Final = 200
_BURST: Final = 100
_PACE: Final = 5
_PACED: Final = 50
_BEFORE: Final = 1_000
_SUBSCRIBE: Final = (
    f"subscription {{ events(after: {_BEFORE}) {{ ordinal type stream account occurredAt line }} }}"
)
_PROGRAM: Final = "from infra.cli import main; main()"
_URL = re.compile(r"API on http://([^/\s\"]+)/graphql")
_ORDINAL = re.compile(r'"ordinal": ?(\d+)')


def run() -> Sequence[Figure]:
    """The delay from durable to received for single events, then the messages per second of a burst."""
    with ExitStack() as held:
        address = held.enter_context(fresh("SQLite"))
        log = held.enter_context(closing(owned(address)))
        history = history_of_one()
        log.append(history[:_BEFORE])
        place = held.enter_context(_api(address))
        return asyncio.run(_measured(place, log, history))


@contextmanager
def _api(address: str) -> Generator[str]:
    """`host:port` of a read-only API on the log."""
    with TemporaryDirectory() as folder:
        store = f"sqlite:///{Path(folder) / 'read.db'}"
        command = [
            sys.executable,
            "-c",
            _PROGRAM,
            "api",
            "--read-only",
            "--log",
            address,
            "--store",
            store,
        ]
        with subprocess.Popen(
            [*command, "--port", "0", "--rate", "100000/minute"], stderr=subprocess.PIPE, text=True
        ) as api:
            assert api.stderr is not None
            try:
                place = _announced(api.stderr)
                threading.Thread(target=api.stderr.read, daemon=True).start()
                yield place
            finally:
                api.terminate()


def _announced(lines: Iterable[str]) -> str:
    """The announced `host:port`. Raises ServerFailed with the output where the API did not start."""
    output: list[str] = []
    for line in lines:
        if found := _URL.search(line):
            return found[1]
        output.append(line)
    raise ServerFailed("".join(output))


class _Clients:
    """All clients; `received` holds the times of the messages by ordinal."""

    def __init__(self, sockets: Sequence[ClientConnection]) -> None:
        self._sockets = sockets
        self.received: dict[int, list[float]] = {}

    async def see(self, upto: int) -> None:
        """Reads until every client has received the event at `upto`."""
        await asyncio.gather(*(self._see(socket, upto) for socket in self._sockets))

    async def _see(self, socket: ClientConnection, upto: int) -> None:
        ordinal = 0
        while ordinal < upto:
            found = _ORDINAL.search(str(await socket.recv()))
            assert found is not None
            ordinal = int(found[1])
            self.received.setdefault(ordinal, []).append(monotonic())


async def _measured(place: str, log: RecorderLog, history: Sequence[Envelope]) -> Sequence[Figure]:
    async with AsyncExitStack() as held:
        sockets = [await held.enter_async_context(_subscribed(place)) for _ in range(_CLIENTS)]
        clients = _Clients(sockets)
        delays = sorted(await _paced(clients, log, history))
        rate = await _burst(clients, log, history)
    note = f"{_CLIENTS} websockets, {_PACE} events/s appended one by one, from durable to received"
    return [
        Figure("delay to a subscriber, p50", delays[len(delays) // 2] * 1e3, "ms", None, note),
        Figure("delay to a subscriber, p99", delays[len(delays) * 99 // 100] * 1e3, "ms", None, note),
        Figure(
            "fan-out of a burst", rate, "messages/s", None, f"{_BURST} events at once, {_CLIENTS} websockets"
        ),
    ]


class _subscribed(connect):  # noqa: N801 - used like the function `connect`
    """A websocket that is subscribed to every event after `_BEFORE`."""

    def __init__(self, place: str) -> None:
        super().__init__(f"ws://{place}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")])

    async def __aenter__(self) -> ClientConnection:
        socket = await super().__aenter__()
        await socket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        subscribe = {"id": "1", "type": "subscribe", "payload": {"query": _SUBSCRIBE}}
        await socket.send(json.dumps(subscribe))
        return socket


async def _paced(clients: _Clients, log: RecorderLog, history: Sequence[Envelope]) -> Sequence[float]:
    seeing = asyncio.create_task(clients.see(_BEFORE + _PACED))
    durable: dict[int, float] = {}
    for envelope in history[_BEFORE : _BEFORE + _PACED]:
        ordinal = await asyncio.to_thread(log.append, [envelope])
        durable[ordinal] = monotonic()
        await asyncio.sleep(1 / _PACE)
    await seeing
    return [moment - durable[ordinal] for ordinal in durable for moment in clients.received[ordinal]]


async def _burst(clients: _Clients, log: RecorderLog, history: Sequence[Envelope]) -> float:
    begun = _BEFORE + _PACED
    seeing = asyncio.create_task(clients.see(begun + _BURST))
    started = monotonic()
    await asyncio.to_thread(log.append, history[begun : begun + _BURST])
    await seeing
    return _CLIENTS * _BURST / (monotonic() - started)
