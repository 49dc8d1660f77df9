"""The mailbox: a `commands.door.Door` of an engine in the same process.

Any thread sends requests, and the engine's thread answers them.
"""

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
    """A queue of requests that the engine answers after one candle and before the next.

    A request that the engine does not take in time is withdrawn: it is not carried out after its caller's timeout.
    """

    def __init__(self) -> None:
        # Not a SimpleQueue: it waits for ever if a signal interrupts the wait and the signal's handler returns only
        # after the timeout.
        self._letters: Queue[Letter | None] = Queue()
        self._closing = Lock()
        self._closed: str | None = None
        self._woken = False

    @property
    def is_empty(self) -> bool:
        """Whether the queue holds no request, not even a withdrawn one.

        Reads the queue without a lock, because the engine calls this after every candle.
        """
        return not self._letters.queue

    @property
    def waiting(self) -> int:
        """The number of queued requests, withdrawn ones included."""
        return self._letters.qsize()

    def ask(self, requested: Requested, patience: float) -> Answer:
        """Waits at most `patience` seconds for the engine's answer; see `commands.door.Door`."""
        answer = self.post(requested)
        try:
            return answer.result(timeout=patience)
        except NotInTime:
            return self.withdraw(requested, answer)

    def post(self, requested: Requested) -> Future[Answer]:
        """Queues the request and returns at once; the engine's answer is set on the engine's thread."""
        answer: Future[Answer] = Future()
        with self._closing:
            if self._closed is None:
                self._letters.put((requested, answer))
                return answer
        answer.set_result(TimedOut(requested.id, f"{_NOTHING}: {self._closed}"))
        return answer

    def withdraw(self, requested: Requested, answer: Future[Answer]) -> Answer:
        """Withdraws a posted request, unless the engine has taken it; returns the answer for its caller now."""
        if answer.cancel():
            known = f"{_NOTHING}: the engine did not take the request in time, and the request is withdrawn"
            return TimedOut(requested.id, known)
        return answer.result() if answer.done() else TimedOut(requested.id, _UNDER_WAY)

    def answer_all(self, engine: Callable[[Requested], Answer], patience: float = 0) -> int:
        """Answers the queued requests and those that arrive within `patience` seconds; returns how many.

        The engine's thread calls this; requests that keep arriving do not make it wait longer. Where `engine` raises,
        the caller of that request gets a TimedOut with the known outcome, and the error is raised here, too.
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
            letter = self._letters.get(timeout=patience) if patience > 0 else self._letters.get_nowait()
        except Empty:
            return None
        if letter is None:
            self._woken = False
        return letter

    def wake(self) -> None:
        """Ends the engine's current or next wait for a request; any thread may call it, however often."""
        if not self._woken:
            self._woken = True
            self._letters.put(None)

    def close(self, why: str) -> None:
        """Answers all queued and all later requests with a TimedOut that gives `why`; idempotent."""
        with self._closing:
            if self._closed is None:
                self._closed = why
        while not self.is_empty:
            letter = self._next(0)
            if letter is not None:
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
    "the engine has taken the request and has not finished: a repeated request with the same key returns its answer "
    "and is never carried out twice"
)
_FAILED = (
    "the engine failed while it carried this out: it is recorded as a whole or not at all; a repeated request with the "
    "same key, once an engine owns the log, shows which, and is never carried out twice"
)
