"""Shows recorded events with the times that lay between them, at a multiple of their speed."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime


class RecordedPace:
    """Waits for each event until its time has come: at once for the first one."""

    def __init__(
        self, times: float, wait: Callable[[float], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`times` is the multiple of the recorded speed. `wait` waits for some seconds, `clock` returns seconds."""
        self._times, self._wait, self._clock = times, wait, clock
        self._began: tuple[datetime, float] | None = None

    def wait_for(self, recorded_at: datetime) -> None:
        """Returns when the event of this time is due. The time that showing takes is not added."""
        if self._began is None:
            self._began = recorded_at, self._clock()
            return
        first, began = self._began
        due = began + (recorded_at - first).total_seconds() / self._times
        if (left := due - self._clock()) > 0:
            self._wait(left)
