"""Stopping a running command: Ctrl-C or SIGTERM requests a stop, and the command ends after its current step."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Generator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequested(BaseException):
    """A stop was requested within `Stopping.at_once`. No handler of errors catches it, as with KeyboardInterrupt."""


class Stopping:
    """Whether a stop was requested. Uses no lock: a signal handler that waits for a held lock would never return."""

    def __init__(self, wakes: int) -> None:
        """`wakes` is the read end of a pipe that becomes readable with the first signal."""
        self._wakes = wakes
        self._requested = self._raises = False

    def requested(self) -> bool:
        """True from the first signal on."""
        return self._requested

    def wait(self, seconds: float) -> None:
        """Waits for `seconds`, or until a stop is requested."""
        if not self._requested:
            select.select([self._wakes], [], [], seconds)

    @contextmanager
    def at_once(self) -> Generator[None]:
        """Within the block a stop raises StopRequested, also one that was requested before.

        The block is a calculation of any length that changes nothing outside this process.
        """
        self._raises = True
        try:
            if self._requested:
                raise StopRequested
            yield
        finally:
            self._raises = False

    def handle(self, _number: int, _frame: object) -> None:
        """The first signal requests a stop; a second one raises KeyboardInterrupt.

        Raises StopRequested within `at_once`.
        """
        if self._requested:
            raise KeyboardInterrupt
        self._requested = True
        if self._raises:
            raise StopRequested


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
