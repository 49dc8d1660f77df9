"""The clock by which leases are judged: it goes on while this process is stopped and while its machine is suspended."""

from __future__ import annotations

import time
from typing import Final

_CLOCK: Final[int] = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux stops CLOCK_MONOTONIC, which is that of `time.monotonic`, while the machine is suspended. Systems without
CLOCK_BOOTTIME have the monotonic clock only."""


def boot_seconds() -> float:
    """Seconds since the machine was started. All processes of the machine have the same clock."""
    return time.clock_gettime(_CLOCK)
