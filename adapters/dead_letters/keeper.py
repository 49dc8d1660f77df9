"""Keeps letters in a thread, so that their writer is never delayed, and counts those that it cannot keep."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from time import monotonic
from typing import Final

from adapters.dead_letters.backlog import TOO_MANY, Backlog
from adapters.dead_letters.letter import Arrival
from adapters.dead_letters.store import DeadLetters
from domain.errors import WhenceError

_log = logging.getLogger(__name__)

MOST_STORED: Final = 100_000
"""The letters of a store, in any state. Beyond it they are counted, so that a flood fills no disk."""
_AT_ONCE: Final = 1_000
_PAUSE_SECONDS: Final = 1.0
_SUMMARY_SECONDS: Final = 10.0


class LetterKeeper:
    """Writes letters to a store; the thread starts with the first letter.

    Letters over a bound are counted by source, place and cause. Each count is kept as a letter of its own, at most
    every 10 s, so that nothing is dropped in silence.
    """

    def __init__(
        self,
        opened: Callable[[], DeadLetters],
        clock: Callable[[], datetime],
        *,
        backlog: Backlog | None = None,
        most_stored: int = MOST_STORED,
        pause: float = _PAUSE_SECONDS,
    ) -> None:
        """`opened` opens the store, at the first letter and after each failure, which is tried again after `pause`
        seconds. `clock` gives the time of a count."""
        self._opened, self._clock, self._most_stored, self._pause = opened, clock, most_stored, pause
        self._backlog = Backlog() if backlog is None else backlog
        self._changed = threading.Condition()
        self._is_closing = threading.Event()
        self._store: DeadLetters | None = None
        self._stored, self._next_summary, self._fault = 0, 0.0, ""
        self._thread = threading.Thread(target=self._run, name="dead-letters", daemon=True)

    def keep(self, arrivals: Sequence[Arrival]) -> None:
        """Takes the letters and returns at once; raises nothing. Any thread may call it until `close`."""
        if not arrivals:
            return
        with self._changed:
            self._backlog.put(arrivals)
            if self._thread.ident is None:
                self._thread.start()
            self._changed.notify_all()

    def close(self) -> None:
        """Writes what waits and ends the thread. What the store does not take is logged with its number. Idempotent."""
        self._is_closing.set()
        with self._changed:
            self._changed.notify_all()
            is_started = self._thread.ident is not None
        if is_started:
            self._thread.join()

    def _run(self) -> None:
        try:
            while self._has_work():
                if not self._step():
                    if self._is_closing.is_set():
                        break
                    self._is_closing.wait(self._pause)
            self._release()
        finally:
            self._report_lost()

    def _report_lost(self) -> None:
        with self._changed:
            if lost := len(self._backlog) + self._backlog.left_out.total():
                message = "alert: %s dead letters could not be kept"
                _log.error(message, f"{lost:,}", extra={"alert": "DEAD_LETTERS_LOST"})

    def _has_work(self) -> bool:
        """Waits for letters, or until counts are due; False at the end."""
        with self._changed:
            while not self._backlog and not self._is_closing.is_set():
                due = self._next_summary - monotonic() if self._backlog.left_out else None
                if due is not None and due <= 0:
                    return True
                self._changed.wait(due)
            return bool(self._backlog) or bool(self._backlog.left_out)

    def _step(self) -> bool:
        """Writes the first letters, or the counts where none waits; returns whether the store has taken them."""
        with self._changed:
            batch = self._backlog.first(_AT_ONCE)
        try:
            store = self._ready()
            if batch:
                room = self._room(store, len(batch))
                store.keep(batch[:room])
                self._done(batch, room)
            else:
                self._summarise(store)
        except (WhenceError, OSError) as fault:
            self._state(str(fault))
            self._release()
            return False
        self._state("")
        return True

    def _state(self, fault: str) -> None:
        """Logs why letters wait, once for each reason, and that they are kept again."""
        before, self._fault = self._fault, fault
        if fault and fault != before:
            _log.error(
                "alert: dead letters are not kept yet: %s", fault, extra={"alert": "DEAD_LETTERS_WAIT"}
            )
        elif before and not fault:
            _log.warning("dead letters are kept again")

    def _room(self, store: DeadLetters, wanted: int) -> int:
        """For how many letters the store has room. Letters that were there already count once."""
        if self._stored + wanted > self._most_stored:
            self._stored = sum(store.counts().values())
        return max(self._most_stored - self._stored, 0)

    def _done(self, batch: Sequence[Arrival], room: int) -> None:
        self._stored += min(room, len(batch))
        with self._changed:
            self._backlog.drop(len(batch))
            self._backlog.leave_out(batch[room:], TOO_MANY)
            self._changed.notify_all()

    def _summarise(self, store: DeadLetters) -> None:
        with self._changed:
            counted = self._backlog.left_out.copy()
            summaries = self._backlog.summaries(self._clock())
        try:
            store.keep(summaries)
        except (WhenceError, OSError):
            with self._changed:
                self._backlog.left_out.update(counted)
            raise
        self._next_summary = monotonic() + _SUMMARY_SECONDS

    def _ready(self) -> DeadLetters:
        if self._store is None:
            self._store = self._opened()
            self._stored = sum(self._store.counts().values())
        return self._store

    def _release(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None
