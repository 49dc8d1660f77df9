"""The thread that follows a log and passes its events to an event loop, in batches."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import closing

from adapters.log.recorder_log import RecordedLog
from domain.log import Recorded

_AHEAD = 1000
"""The largest number of events that the loop has not taken yet. At this number the thread stops reading."""
_PAUSE_SECONDS = 1.0
_LOOK_SECONDS = 0.2
"""How long the thread waits for an event before it checks whether it is stopped."""

_log = logging.getLogger(__name__)


class Following:
    """Follows the log from its construction on. It must be constructed in an event loop, which runs the callbacks.

    `take` receives the events in batches, and an empty batch when the log has been opened. `fail` receives each error,
    after which the log is opened again.
    """

    def __init__(
        self,
        open_log: Callable[[], RecordedLog],
        after: int,
        take: Callable[[list[Recorded]], None],
        fail: Callable[[Exception], None],
    ) -> None:
        self._open, self._take, self._fail = open_log, take, fail
        self._after = after
        self._loop = asyncio.get_running_loop()
        self._stopped = threading.Event()
        self._room = threading.Condition()
        self._arrived: list[Recorded] = []
        self._thread = threading.Thread(target=self._run, name="live tail", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread; must not be called from the loop's thread."""
        self._stopped.set()
        with self._room:
            self._room.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._follow()
            except Exception as failure:  # noqa: BLE001 - passed to `fail` and logged, then retried
                _log.exception("the live tail lost the log at ordinal %d and tries again", self._after)
                self._loop.call_soon_threadsafe(self._fail, failure)
                self._stopped.wait(_PAUSE_SECONDS)

    def _follow(self) -> None:
        with closing(self._open()) as log:
            self._loop.call_soon_threadsafe(self._take, list[Recorded]())
            for recorded in log.follow(self._after, self._stopped.is_set, _LOOK_SECONDS):
                self._hand_over(recorded)
                self._after = recorded.ordinal

    def _hand_over(self, recorded: Recorded) -> None:
        with self._room:
            self._room.wait_for(lambda: len(self._arrived) < _AHEAD or self._stopped.is_set())
            self._arrived.append(recorded)
            if len(self._arrived) == 1:
                self._loop.call_soon_threadsafe(self._drain)

    def _drain(self) -> None:
        with self._room:
            arrived, self._arrived = self._arrived, []
            self._room.notify_all()
        self._take(arrived)
