"""The listening socket: every connection is counted before anything is read from it, also before a TLS handshake."""

from __future__ import annotations

import socket
from typing import Any, Self

from adapters.http.connections import Connections, Peer

AT_ONCE = 30
"""The most connections in a row; an event loop accepts all that wait before it reads from any of them, so that a burst
would replace connections whose requests have arrived."""


class Acceptor(socket.socket):
    """A listening socket that only accepts the connections which `connections` admits."""

    connections: Connections
    at_once: int
    _row = 0

    @classmethod
    def of(cls, listening: socket.socket, connections: Connections, at_once: int = AT_ONCE) -> Self:
        """Takes over a listening socket, which is detached from its descriptor. `at_once`: the most connections in a
        row."""
        made = cls(listening.family, listening.type, listening.proto, listening.detach())
        made.setblocking(False)  # noqa: FBT003
        made.connections, made.at_once = connections, at_once
        return made

    def accept(self) -> tuple[socket.socket, Any]:
        """The next admitted connection. Raises ConnectionAbortedError for one that is not admitted, after closing it;
        an event loop then goes on as for a client that has gone. Raises BlockingIOError where none waits, and after
        `at_once` connections, so that the event loop reads before it accepts more."""
        self._row += 1
        if self._row > self.at_once:
            self._row = 0
            raise BlockingIOError
        plain, peer = super().accept()
        accepted = Accepted(plain.family, plain.type, plain.proto, plain.detach())
        if not self.connections.admitted(accepted, peer):
            accepted.close()
            raise ConnectionAbortedError
        # asyncio only does this for sockets that name their protocol; the rest of a response would wait for the
        # client's acknowledgement of its head, 40 ms.
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        accepted.counted = (self.connections, peer)
        self.connections.keep_closing_late()
        return accepted, peer


class Accepted(socket.socket):
    """A connection that is counted until it is closed."""

    counted: tuple[Connections, Peer] | None = None

    def close(self) -> None:
        """Closes the connection and ends its count."""
        counted, self.counted = self.counted, None
        if counted is not None:
            connections, peer = counted
            connections.closed(peer)
        super().close()
