"""HTTP on a counted connection: the stages of its requests, and a limit of the size of a request's head."""

from __future__ import annotations

import asyncio
from typing import cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from adapters.http.arrival import ARRIVED, arrived
from adapters.http.connections import Connections, Peer, Stage

_HEAD_BYTES = 64_000
"""The most bytes of a request's address and headers."""
_HANDSHAKE = (b"connection", b"upgrade", b"sec-websocket-")
"""The beginnings of the names of the headers that make a websocket."""
_SINGLE = (b"host", b"authorization", b"origin", b"content-type")
"""Headers that a request has once at most (RFC 9112, 3.2, and RFC 9110, 5.3): a proxy may read the other one."""
_UNREADABLE = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 5\r\nconnection: close\r\n\r\n"
)


class CountedProtocol(HttpToolsProtocol):
    """Uvicorn's protocol of a connection, which reports the connection's stages to `counted`."""

    counted: Connections
    _peer: Peer = ()
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Keeps the name by which the connection is counted."""
        super().connection_made(transport)
        self._peer = transport.get_extra_info("peername") or ()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._head = 0
        self.counted.begun(self._peer)
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A part of the address. Raises ValueError, which is answered with 400, where the head is too large."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header. Raises ValueError, which is answered with 400, where the head is too large."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head has arrived. Raises ValueError, which is answered with 400, where a single header is repeated."""
        names = [name for name, _ in self.headers]
        if any(names.count(name) > 1 for name in _SINGLE):
            raise ValueError("a header that a request has once is repeated")
        if not self.url.startswith((b"/", b"*")):
            self._take_host()
        super().on_headers_complete()
        self.counted.reached(self._peer, Stage.BODY)

    def on_message_complete(self) -> None:
        """The body has arrived."""
        self.scope.setdefault("state", {})[ARRIVED] = arrived(self.transport)
        super().on_message_complete()
        self._answering()

    def on_response_complete(self) -> None:
        """A response was written; another request may follow, or has arrived already."""
        super().on_response_complete()
        self.counted.reached(self._peer, Stage.HEAD)
        self._answering()

    def handle_websocket_upgrade(self) -> None:
        """Begins a websocket, unless its handshake is no text of ASCII, or the peer has too many websockets.

        The library of websockets answers other characters in these headers with 500, and logs its own stack.
        """
        if not all(value.isascii() for name, value in self.headers if name.startswith(_HANDSHAKE)):
            self._refuse(_UNREADABLE)
        elif self.counted.reached(self._peer, Stage.WEBSOCKET):
            super().handle_websocket_upgrade()
        else:
            self._refuse(_FULL)

    def _take_host(self) -> None:
        """Replaces the header `Host` by the host of an absolute address, which counts (RFC 9112, 3.2.2)."""
        place = httptools.parse_url(self.url)
        name = place.host or b""
        host = (b"[%b]" % name if b":" in name else name) + (b":%d" % place.port if place.port else b"")
        self.headers[:] = [(b"host", host), *(one for one in self.headers if one[0] != b"host")]

    def _refuse(self, response: bytes) -> None:
        self.transport.write(response)
        self.transport.close()

    def _answering(self) -> None:
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None before the first request
        if cycle is not None and not cycle.more_body and not cycle.response_complete:
            self.counted.reached(self._peer, Stage.ANSWER)

    def _count(self, size: int) -> None:
        self._head += size
        if self._head > _HEAD_BYTES:
            raise ValueError(f"the head of the request has more than {_HEAD_BYTES:,} bytes")


def counted_protocol(connections: Connections) -> type[CountedProtocol]:
    """The protocol of the connections that `connections` counts, for `uvicorn.Config(http=…)`."""
    return type("Counted", (CountedProtocol,), {"counted": connections})
