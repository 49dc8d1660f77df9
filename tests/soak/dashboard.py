"""A subscriber as the dashboard is one: every event of the log over a WebSocket, read in a thread."""

from __future__ import annotations

import json
import threading
from typing import Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

_SUBSCRIBE = "subscription { events(after: 0) { ordinal type stream account occurredAt line } }"


class Subscriber:
    """Subscribed within the block; `received` is the number of messages."""

    def __init__(self, url: str) -> None:
        self._socket = connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], max_size=None)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self.received = 0

    def __enter__(self) -> Self:
        self._socket.send(json.dumps({"type": "connection_init"}))
        self._socket.recv(20)
        subscribe = {"id": "1", "type": "subscribe", "payload": {"query": _SUBSCRIBE}}
        self._socket.send(json.dumps(subscribe))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._thread.join()

    def _read(self) -> None:
        """Reads until either side closes."""
        try:
            for _ in self._socket:
                self.received += 1
        except ConnectionClosed:
            return
