"""Mutations that are sent while the API's process or the engine is stopped."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import psutil
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.adversary.trading import Trading
from tests.adversary.waiting import until

SECONDS = 0.5
PAUSE = """mutation($key: String!) {
  pauseStrategy(request: {idempotencyKey: $key, timeoutSeconds: 0.5}, strategy: "trend", reason: "late") {
    __typename ... on Refused { code reason } ... on TimedOut { known } } }"""


RESUME = """mutation($key: String!) {
  resumeStrategy(request: {idempotencyKey: $key}, strategy: "trend", reason: "late") { __typename } }"""


@contextmanager
def stopped(process: psutil.Process) -> Generator[None]:
    """Stops the process within the context, which begins when each of its threads has stopped.

    A thread that the kernel keeps in a write to the disk stops after the write, and the others run on until then.
    """
    process.send_signal(signal.SIGSTOP)
    try:
        until(
            lambda: stopped_threads(process) == process.num_threads(),
            "each thread of the process has stopped",
        )
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def stopped_threads(process: psutil.Process) -> int:
    """How many threads of the process are stopped, by their state in proc(5)."""
    states = [
        file.read_text().rpartition(")")[2].split()[0]
        for file in Path(f"/proc/{process.pid}/task").glob("*/stat")
    ]
    return states.count("T")


def body(key: str) -> bytes:
    return json.dumps({"query": PAUSE, "variables": {"key": key}}).encode()


def paused_and_resumed(desk: Trading, key: str) -> None:
    """Carries out two requests, so that an earlier one was taken, and the next pause has an effect again."""
    assert desk.paused(f"{key}-pause") == "Completed"
    done = httpx2.post(
        desk.url,
        json={"query": RESUME, "variables": {"key": f"{key}-resume"}},
        headers={"authorization": f"Bearer {desk.token}"},
        timeout=60,
    )
    assert done.json()["data"]["resumeStrategy"]["__typename"] == "Completed"
    assert {f"{key}-pause", f"{key}-resume"} <= keys(desk)


def keys(desk: Trading) -> set[str]:
    """The keys of the requests in the log."""
    return {cause.partition(":")[2].partition("/")[0] for cause in desk.causes()}


class ByHttp:
    """A connection that is opened before the API is stopped, and sends the mutation as an HTTP request."""

    def __init__(self, desk: Trading) -> None:
        self._place, self._token = httpx2.URL(desk.url), desk.token
        self._connection = socket.create_connection((self._place.host, self._place.port or 80), timeout=60)

    def send(self, key: str) -> None:
        written = body(key)
        head = (
            f"POST {self._place.path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {self._token}\r\nconnection: close\r\ncontent-length: {len(written)}\r\n\r\n"
        )
        self._connection.sendall(head.encode() + written)

    def answer(self) -> dict[str, str]:
        with self._connection:
            received = b"".join(iter(lambda: self._connection.recv(65_536), b""))
        found: dict[str, str] = json.loads(received.partition(b"\r\n\r\n")[2])["data"]["pauseStrategy"]
        return found


class ByWebsocket:
    """A websocket that is acknowledged before the API is stopped, and sends the mutation as an operation."""

    def __init__(self, desk: Trading) -> None:
        address = desk.url.replace("http://", "ws://")
        self._socket = connect(address, subprotocols=[Subprotocol("graphql-transport-ws")])
        payload = {"Authorization": f"Bearer {desk.token}"}
        self._socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        self._socket.recv(timeout=60)

    def send(self, key: str) -> None:
        payload = json.loads(body(key))
        self._socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))

    def answer(self) -> dict[str, str]:
        with self._socket:
            found: dict[str, str] = json.loads(self._socket.recv(timeout=60))["payload"]["data"][
                "pauseStrategy"
            ]
        return found
