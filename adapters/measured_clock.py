"""Measures the difference of two clocks by one query."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from commands.clock_reading import ClockReading


def measured(server_time: Callable[[], datetime]) -> ClockReading:
    """The difference of the server's clock from this machine's. The server is taken to read it halfway."""
    begun, before = time.monotonic(), datetime.now(UTC)
    theirs = server_time()
    round_trip = timedelta(seconds=time.monotonic() - begun)
    return ClockReading(theirs - before - round_trip / 2, round_trip)
