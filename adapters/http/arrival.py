"""When the bytes of a request arrived at this machine, which may be long before this process has read them.

A process that was stopped, or whose loop was busy, reads requests that the system has kept in the connection meanwhile.
Their time-outs began when they arrived.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from time import monotonic
from typing import Any

ARRIVED = "arrived"
"""The name in a scope's `state` of the time, by `monotonic`, at which the last bytes of the request arrived."""
_LAST_DATA = struct.Struct("=52xI")
"""`tcpi_last_data_recv` of `struct tcp_info` (linux/tcp.h): milliseconds since the last bytes arrived."""


def arrived(transport: asyncio.BaseTransport) -> float:
    """The time, by `monotonic`, at which the last bytes of the connection arrived; now where no system reports it."""
    return monotonic() - _waited(transport.get_extra_info("socket"))


def _waited(connection: Any) -> float:
    """Seconds since the last bytes arrived; 0 where the system is not Linux, or the connection is none of TCP."""
    if connection is None or not hasattr(socket, "TCP_INFO"):
        return 0.0
    try:
        found = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_DATA.size)
    except OSError:
        return 0.0
    return float(_LAST_DATA.unpack(found)[0]) / 1000 if len(found) == _LAST_DATA.size else 0.0
