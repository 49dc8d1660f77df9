"""When a socket may connect again: after its back-off, and within Bybit's limit. Pure rules."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from threading import Lock

WINDOW = 300.0
"""Seconds of Bybit's limit of 500 new connections from one address."""

PRIVATE_SHARE, TRADE_SHARE, MARKET_SHARE = 40, 10, 190
"""Connections in `WINDOW` that the private stream, the socket of orders and a feed make; pybit tries at most twice for
each.
"""

APART = 0.05
"""Seconds between two connections of a feed, which begins with many and loses all of them at once."""


def next_turn(turns: Sequence[float], now: float, most: int, apart: float) -> float:
    """The earliest time at which one more connection is within the limit; `turns` are the earlier ones, ascending."""
    at = max(now, turns[-1] + apart) if turns else now
    return max(at, turns[-most] + WINDOW) if len(turns) >= most else at


class Turns:
    """The turns of all connections that share a limit of `most` in `WINDOW`; for any number of threads."""

    def __init__(self, most: int, apart: float = 0.0) -> None:
        self._most, self._apart = most, apart
        self._taken: deque[float] = deque(maxlen=most)
        self._lock = Lock()

    def take(self, now: float) -> float:
        """Takes the next turn; returns the seconds until it comes."""
        with self._lock:
            turn = next_turn(self._taken, now, self._most, self._apart)
            self._taken.append(turn)
        return turn - now
