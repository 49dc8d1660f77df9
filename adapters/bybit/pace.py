"""When a private socket may connect again: after its back-off, and within Bybit's limit."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.back_off import pause

__all__ = ["MOST", "WINDOW", "pause", "until_allowed"]

WINDOW = 300.0
"""Seconds of Bybit's limit of 500 new connections from one address."""

MOST = 200
"""Connections in `WINDOW` that this program makes; pybit tries at most twice for each."""


def until_allowed(connects: Sequence[float], now: float) -> float:
    """Seconds until another connection is within the limit; `connects` are the times of the earlier ones, ascending."""
    recent = [one for one in connects if one > now - WINDOW]
    return recent[-MOST] + WINDOW - now if len(recent) >= MOST else 0.0
