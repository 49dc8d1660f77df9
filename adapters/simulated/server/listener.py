"""The port on which a server of the venue accepts connections."""

from __future__ import annotations

import asyncio

from aiohttp import web

_BACKLOG = 128
"""Connections that wait to be accepted, as in aiohttp's own sites."""


class Listener:
    """Accepts connections for `server` until `close`. A port of 0 is replaced by the one that the system chose."""

    def __init__(self, server: web.Server, host: str, port: int) -> None:
        self._protocols, self._host, self.port = server, host, port
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Raises OSError if the port cannot be bound."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._protocols, self._host, self.port, reuse_address=True, backlog=_BACKLOG
        )
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Accepts no more connections; those that are open remain. A second call changes nothing."""
        if self._server is None:
            return
        server, self._server = self._server, None
        loop = asyncio.get_running_loop()
        for one in server.sockets:
            loop.remove_reader(one.fileno())
        # asyncio hands an accepted connection over in the next round, and leaks its socket if the server is closed.
        await asyncio.sleep(0)
        server.close()
