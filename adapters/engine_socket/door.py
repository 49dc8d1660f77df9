"""The door of an engine in the parent process: sends requests over the socket that this process inherited."""

from __future__ import annotations

import itertools
import logging
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from contextlib import suppress
from time import monotonic

from adapters.command_topic.wire import read_answer, request_bytes
from adapters.engine_socket.asking import LARGEST_ANSWER, asking_bytes
from adapters.engine_socket.failure import failure_bytes
from adapters.engine_socket.frame import Frame, FrameReader, Kind
from adapters.engine_socket.quotes import read_quotes
from adapters.metrics.snapshot import Family, read_snapshot
from commands.door import Answer, Declined, TimedOut
from commands.observer import Observer
from commands.request import Requested
from domain.errors import InvalidInput

_log = logging.getLogger(__name__)
_PIECE = 256 * 1024
_GRACE = 2.0
"""Seconds beyond a caller's patience: the engine's process withdraws a request in time and states so."""
_FRESH = 0.2
"""Seconds for which the metrics of the engine are used again."""
_FIGURES_WAIT = 1.0
_NOT_KNOWN = (
    "the engine's process has not answered: the request was withdrawn, or it is carried out as a whole; a repeated "
    "request with the same key returns its answer and is never carried out twice"
)
_ACCEPTED = (Kind.CONFIGURED, Kind.ANSWER, Kind.QUOTES, Kind.FIGURES, Kind.STOP, Kind.IS_ALIVE)


class SocketDoor:
    """A `commands.door.Door`, safe to call from any thread. A thread of its own reads the socket."""

    def __init__(self, channel: socket.socket, observer: Observer, lost: Callable[[], None]) -> None:
        """`observer` sees the engine's prices; `lost` is called where the engine's process ends without a stop."""
        self._channel, self._observer, self._lost = channel, observer, lost
        self._sending, self._scraping = threading.Lock(), threading.Lock()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Future[Frame]] = {}
        self._figures: tuple[float, Sequence[Family]] = (0.0, ())
        self._configuration: Future[bytes] = Future()
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine socket", daemon=True)
        self._thread.start()

    def configuration(self) -> bytes:
        """The configuration, which the engine's process sends first."""
        return self._configuration.result()

    def up(self) -> None:
        """Reports that the API serves requests."""
        self._send(Frame(Kind.UP))

    def failed(self, fault: Exception) -> None:
        """Reports why the API does not start."""
        self._send(Frame(Kind.FAILED, 0, failure_bytes(fault)))

    def counted(self, metrics: bytes) -> None:
        """Sends the metrics of this process's requests (`snapshot_bytes`), for those who read another process's."""
        with suppress(OSError):  # the engine's process has ended; `lost` is called
            self._send(Frame(Kind.COUNTED, 0, metrics))

    def ask(self, requested: Requested, patience: float) -> Answer:
        """See `Door`. The engine's process withdraws the request where the engine does not take it in time."""
        try:
            body = asking_bytes(patience, request_bytes(requested))
        except InvalidInput as fault:
            return Declined(requested.id, type(fault).__name__, str(fault))
        found = self._called(Kind.REQUEST, body, patience + _GRACE)
        return TimedOut(requested.id, _NOT_KNOWN) if found is None else read_answer(found, LARGEST_ANSWER)

    def figures(self) -> Sequence[Family]:
        """The engine's metrics; the last known ones where the engine's process does not answer at once."""
        with self._scraping:
            if monotonic() - self._figures[0] > _FRESH:
                found = self._called(Kind.FIGURES_WANTED, b"", _FIGURES_WAIT)
                if found is not None:
                    self._figures = (monotonic(), read_snapshot(found))
            return self._figures[1]

    def _called(self, kind: Kind, body: bytes, seconds: float) -> bytes | None:
        """The body of the answer; None where none came."""
        number, answer = next(self._numbers), Future[Frame]()
        self._waiting[number] = answer
        try:
            self._send(Frame(kind, number, body))
            return answer.result(seconds).body
        except (NotInTime, OSError):
            return None
        finally:
            del self._waiting[number]

    def _send(self, frame: Frame) -> None:
        with self._sending:
            self._channel.sendall(frame.written())

    def _run(self) -> None:
        try:
            self._receive()
        except (OSError, InvalidInput) as fault:
            _log.error("the connection to the engine has ended: %s", fault)
        self._lost()

    def _receive(self) -> None:
        frames = FrameReader(_ACCEPTED, LARGEST_ANSWER)
        while received := self._channel.recv(_PIECE):
            for frame in frames.frames(received):
                self._take(frame)

    def _take(self, frame: Frame) -> None:
        match frame.kind:
            case Kind.QUOTES:
                for quote in read_quotes(frame.body):
                    self._observer.saw(quote.instrument, quote.close, quote.at)
            case Kind.CONFIGURED:
                self._configuration.set_result(frame.body)
            case Kind.STOP:
                self.stopping.set()
            case Kind.IS_ALIVE:
                self._send(Frame(Kind.ALIVE))
            case _:
                self._resolve(frame)

    def _resolve(self, frame: Frame) -> None:
        # An answer whose caller has gone is dropped.
        with suppress(KeyError):
            self._waiting[frame.number].set_result(frame)
