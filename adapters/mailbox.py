"""The mailbox: the door of the engine in this process. Any thread asks, the engine's own thread answers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from queue import Empty, Queue
from threading import Lock
from time import monotonic

from commands.door import Answer, TimedOut
from commands.request import Requested

Letter = tuple[Requested, "Future[Answer]"]


class Mailbox:
    """Requests wait here until the engine is between two instants.

    A request that is not taken up in time is withdrawn: it will not be carried out behind the asker's back.
    """

    def __init__(self) -> None:
        # A SimpleQueue would wait for ever where a signal interrupts the wait and is handled after its time is over.
        self._letters: Queue[Letter] = Queue()
        self._closing = Lock()
        self._closed: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no letter lies here, a withdrawn one included; looked at without a lock, between any two candles."""
        return not self._letters.queue

    @property
    def waiting(self) -> int:
        """How many letters lie here, withdrawn ones too."""
        return self._letters.qsize()

    def ask(self, requested: Requested, patience: float) -> Answer:
        """Waits at most `patience` seconds for the engine's answer; see `commands.door.Door`."""
        answer: Future[Answer] = Future()
        with self._closing:
            if self._closed is not None:
                return TimedOut(requested.id, f"{_NOTHING}: {self._closed}")
            self._letters.put((requested, answer))
        try:
            return answer.result(timeout=patience)
        except NotInTime:
            return self._gave_up(requested, answer)

    def _gave_up(self, requested: Requested, answer: Future[Answer]) -> Answer:
        if answer.cancel():
            known = f"{_NOTHING}: the engine did not take the request up in time, and it is withdrawn"
            return TimedOut(requested.id, known)
        return answer.result() if answer.done() else TimedOut(requested.id, _UNDER_WAY)

    def answer_all(self, engine: Callable[[Requested], Answer], patience: float = 0) -> int:
        """Answers everything that waits, and what comes within `patience` seconds; returns how many were answered.

        For the engine's thread, which is not held longer by people who go on asking. Where `engine` raises, the asker
        is told what is known, and the error goes on.
        """
        if patience <= 0 and self.is_empty:
            return 0
        until, answered, waiting = monotonic() + patience, 0, self.waiting
        while (left := until - monotonic()) > 0 or waiting > 0:
            letter = self._next(left)
            if letter is None:
                break
            answered, waiting = answered + _answer(letter, engine), waiting - 1
        return answered

    def _next(self, patience: float) -> Letter | None:
        try:
            return self._letters.get(timeout=patience) if patience > 0 else self._letters.get_nowait()
        except Empty:
            return None

    def close(self, why: str) -> None:
        """From here on every request, and each that waits, is told that nothing was done, and why; idempotent."""
        with self._closing:
            if self._closed is None:
                self._closed = why
        while (letter := self._next(0)) is not None:
            _answer(letter, lambda requested: TimedOut(requested.id, f"{_NOTHING}: {why}"))


def _answer(letter: Letter, engine: Callable[[Requested], Answer]) -> int:
    requested, answer = letter
    if not answer.set_running_or_notify_cancel():
        return 0
    try:
        answer.set_result(engine(requested))
    except BaseException:
        answer.set_result(TimedOut(requested.id, _FAILED))
        raise
    return 1


_NOTHING = "nothing was done and nothing was recorded"
_UNDER_WAY = (
    "the engine has taken the request up and has not finished: asking again with the same key gives its answer, and "
    "never does it twice"
)
_FAILED = (
    "the engine failed while it carried this out: it is recorded as a whole or not at all; asking again with the same "
    "key, once an engine owns the log, tells which, and never does it twice"
)
