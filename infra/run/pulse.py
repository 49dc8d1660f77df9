"""A file that a live engine touches while it trades, for the probes of Docker and Kubernetes.

There is no file during a start, a takeover of the log, a comparison with the exchange and a stop: these take as long as
they take, and a restart would only begin them again. A file that is old is an engine that hangs.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from domain.errors import InvalidSettings

_log = logging.getLogger(__name__)
_SECONDS: Final = 1.0


class Pulse:
    """The file at `path`; None where there shall be none. A beat costs a system call at most once a second."""

    def __init__(self, path: Path | None, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Removes what a process that was killed has left. Raises InvalidSettings where the file cannot be written."""
        self._path, self._monotonic = path, monotonic
        self._next, self._is_there, self._is_reported = 0.0, False, False
        if path is not None:
            try:
                path.touch(mode=0o644)
                path.unlink()
            except OSError as fault:
                raise InvalidSettings(
                    f"pulse: {path} cannot be written: {fault.strerror}; name a file in a folder of this user"
                ) from None

    def beat(self, *, is_trading: bool) -> None:
        """Touches the file where the engine trades, and removes it where it does not."""
        if not is_trading:
            self.end()
        elif self._path is not None and self._monotonic() >= self._next:
            self._next = self._monotonic() + _SECONDS
            self._touch(self._path)

    def end(self) -> None:
        """Removes the file; nothing happens where there is none. A failed removal is tried again next time."""
        if self._path is not None and self._is_there:
            self._next = 0.0
            self._remove(self._path)

    def _touch(self, path: Path) -> None:
        """A file that cannot be written does not end trading: the probe decides, and the reason is logged once."""
        try:
            path.touch(mode=0o644)
            self._is_there = True
        except OSError as fault:
            self._report(path, "written", fault)

    def _remove(self, path: Path) -> None:
        """A file that cannot be removed ends neither trading nor the stop: it becomes old, which the probe sees."""
        try:
            path.unlink(missing_ok=True)
            self._is_there = False
        except OSError as fault:
            self._report(path, "removed", fault)

    def _report(self, path: Path, what: str, fault: OSError) -> None:
        if not self._is_reported:
            _log.warning("pulse: %s cannot be %s: %s", path, what, fault.strerror)
        self._is_reported = True
