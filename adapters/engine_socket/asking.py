"""The body of a request's frame: how long its caller waits, then the request as on the command topic."""

from __future__ import annotations

import math
import struct

from adapters.command_topic.largest import LARGEST as LARGEST_REQUEST
from domain.errors import InvalidInput

_PATIENCE = struct.Struct(">d")
_LONGEST = 600.0
"""The longest wait for an answer, in seconds."""
LARGEST = LARGEST_REQUEST + _PATIENCE.size
"""The largest body that the API's process may send, in bytes."""
LARGEST_ANSWER = 16 * 1024 * 1024
"""The largest body that the engine's process may send, in bytes: an answer names every event that followed."""


def asking_bytes(patience: float, request: bytes) -> bytes:
    """The body of a frame with a request whose caller waits `patience` seconds."""
    return _PATIENCE.pack(min(max(patience, 0.0), _LONGEST)) + request


def read_asking(body: bytes) -> tuple[float, bytes]:
    """The patience in seconds, and the request's bytes. Raises InvalidInput where there is no valid patience."""
    if len(body) < _PATIENCE.size:
        raise InvalidInput("a request's frame is too short")
    (patience,) = _PATIENCE.unpack_from(body)
    if not (math.isfinite(patience) and 0 <= patience <= _LONGEST):
        raise InvalidInput(f"a request cannot wait for {patience} s")
    return patience, body[_PATIENCE.size :]
