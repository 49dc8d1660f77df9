"""When a private socket may connect again: a pure rule of exponential back-off with jitter, within Bybit's limit."""

from __future__ import annotations

from collections.abc import Sequence

WINDOW = 300.0
"""Seconds of Bybit's limit of 500 new connections from one address."""

MOST = 200
"""Connections in `WINDOW` that this program makes; pybit tries at most twice for each."""

_LARGEST_EXPONENT = 30


def pause(failures: int, first: float, longest: float, chance: float) -> float:
    """Seconds to wait after `failures` failures in a row (0: none); `chance` is a random number from 0 to 1.

    Half of the exponential pause is fixed and half is jitter, so that many clients do not connect at the same time.
    """
    if not failures:
        return 0.0
    whole = min(first * 2.0 ** min(failures - 1, _LARGEST_EXPONENT), longest)
    return whole * (0.5 + chance / 2)


def until_allowed(connects: Sequence[float], now: float) -> float:
    """Seconds until another connection is within the limit; `connects` are the times of the earlier ones, ascending."""
    recent = [one for one in connects if one > now - WINDOW]
    return recent[-MOST] + WINDOW - now if len(recent) >= MOST else 0.0
