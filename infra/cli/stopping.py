"""How a running command is told to stop: Ctrl-C or SIGTERM asks it to, between two steps."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Generator
from contextlib import contextmanager

_ASKS = (signal.SIGINT, signal.SIGTERM)


class Stopping:
    """Whether somebody asked. It holds no lock, for a signal may come while one is held."""

    def __init__(self, wakes: int) -> None:
        """`wakes` is a pipe that can be read from as soon as a signal came."""
        self._wakes = wakes
        self._asked = False

    def asked(self) -> bool:
        """True from the first signal on."""
        return self._asked

    def wait(self, seconds: float) -> None:
        """Waits that long, or until somebody asks."""
        if not self._asked:
            select.select([self._wakes], [], [], seconds)

    def ask(self, _number: int, _frame: object) -> None:
        """The first signal asks; a second one does not wait for an answer. Raises KeyboardInterrupt."""
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True


@contextmanager
def stoppable() -> Generator[Stopping]:
    """Listens for signals while it is entered."""
    wakes, woken = os.pipe()
    os.set_blocking(woken, False)
    stopping = Stopping(wakes)
    descriptor = signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    handlers = {number: signal.signal(number, stopping.ask) for number in _ASKS}
    try:
        yield stopping
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(descriptor)
        os.close(wakes)
        os.close(woken)
