"""A free port of this machine."""

from __future__ import annotations

import random
import socket
from collections import deque

from domain.errors import ServerFailed

# These ports are below the ephemeral ranges of Linux (from 32768) and macOS (from 49152). No outgoing connection takes
# such a port, so a stopped server finds its port free when it is started again.
_CANDIDATES = range(20_000, 32_000)
_TRIES = 200
_GIVEN: deque[int] = deque(maxlen=100)


def free_port(host: str = "127.0.0.1") -> int:
    """A port that could just be bound, and that this process was not given lately: one server may need several.

    Raises `ServerFailed` where 200 random candidates are all taken.
    """
    for candidate in random.SystemRandom().sample(_CANDIDATES, _TRIES):
        if candidate not in _GIVEN and is_free(candidate, host):
            _GIVEN.append(candidate)
            return candidate
    raise ServerFailed(
        f"no free port in {_CANDIDATES.start}-{_CANDIDATES.stop - 1} on {host} after {_TRIES} tries"
    )


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on `port` now.

    Closed connections in TIME_WAIT do not matter, neither here nor to a server.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
