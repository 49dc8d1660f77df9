"""One WebSocket connection of a client."""

from __future__ import annotations

import asyncio
from itertools import count

from aiohttp import WSMsgType, web

from adapters.simulated.venue.account import Account

_NUMBERS = count(1)
MOST_FRAMES = 10_000
"""Frames that wait for a slow client."""


class Session:
    """Frames are queued and sent in order, so the sender never waits for a slow client.

    A `silent` session neither sends nor answers, with its connection open. `account` is None before `auth`.
    """

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        self.socket = socket
        self.id = f"venue-{next(_NUMBERS):06d}"
        self.account: Account | None = None
        self.topics: set[str] = set()
        self.request_ids: set[str] = set()
        self.silent = False
        self._transport = transport
        self._frames: asyncio.Queue[bytes] = asyncio.Queue()

    def send(self, frame: bytes) -> None:
        """Queues a JSON text. A client that leaves too many of them unread is cut."""
        if self._frames.qsize() >= MOST_FRAMES:
            self.abort()
        elif not self.silent:
            self._frames.put_nowait(frame)

    def send_later(self, frame: bytes, delay: int) -> None:
        """Queues a JSON text after `delay` ms."""
        asyncio.get_running_loop().call_later(delay / 1000, self.send, frame)

    async def write(self) -> None:
        """Sends the queued frames until the connection is closed."""
        while True:
            frame = await self._frames.get()
            if not self.silent:
                await self.socket.send_frame(frame, WSMsgType.TEXT)

    def abort(self) -> None:
        """Cuts the connection without a closing handshake."""
        if self._transport is not None:
            self._transport.abort()
