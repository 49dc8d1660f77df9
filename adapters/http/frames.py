"""Websockets whose peer sends a limited number of frames in a second, whatever the frames are.

A frame has 6 bytes at least, so 5 MB of empty fragments, pings or pongs are 870,000 frames; reading them in one piece
would keep every other connection waiting for seconds. Such frames reach no application, so the rate of requests does
not count them.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

from adapters.http.arrival import ARRIVED, arrived

_PIECE = 1_024
"""The most bytes that are parsed before their frames are counted: 170 empty frames."""
_FRAMES = 500
_FRAMES_A_SECOND = 100
_BYTES = 4_000_000
_BYTES_A_SECOND = 1_000_000
_LINGER_SECONDS = 5.0
"""How long a peer may take to read the close frame."""


class FrameBudget:
    """The frames and bytes that a peer may still send: at most 500 frames and 4 MB at once, then 100 frames and 1 MB
    a second. `clock` has seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._since = clock()
        self._frames, self._bytes = float(_FRAMES), float(_BYTES)

    def spent(self, frames: int, size: int) -> bool:
        """Counts these frames and their bytes, decompressed; True where they exceed the budget."""
        now = self._clock()
        passed, self._since = now - self._since, now
        self._frames = min(self._frames + passed * _FRAMES_A_SECOND, _FRAMES) - frames
        self._bytes = min(self._bytes + passed * _BYTES_A_SECOND, _BYTES) - size
        return self._frames < 0 or self._bytes < 0


class BudgetedWebsocket(WebSocketsSansIOProtocol):
    """Uvicorn's protocol of a websocket, for `uvicorn.Config(ws=…)`; closes with 1008 beyond the budget of frames."""

    _budget: FrameBudget | None = None

    def data_received(self, data: bytes) -> None:
        """Parses the data in pieces, until the websocket closes."""
        came = arrived(self.transport)
        for start in range(0, len(data), _PIECE):
            if self.transport.is_closing():
                return
            if self.handshake_complete:
                self.scope.setdefault("state", {})[ARRIVED] = came
            super().data_received(data[start : start + _PIECE])

    def handle_events(self) -> None:
        """Counts the frames of a piece before any of them is handled."""
        frames = [one for one in self.conn.events if isinstance(one, Frame)]
        self._budget = self._budget or FrameBudget()
        if self._budget.spent(len(frames), sum(len(one.data) for one in frames)):
            self._end()
        else:
            super().handle_events()

    def _end(self) -> None:
        self.stop_keepalive()
        if self.handshake_complete and not self.close_sent:
            self.conn.fail(CloseCode.POLICY_VIOLATION, "too many frames in a second")
            self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()
        self.loop.call_later(_LINGER_SECONDS, self.transport.abort)
