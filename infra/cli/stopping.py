"""Stopping a running command: Ctrl-C or SIGTERM requests a stop, and the command ends after its current step."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Generator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopping:
    """Whether a stop was requested. Uses no lock: a signal handler that waits for a held lock would never return."""

    def __init__(self, wakes: int) -> None:
        """`wakes` is the read end of a pipe that becomes readable with the first signal."""
        self._wakes = wakes
        self._requested = False

    def requested(self) -> bool:
        """True from the first signal on."""
        return self._requested

    def wait(self, seconds: float) -> None:
        """Waits for `seconds`, or until a stop is requested."""
        if not self._requested:
            select.select([self._wakes], [], [], seconds)

    def handle(self, _number: int, _frame: object) -> None:
        """The first signal requests a stop; a second one raises KeyboardInterrupt."""
        if self._requested:
            raise KeyboardInterrupt
        self._requested = True


@contextmanager
def stoppable() -> Generator[Stopping]:
    """Handles stop signals until the block ends."""
    wakes, woken = os.pipe()
    os.set_blocking(woken, False)
    stopping = Stopping(wakes)
    descriptor = signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    handlers = {number: signal.signal(number, stopping.handle) for number in _SIGNALS}
    try:
        yield stopping
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(descriptor)
        os.close(wakes)
        os.close(woken)
