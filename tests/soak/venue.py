"""The exchange of a soak, in a process of its own: `python -m tests.soak.venue STATE KEY FILE...`.

It is that of `whence venue --from-now`. At its end it writes to STATE what its account has: the log is judged by it.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from adapters.simulated.venue.state import saved
from infra.run.venue import RunningVenue, VenueOptions, venue_of
from tests.soak.market import PAST

_BALANCE = Decimal(1_000_000)


async def served(key: str, files: Sequence[Path]) -> bytes:
    """Prints its address, serves until SIGTERM, and returns its state."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    options = VenueOptions(
        files=files, past=PAST, from_now=True, balance=_BALANCE, key=key, secret=key, limits=False
    )
    running = venue_of(options)
    await running.start()
    sys.stdout.write(running.greeting())
    sys.stdout.flush()
    watching = asyncio.create_task(_watch(running))
    await stopping.wait()
    watching.cancel()
    await running.stop()
    return saved(running.server.venue, running.server.clock.market())


async def _watch(running: RunningVenue) -> None:
    while True:
        await running.server.watch(1)


if __name__ == "__main__":
    kept = asyncio.run(served(sys.argv[2], [Path(one) for one in sys.argv[3:]]))
    Path(sys.argv[1]).write_bytes(kept)
