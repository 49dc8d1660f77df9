"""Refuses HTTP requests on a listening socket while the process that serves them is not up."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

from infra.run.listening import BACKLOG

_HEAD_SECONDS = 0.2
"""How long a client has for the head of its request."""
_HEAD_BYTES = 64 * 1024
_BODY = b"The API is being restarted: nothing was done. Send the request again in a few seconds.\n"
_RESPONSE = b"\r\n".join(
    (
        b"HTTP/1.1 503 Service Unavailable",
        b"Content-Type: text/plain",
        b"Content-Length: %d" % len(_BODY),
        b"Retry-After: 2",
        b"Connection: close",
        b"",
        _BODY,
    )
)


class Refusing:
    """Answers each connection with 503 between `begin` and `end`, so that no request waits and is carried out late.

    The socket goes on listening afterwards. On an address with TLS the client sees a closed connection.
    """

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._server: asyncio.Server | None = None

    async def begin(self) -> None:
        """Begins to refuse; idempotent."""
        if self._server is None:
            own = self._listening.dup()
            # Assigned before anything is awaited: several processes may end at the same moment.
            self._server = await asyncio.start_server(_refuse, sock=own, backlog=BACKLOG, start_serving=False)
            await self._server.start_serving()

    def end(self) -> None:
        """Refuses no more; idempotent."""
        if self._server is not None:
            self._server.close()
            self._server = None


async def _refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, TimeoutError):
        # An unread request would make the kernel reset the connection before the client has the response.
        async with asyncio.timeout(_HEAD_SECONDS):
            await reader.read(_HEAD_BYTES)
        writer.write(_RESPONSE)
        await writer.drain()
    writer.close()
