"""A client of the websocket protocol `graphql-transport-ws` that can send any message, also an invalid one."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from socket import create_connection
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.connection import Connection
from websockets.typing import Subprotocol

SECONDS = 10.0


class Conversation:
    """One websocket; each method sends or receives one message."""

    def __init__(self, socket: Connection) -> None:
        self._socket = socket

    def say(self, kind: str, **more: object) -> None:
        self.send(json.dumps({"type": kind, **more}))

    def send(self, text: str) -> None:
        self._socket.send(text)

    def hear(self) -> Mapping[str, Any]:
        return cast(Mapping[str, Any], json.loads(self._socket.recv(timeout=SECONDS)))

    def begin(self, payload: Mapping[str, object] | None = None) -> None:
        """Sends `connection_init` and receives its acknowledgement."""
        self.say("connection_init", **({} if payload is None else {"payload": payload}))
        assert self.hear() == {"type": "connection_ack"}

    def ask(self, query: str, name: str = "1") -> None:
        self.say("subscribe", id=name, payload={"query": query})

    def ended(self) -> tuple[int, str]:
        """Waits until the server closes the websocket; returns code and reason. Messages before that are ignored."""
        with pytest.raises(ConnectionClosed) as closed:
            self._listen()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code, closed.value.rcvd.reason

    def _listen(self) -> None:
        while True:
            self._socket.recv(timeout=SECONDS)


@contextmanager
def conversation(
    base: str,
    headers: Mapping[str, str] | None = None,
    protocol: str = "graphql-transport-ws",
    query: str = "",
) -> Generator[Conversation]:
    """Opens a websocket to `/graphql` of the API at `base`. A `host` in `headers` replaces the host name of `base`."""
    there, more = urlsplit(base), dict(headers or {})
    url = f"ws://{more.pop('host', there.netloc)}/graphql{query}"
    way = create_connection((str(there.hostname), there.port or 0))
    with connect(url, sock=way, subprotocols=[Subprotocol(protocol)], additional_headers=more) as socket:
        yield Conversation(socket)
