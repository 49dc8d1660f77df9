"""Supervises the private socket: connects, authenticates, subscribes, notices its end, connects again."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TypeVar

import msgspec
from msgspec import Struct

from adapters.bybit.pace import MOST, pause, until_allowed
from adapters.bybit.private_socket import FAILURES, PrivateSocket
from adapters.bybit.secrecy import Credentials
from adapters.bybit.site import Site, Timing
from adapters.instruments.document import Table, is_table
from commands.exchange import Gap

T = TypeVar("T")
_LOOK = 1.0
"""Seconds between two looks at a socket whose end was not reported."""


class StreamState(Struct, frozen=True, gc=False):
    """Whether reports arrive now, the connections so far, and what is wrong where they do not arrive."""

    is_live: bool
    connects: int
    fault: str


class Stream:
    """Runs in a thread of its own from `start` to `close`. Nothing that it does touches the state of its caller.

    `texts` and `gaps` return what came since the last call; `pushes` counts the texts so far. `on_arrival` is called,
    in a thread of the stream, where either has something new or `state` has changed; it must return at once and raise
    nothing.
    """

    def __init__(
        self,
        credentials: Credentials,
        site: Site,
        timing: Timing,
        on_arrival: Callable[[], None],
    ) -> None:
        self._credentials, self._site, self._timing = credentials, site, timing
        self._on_arrival = on_arrival
        self.pushes = 0
        self._texts: SimpleQueue[str] = SimpleQueue()
        self._gaps: SimpleQueue[Gap] = SimpleQueue()
        self._stopping = Event()
        self._connects: deque[float] = deque(maxlen=MOST)
        self._last_sign: datetime | None = None
        self._state = StreamState(is_live=False, connects=0, fault="")
        self._socket: PrivateSocket | None = None
        self._thread = Thread(target=self._run, name="bybit-stream", daemon=True)

    @property
    def state(self) -> StreamState:
        return self._state

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Ends the connection and the threads."""
        self._stopping.set()
        if self._socket is not None:
            self._socket.ended.set()
        self._thread.join()

    def texts(self) -> list[str]:
        """The pushes, in the order of their arrival; no push is ever dropped."""
        return _drained(self._texts)

    def gaps(self) -> list[Gap]:
        return _drained(self._gaps)

    def _run(self) -> None:
        failures = 0
        while not self._stopping.wait(self._wait(failures)):
            began = time.monotonic()
            self._one_connection()
            held = time.monotonic() - began
            failures = 1 if held >= self._timing.held else failures + 1

    def _wait(self, failures: int) -> float:
        timing = self._timing
        waiting = pause(failures, timing.first_pause, timing.longest_pause, random.random())  # noqa: S311 - jitter
        return max(waiting, until_allowed(list(self._connects), time.monotonic()))

    def _one_connection(self) -> None:
        since, reason = self._last_sign, self._state.fault
        answers: SimpleQueue[Table] = SimpleQueue()
        self._connects.append(time.monotonic())
        self._change(is_live=False, connects=self._state.connects + 1, fault=reason)
        try:
            take = partial(self._take, answers)
            socket = PrivateSocket(self._credentials, self._site, self._timing, take, self._sign)
        except FAILURES as error:
            self._down(str(error))
            return
        self._socket = socket
        try:
            fault = self._opened(socket, answers)
            if fault:
                self._down(fault)
                return
            self._last_sign = datetime.now(UTC)
            self._gaps.put(Gap(since, self._last_sign, reason))
            self._change(is_live=True, connects=self._state.connects, fault="")
            self._watch(socket)
            self._down(socket.fault or "the connection was closed")
        except FAILURES as error:
            self._down(str(error))
        finally:
            socket.close()

    def _opened(self, socket: PrivateSocket, answers: SimpleQueue[Table]) -> str:
        """Waits until the topics are subscribed; returns what went wrong, empty where nothing did."""
        fault = self._answered(socket, answers, "auth")
        if not fault:
            socket.subscribe()
            fault = self._answered(socket, answers, "subscribe")
        return fault

    def _answered(self, socket: PrivateSocket, answers: SimpleQueue[Table], operation: str) -> str:
        until = time.monotonic() + self._timing.answer
        while socket.is_alive and not self._stopping.is_set() and (left := until - time.monotonic()) > 0:
            try:
                answer = answers.get(timeout=min(left, _LOOK))
            except Empty:
                continue
            if answer.get("op") == operation:
                return (
                    "" if answer.get("success") is True else f"{operation} refused: {answer.get('ret_msg')}"
                )
        return socket.fault or f"{operation} was not answered"

    def _watch(self, socket: PrivateSocket) -> None:
        while socket.is_alive and not self._stopping.is_set():
            socket.ended.wait(_LOOK)

    def _take(self, answers: SimpleQueue[Table], text: str) -> None:
        """In the socket's thread. An answer to an operation of ours is not a push."""
        answer = _answer_in(text)
        if answer is not None:
            answers.put(answer)
            return
        self._texts.put(text)
        self.pushes += 1
        self._on_arrival()

    def _sign(self) -> None:
        """Frames before the subscription are no sign that reports arrive."""
        if self._state.is_live:
            self._last_sign = datetime.now(UTC)

    def _down(self, fault: str) -> None:
        self._change(is_live=False, connects=self._state.connects, fault=self._credentials.hide(fault))

    def _change(self, *, is_live: bool, connects: int, fault: str) -> None:
        self._state = StreamState(is_live, connects, fault)
        self._on_arrival()


class _Kind(Struct):
    op: str = ""


def _answer_in(text: str) -> Table | None:
    """The answer to an operation; None for a push. What cannot be read is kept for the caller, who records it."""
    try:
        if not msgspec.json.decode(text, type=_Kind).op:
            return None
        answer: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return answer if is_table(answer) else None


def _drained(queue: SimpleQueue[T]) -> list[T]:
    found: list[T] = []
    while True:
        try:
            found.append(queue.get_nowait())
        except Empty:
            return found
