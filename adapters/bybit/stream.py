"""Supervises one socket: connects, authenticates, subscribes, notices its end, connects again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from math import inf
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Protocol, TypeVar

import msgspec
from msgspec import Struct

from adapters.back_off import random_pause
from adapters.bybit.connection import FAILURES, Connection, NotConnected
from adapters.bybit.line import Line, by_symbol
from adapters.bybit.pace import Turns
from adapters.bybit.site import Timing
from adapters.drained import drained
from adapters.instruments.document import Table, is_table
from commands.exchange import Gap

T = TypeVar("T")
LeaveOut = Callable[[Mapping[str, str]], None]
"""Takes the reasons by refused topic. It raises nothing."""

_LOOK = 1.0
"""Seconds between two looks at a socket whose end was not reported."""

UNREADABLE = (msgspec.DecodeError, RecursionError)
"""What decoding raises for a text that is no JSON of the expected shape."""


class Listener(Protocol):
    """Takes the pushes of a stream. Every call comes from a thread of the stream and raises nothing."""

    def begin(self) -> None:
        """A connection is about to be made: nothing of the one before it is continued."""
        ...

    def take(self, text: str) -> None:
        """One push, in the order of arrival."""
        ...

    def fault(self) -> str:
        """Why this connection is of no use, although it stands; empty where it is. Called about once a second."""
        ...


class StreamState(Struct, frozen=True, gc=False):
    """Whether pushes arrive now, the connections so far, and what is wrong where they do not arrive.

    `retry_at` is when the next connection is made (UTC, by this machine's clock), after its turn has come; None while
    there is one.
    """

    is_live: bool
    connects: int
    fault: str
    retry_at: datetime | None = None


class Stream:
    """Runs in a thread of its own from `start` to `close`. Nothing that it does touches the state of its caller.

    `gaps` returns what came since the last call; `pushes` counts the pushes so far. `on_arrival` is called, in a thread
    of the stream, where a push arrived, a gap was noticed or `state` has changed; it must return at once and raise
    nothing.

    With `leave_out`, a symbol whose topics Bybit refuses is left out of the connection, and the others are subscribed.
    It is called once for each connection, in a thread of the stream, with the reason by refused topic. Without it a
    refused topic ends the connection.
    """

    def __init__(
        self,
        line: Line,
        timing: Timing,
        turns: Turns,
        listener: Listener,
        on_arrival: Callable[[], None],
        leave_out: LeaveOut | None = None,
    ) -> None:
        self._line, self._timing, self._turns = line, timing, turns
        self._listener, self._on_arrival, self._leave_out = listener, on_arrival, leave_out
        self.pushes = 0
        self._gaps: SimpleQueue[Gap] = SimpleQueue()
        self._stopping = Event()
        self._last_sign: datetime | None = None
        self._live_at, self._pushed_at = inf, 0.0
        self._state = StreamState(is_live=False, connects=0, fault="")
        self._connection: Connection | None = None
        self._thread = Thread(target=self._run, name=f"bybit-{line.channel}", daemon=True)

    @property
    def state(self) -> StreamState:
        return self._state

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Begins to end the connection; returns at once."""
        self._stopping.set()
        if self._connection is not None:
            self._connection.ended.set()

    def close(self) -> None:
        """Ends the connection and the threads, if they were started."""
        self.end()
        if self._thread.ident is not None:
            self._thread.join()

    def renew(self, topics: Sequence[str]) -> None:
        """Subscribes these topics anew; their snapshots follow. A connection that is not there, or ends meanwhile, is
        made with all topics.
        """
        connection = self._connection
        if connection is None:
            return
        try:
            for operation in ("unsubscribe", "subscribe"):
                connection.send(operation, topics)
        except FAILURES:
            connection.ended.set()

    def write(self, text: str) -> None:
        """Writes a text to a connection that is live. Raises NotConnected where nothing was written; one of `FAILURES`
        where it may have been.
        """
        connection, state = self._connection, self._state
        if connection is None or not state.is_live:
            raise NotConnected(state.fault)
        connection.write(text)

    def drop(self, fault: str) -> None:
        """Ends the connection for a reason of the caller; the next one follows."""
        connection = self._connection
        if connection is not None:
            connection.fault = connection.fault or fault
            connection.ended.set()

    def gaps(self) -> list[Gap]:
        return drained(self._gaps)

    def _run(self) -> None:
        failures = 0
        while self._is_rested(failures):
            began = self._pushed_at = time.monotonic()
            self._live_at = inf
            self._one_connection()
            failures = 1 if self._was_of_use(began) else failures + 1

    def _was_of_use(self, began: float) -> bool:
        """Whether the connection that began then held for long, or brought pushes for some time."""
        held, delivered = time.monotonic() - began, self._pushed_at - self._live_at
        return held >= self._timing.held or delivered >= self._timing.delivered

    def _is_rested(self, failures: int) -> bool:
        """Waits for the pause and for the turn; False where the stream is to end."""
        timing = self._timing
        resting = random_pause(failures, timing.first_pause, timing.longest_pause)
        if failures:
            self._down(self._state.fault, datetime.now(UTC) + timedelta(seconds=resting))
        return not (self._stopping.wait(resting) or self._stopping.wait(self._turns.take(time.monotonic())))

    def _one_connection(self) -> None:
        since, reason = self._last_sign, self._state.fault
        answers: SimpleQueue[Table] = SimpleQueue()
        self._listener.begin()
        self._change(is_live=False, connects=self._state.connects + 1, fault=reason)
        try:
            connection = Connection(self._line, self._timing, partial(self._take, answers), self._sign)
        except FAILURES as error:
            self._down(self._line.hide(str(error)))
            return
        self._connection = connection
        try:
            fault = self._opened(connection, answers)
            if fault:
                self._down(fault)
                return
            self._last_sign, self._live_at = datetime.now(UTC), time.monotonic()
            self._gaps.put(Gap(since, self._last_sign, reason))
            self._change(is_live=True, connects=self._state.connects, fault="")
            self._down(self._watched(connection, answers))
        except FAILURES as error:
            self._down(self._line.hide(str(error)))
        finally:
            connection.close()

    def _opened(self, connection: Connection, answers: SimpleQueue[Table]) -> str:
        """Waits until the topics are subscribed; returns what went wrong, empty where nothing did."""
        fault = "" if self._line.credentials is None else self._answered(connection, answers, "auth")[1]
        refused: dict[str, str] = {}
        for topics in self._line.requests():
            if not fault:
                fault = self._subscribed(connection, answers, topics, refused)
        if self._leave_out is None or fault:
            return fault
        self._leave_out(refused)
        is_useless = refused and len(refused) == len(self._line.topics)
        return next(iter(refused.values())) if is_useless else ""

    def _subscribed(
        self,
        connection: Connection,
        answers: SimpleQueue[Table],
        topics: Sequence[str],
        refused: dict[str, str],
    ) -> str:
        """Subscribes the topics, and adds to `refused` those that are left out; returns what went wrong.

        Bybit refuses a whole request for one symbol that it has delisted, so that the symbols of a refused request are
        subscribed one by one.
        """
        is_refused, fault = self._requested(connection, answers, topics)
        if not is_refused or self._leave_out is None:
            return fault
        for of_symbol in by_symbol(topics):
            is_refused, fault = self._requested(connection, answers, of_symbol)
            if is_refused:
                refused.update(dict.fromkeys(of_symbol, fault))
            elif fault:
                return fault
        return ""

    def _requested(
        self, connection: Connection, answers: SimpleQueue[Table], topics: Sequence[str]
    ) -> tuple[bool, str]:
        connection.send("subscribe", topics)
        return self._answered(connection, answers, "subscribe")

    def _answered(
        self, connection: Connection, answers: SimpleQueue[Table], operation: str
    ) -> tuple[bool, str]:
        """Whether the operation was refused, and what went wrong; that is empty where it was carried out."""
        until = time.monotonic() + self._timing.answer
        while connection.is_alive and not self._stopping.is_set() and (left := until - time.monotonic()) > 0:
            try:
                answer = answers.get(timeout=min(left, _LOOK))
            except Empty:
                continue
            if answer.get("op") == operation:
                refusal = self._refusal(answer)
                return bool(refusal), refusal
        return False, connection.fault or f"{operation} was not answered"

    def _refusal(self, answer: Table) -> str:
        """Why an operation was refused; empty where it was carried out. The socket of orders answers with a code."""
        if answer.get("success") is True or answer.get("retCode") == 0:
            return ""
        stated = f"{answer.get('ret_msg', answer.get('retMsg'))}"
        return f"{answer.get('op')} refused: {self._line.hide(stated)}"

    def _watched(self, connection: Connection, answers: SimpleQueue[Table]) -> str:
        """Waits for the end of the connection; returns its reason."""
        while connection.is_alive and not self._stopping.is_set():
            connection.ended.wait(_LOOK)
            refused = [one for one in drained(answers) if one.get("success") is False]
            fault = self._refusal(refused[0]) if refused else self._listener.fault()
            if fault:
                return fault
        return connection.fault or "the connection was closed"

    def _take(self, answers: SimpleQueue[Table], text: str) -> None:
        """In the socket's thread. An answer to an operation of ours is not a push."""
        answer = _answer_in(text)
        if answer is not None:
            answers.put(answer)
            return
        self._listener.take(text)
        self.pushes += 1
        self._pushed_at = time.monotonic()
        self._on_arrival()

    def _sign(self) -> None:
        """Frames before the subscription are no sign that pushes arrive."""
        if self._state.is_live:
            self._last_sign = datetime.now(UTC)

    def _down(self, fault: str, retry_at: datetime | None = None) -> None:
        """`fault` is shown, so what it quotes is hidden already."""
        self._change(is_live=False, connects=self._state.connects, fault=fault, retry_at=retry_at)

    def _change(self, *, is_live: bool, connects: int, fault: str, retry_at: datetime | None = None) -> None:
        self._state = StreamState(is_live, connects, fault, retry_at)
        self._on_arrival()


_PUSH = '{"topic":"'
_OPERATIONS = frozenset({"auth", "ping", "pong", "subscribe", "unsubscribe"})


class _Kind(Struct):
    op: str = ""


_KIND = msgspec.json.Decoder(_Kind)


def _answer_in(text: str) -> Table | None:
    """The answer to an operation; None for a push. What cannot be read is kept for the caller, who records it."""
    if text.startswith(_PUSH):  # no answer has a topic, and a decoder would read a push to its end
        return None
    try:
        if _KIND.decode(text).op not in _OPERATIONS:
            return None
        answer: object = msgspec.json.decode(text)
    except UNREADABLE:
        return None
    return answer if is_table(answer) else None
