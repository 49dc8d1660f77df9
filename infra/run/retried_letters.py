"""Finds the letters that a person has retried, in a thread: trading never waits for the store of the dead letters."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from queue import Empty, SimpleQueue

from adapters.dead_letters.changes import Change
from adapters.dead_letters.store import DeadLetters
from adapters.dead_letters.unread import DueLetter, due_letters
from domain.errors import InvalidInput, LogError, Refused, StoreError

_log = logging.getLogger(__name__)
PAUSE_SECONDS = 10.0
"""Between two looks, which are a query each."""


class RetriedLetters:
    """Looks for due letters of a venue every `pause` seconds, and records what became of those that were taken in.

    A letter is handed over once. Where the store does not answer, what became of it waits for the next look, and a
    warning is logged once for each reason.
    """

    def __init__(
        self,
        stored: Callable[[], DeadLetters],
        venue: str,
        clock: Callable[[], datetime],
        pause: float = PAUSE_SECONDS,
    ) -> None:
        """`stored` returns the letters; only the thread calls it. `clock` returns the time in UTC."""
        self._stored, self._venue, self._clock, self._pause = stored, venue, clock, pause
        self._found, self._made = SimpleQueue[DueLetter](), SimpleQueue[Change]()
        self._returned, self._handed = SimpleQueue[str](), set[str]()
        self._unrecorded = list[Change]()
        self._fault = ""
        self._stopping, self._woken = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="retried-letters", daemon=True)
        self._thread.start()

    def found(self) -> Iterator[DueLetter]:
        """The letters that were found since the last call; does not wait."""
        while True:
            try:
                yield self._found.get_nowait()
            except Empty:
                return

    def give_back(self, due: DueLetter) -> None:
        """Has the letter handed over again after the next look; returns at once."""
        self._returned.put(due.letter.id)

    def record(self, change: Change) -> None:
        """Has the thread record what became of a letter; returns at once."""
        self._made.put(change)
        self._woken.set()

    @property
    def waits(self) -> bool:
        """Whether what became of a letter waits for the store."""
        return bool(self._unrecorded)

    def close(self) -> None:
        """Records what is left, where the store answers, and ends the thread; idempotent."""
        self._stopping.set()
        self._woken.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._attempt(self._look)
            self._woken.wait(self._pause)
            self._woken.clear()
        self._attempt(self._record_all)
        if left := len(self._unrecorded):
            _log.warning(
                "%d messages that were taken in are still marked as due: the next run repeats them", left
            )

    def _attempt(self, step: Callable[[], None]) -> None:
        try:
            step()
        except (StoreError, LogError, Refused, InvalidInput) as fault:
            if str(fault) != self._fault:
                _log.warning("retried messages wait until the dead letters answer: %s", fault)
            self._fault = str(fault)
        else:
            self._fault = ""

    def _record_all(self) -> None:
        while not self._made.empty():
            self._unrecorded.append(self._made.get_nowait())
        while self._unrecorded:
            change = self._unrecorded[0]
            try:
                self._stored().change(change)
            except (Refused, InvalidInput) as fault:
                # Somebody has changed or removed the letter meanwhile; what they decided is in force.
                _log.warning("%s", fault)
            del self._unrecorded[0]
            self._handed.discard(change.letter)

    def _look(self) -> None:
        self._record_all()
        while not self._returned.empty():
            self._handed.discard(self._returned.get_nowait())
        for due in due_letters(self._stored(), self._venue, self._clock(), without=self._handed):
            self._handed.add(due.letter.id)
            self._found.put(due)
