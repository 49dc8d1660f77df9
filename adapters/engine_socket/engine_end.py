"""The engine's end of the connection: passes requests to the mailbox, and answers, prices and metrics to the API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from logging import getLogger

from adapters.command_topic.wire import answer_bytes, id_in, read_request
from adapters.engine_socket.asking import LARGEST, LARGEST_ANSWER, read_asking
from adapters.engine_socket.failure import read_failure
from adapters.engine_socket.frame import Frame, FrameReader, Kind
from adapters.engine_socket.quotes import Quotes, quotes_bytes
from adapters.mailbox import Mailbox
from adapters.metrics.snapshot import Family, read_snapshot
from commands.door import Answer, Declined, TimedOut
from commands.request import Requested
from domain.errors import InvalidInput, ServerFailed

_log = getLogger(__name__)
_PIECE = 64 * 1024
_MOST = 64
"""The number of requests that may wait at the same time; the API sends sixteen at most."""
_PAUSE = 0.02
"""Seconds between two frames of prices."""
_ACCEPTED = (Kind.UP, Kind.FAILED, Kind.REQUEST, Kind.FIGURES_WANTED, Kind.ALIVE, Kind.COUNTED)


@dataclass(frozen=True, slots=True)
class _Posted:
    """A request in the mailbox; `timeout` withdraws it when its caller's patience ends."""

    requested: Requested
    answer: Future[Answer]
    timeout: asyncio.TimerHandle


class EngineEnd:
    """One connection, served in the event loop of a thread beside the engine's.

    The engine's thread never waits for the connection: it hands over answers and prices without blocking. The other end
    is not trusted: what it sends is bounded and checked, and an invalid frame ends the connection. `counted` has the
    metrics of its requests, as it sent them last.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        mailbox: Mailbox,
        quotes: Quotes,
        figures: Callable[[], bytes],
        silence: float = 60.0,
    ) -> None:
        """`figures` returns the engine's metrics as bytes. `silence` is after how many seconds without a sign of life
        the other end is given up, once the API has come up.
        """
        self._reader, self._writer = reader, writer
        self._mailbox, self._quotes, self._figures = mailbox, quotes, figures
        self._loop = asyncio.get_running_loop()
        self._posted: dict[int, _Posted] = {}
        self._sends_quotes: asyncio.TimerHandle | None = None
        self._silence = silence
        self.is_up = asyncio.Event()
        self.counted: Sequence[Family] = ()

    async def serve(self, configuration: bytes) -> None:
        """Sends the configuration, then serves until the other end closes the connection.

        `is_up` is set once the API serves requests. When the connection ends, requests that the engine has not taken
        are withdrawn. Raises InvalidInput at an invalid frame, ServerFailed where the other end gives no sign of life,
        and the error with which the API's start failed.
        """
        self._send(Frame(Kind.CONFIGURED, 0, configuration))
        watching = asyncio.create_task(self._watch())
        try:
            await self._receive()
        except ConnectionError as fault:
            _log.debug("the connection to the API's process has ended: %s", fault)
        except TimeoutError:
            raise ServerFailed(f"the API's process gave no sign of life for {self._silence:g} s") from None
        finally:
            watching.cancel()
            self._end()

    def stop(self) -> None:
        """Requests the other end to finish its running requests and to end."""
        self._send(Frame(Kind.STOP))

    async def _receive(self) -> None:
        frames = FrameReader(_ACCEPTED, LARGEST)
        async with asyncio.timeout(None) as silence:
            while received := await self._reader.read(_PIECE):
                for frame in frames.frames(received):
                    self._take(frame)
                    # An end that does not read is not read either, so what waits to be sent stays bounded.
                    await self._writer.drain()
                if self.is_up.is_set():
                    silence.reschedule(self._loop.time() + self._silence)

    async def _watch(self) -> None:
        """Requests signs of life: a computation that keeps the other process from everything must not last for ever."""
        await self.is_up.wait()
        while True:
            if not self._is_slow:
                self._send(Frame(Kind.IS_ALIVE))
            await asyncio.sleep(self._silence / 10)

    @property
    def _is_slow(self) -> bool:
        return self._writer.transport.get_write_buffer_size() > 0

    def _take(self, frame: Frame) -> None:
        match frame.kind:
            case Kind.REQUEST:
                self._ask(frame)
            case Kind.FIGURES_WANTED:
                self._send(Frame(Kind.FIGURES, frame.number, self._figures()))
            case Kind.UP:
                self._comes_up()
            case Kind.COUNTED:
                self.counted = read_snapshot(frame.body)
            case Kind.ALIVE:
                pass
            case _:
                raise read_failure(frame.body)

    def _comes_up(self) -> None:
        if self.is_up.is_set():
            raise InvalidInput("the API came up twice")
        self.is_up.set()
        self._quotes.repeat()
        self._send_quotes()

    def _ask(self, frame: Frame) -> None:
        patience, written = read_asking(frame.body)
        try:
            requested = read_request(written)
        except InvalidInput as fault:
            self._answer(frame.number, Declined(id_in(written), type(fault).__name__, str(fault)))
            return
        if frame.number in self._posted:
            raise InvalidInput(f"request {frame.number} was sent twice")
        if len(self._posted) >= _MOST:
            known = f"nothing was done and nothing was recorded: {_MOST} other requests wait for the engine"
            self._answer(frame.number, TimedOut(requested.id, known))
            return
        self._post(frame.number, requested, patience)

    def _post(self, number: int, requested: Requested, patience: float) -> None:
        answer = self._mailbox.post(requested)
        timeout = self._loop.call_later(patience, self._withdraw, number)
        self._posted[number] = _Posted(requested, answer, timeout)
        answer.add_done_callback(partial(self._is_answered, number))

    def _is_answered(self, number: int, answer: Future[Answer]) -> None:
        """Runs on the engine's thread."""
        if not answer.cancelled():
            self._soon(partial(self._finish, number, answer.result()))

    def _soon(self, work: Callable[[], None]) -> None:
        # The loop is closed where the API has been stopped; nobody waits for an answer then.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(work)

    def _withdraw(self, number: int) -> None:
        posted = self._posted[number]
        self._finish(number, self._mailbox.withdraw(posted.requested, posted.answer))

    def _finish(self, number: int, answer: Answer) -> None:
        posted = self._posted.pop(number, None)
        if posted is not None:
            posted.timeout.cancel()
            self._answer(number, answer)

    def _answer(self, number: int, answer: Answer) -> None:
        written = answer_bytes(answer)
        if len(written) > LARGEST_ANSWER:
            known = "the request was carried out; its answer is too long to be sent"
            written = answer_bytes(TimedOut(answer.command_id, known))
        self._send(Frame(Kind.ANSWER, number, written))

    def _send_quotes(self) -> None:
        """Sends the prices that are new, at most once a pause, and none while the other end is slow."""
        is_slow = self._is_slow
        quotes = () if is_slow else self._quotes.take(partial(self._soon, self._send_quotes))
        if quotes:
            self._send(Frame(Kind.QUOTES, 0, quotes_bytes(quotes)))
        if quotes or is_slow:
            self._sends_quotes = self._loop.call_later(_PAUSE, self._send_quotes)

    def _send(self, frame: Frame) -> None:
        if not self._writer.is_closing():
            self._writer.write(frame.written())

    def _end(self) -> None:
        self._quotes.rest()
        if self._sends_quotes is not None:
            self._sends_quotes.cancel()
        for posted in self._posted.values():
            posted.timeout.cancel()
            posted.answer.cancel()
        self._posted.clear()
        # Not `close`: it would wait for an end that does not read.
        self._writer.transport.abort()
