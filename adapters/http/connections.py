"""The open TCP connections of the API: a limit for each peer, a reserve for this machine, and time limits.

A connection waits for its client until the head and the body of a request have arrived. Where a peer is at its limit, a
new connection replaces a waiting one of the peer: first those that have sent nothing, then unfinished first requests,
then those that were answered before; of each kind the one that has waited longest. One whose bytes are not read yet
goes last, and connections whose requests are being answered stay. So silent connections close the API to nobody, not
even to honest clients behind the same address.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from time import monotonic
from typing import Any

from adapters.http.options import is_loopback

Peer = tuple[Any, ...]
"""Address and port of a peer; for IPv6 also flow and scope."""
_SWEEP_SECONDS = 0.5


class Stage(Enum):
    """What a connection waits for; the value is the seconds until it is closed, None for no limit."""

    HEAD = 10.0
    """For the TLS handshake and the head of a request, or idle."""
    BODY = 30.5
    """For the body of a request; a little more than the request's own limit, so that the client gets an answer."""
    ANSWER = 60.0
    """For the answer, or for the client to read it."""
    WEBSOCKET = None
    """Nothing: the websocket's own pings find a client that is gone."""

    @property
    def is_waiting(self) -> bool:
        """Whether the client must send something next, so that the connection may be closed for another one."""
        return self in (Stage.HEAD, Stage.BODY)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The most connections of all peers, of one peer, and websockets of one peer. `reserve`: those of `most` that only
    peers on this machine may use."""

    most: int = 1_000
    peer: int = 200
    websockets: int = 100
    reserve: int = 100


@dataclass
class _Open:
    connection: socket.socket
    stage: Stage
    since: float
    has_begun: bool = False
    """Whether a request has begun."""
    was_answered: bool = False

    @property
    def order(self) -> tuple[bool, bool, float]:
        """Waiting connections with a smaller value are replaced first."""
        return self.was_answered, self.has_begun, self.since

    @property
    def has_unread(self) -> bool:
        """Whether bytes have arrived that the event loop has not read yet."""
        try:
            return bool(self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except OSError:
            return False


class Connections:
    """All open connections. Every call is made in the server's event loop."""

    def __init__(
        self, limits: ConnectionLimits | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        self._limits = limits or ConnectionLimits()
        self._clock = clock
        self._open: dict[Peer, _Open] = {}
        self._count: Counter[str] = Counter()
        self._sweeping = False

    def __len__(self) -> int:
        return len(self._open)

    def admitted(self, connection: socket.socket, peer: Peer) -> bool:
        """Adds a new connection, for which a waiting one may be closed; False where there is no room for it."""
        if not self._has_room(str(peer[0])):
            return False
        self._open[peer] = _Open(connection, Stage.HEAD, self._clock())
        self._count[str(peer[0])] += 1
        return True

    def closed(self, peer: Peer) -> None:
        """Removes a closed connection; idempotent."""
        if self._open.pop(peer, None) is not None:
            host = str(peer[0])
            self._count[host] -= 1
            if not self._count[host]:
                del self._count[host]

    def begun(self, peer: Peer) -> None:
        """Notes that a request has begun."""
        if (one := self._open.get(peer)) is not None:
            one.has_begun = True

    def reached(self, peer: Peer, stage: Stage) -> bool:
        """Notes the stage of a connection; False for one websocket too many of its peer."""
        one = self._open.get(peer)
        if one is None:
            return True
        if stage is Stage.WEBSOCKET and self._websockets(str(peer[0])) >= self._limits.websockets:
            return False
        one.was_answered |= stage is Stage.HEAD
        one.stage, one.since = stage, self._clock()
        return True

    def close_late(self) -> None:
        """Closes every connection that has exceeded the time of its stage."""
        now = self._clock()
        for one in list(self._open.values()):
            if one.stage.value is not None and now >= one.since + one.stage.value:
                _close(one)

    def keep_closing_late(self) -> None:
        """Calls `close_late` at intervals from now on, in the running event loop, while any connection is open."""
        if not self._sweeping:
            self._sweeping = True
            self._sweep()

    def _has_room(self, host: str) -> bool:
        limits = self._limits
        most = limits.most if is_loopback(host) else limits.most - limits.reserve
        if self._count[host] >= limits.peer:
            return self._replaced(host)
        return len(self._open) < most or self._replaced(self._busiest(host))

    def _busiest(self, host: str) -> str:
        """The peer whose connection makes room: the one with the most, but not this machine for another one."""
        others = (one for one in self._count if is_loopback(host) or not is_loopback(one))
        return max(others, key=self._count.__getitem__, default=host)

    def _replaced(self, host: str) -> bool:
        waiting = [
            (one.order, peer)
            for peer, one in self._open.items()
            if one.stage.is_waiting and str(peer[0]) == host
        ]
        if not waiting:
            return False
        waiting.sort()
        first = waiting[0][1]
        peer = next((peer for _, peer in waiting if not self._open[peer].has_unread), first)
        _close(self._open[peer])
        self.closed(peer)
        return True

    def _websockets(self, host: str) -> int:
        return sum(one.stage is Stage.WEBSOCKET and str(peer[0]) == host for peer, one in self._open.items())

    def _sweep(self) -> None:
        self.close_late()
        self._sweeping = bool(self._open)
        if self._sweeping:
            asyncio.get_running_loop().call_later(_SWEEP_SECONDS, self._sweep)


def _close(one: _Open) -> None:
    """Ends the connection in both directions; its transport notices and closes the socket, whatever it waits for."""
    with suppress(OSError):
        one.connection.shutdown(socket.SHUT_RDWR)
