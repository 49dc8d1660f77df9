"""An engine's end of a connection in a thread of its own, and the other end as a socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.command_topic.wire import request_bytes
from adapters.engine_socket import EngineEnd, Quotes
from adapters.engine_socket.asking import LARGEST_ANSWER, asking_bytes
from adapters.engine_socket.frame import Frame, FrameReader, Kind
from adapters.mailbox import Mailbox
from commands.request import Requested, TripKillSwitch
from tests.domain.history import ACCOUNT, NOW

LONG_ENOUGH = 10.0


@dataclass
class Linked:
    """The other end of the connection; `ended` has the result of serving it."""

    other: socket.socket
    mailbox: Mailbox
    quotes: Quotes
    ended: Future[None]
    reader: FrameReader = field(default_factory=lambda: FrameReader(tuple(Kind), LARGEST_ANSWER))
    unread: list[Frame] = field(default_factory=list[Frame])

    def send(self, *frames: Frame) -> None:
        self.other.sendall(b"".join(frame.written() for frame in frames))

    def next(self, kind: Kind) -> Frame:
        """The next frame of this kind; earlier frames of other kinds are dropped."""
        while True:
            for frame in self._received():
                if frame.kind is kind:
                    return frame

    def _received(self) -> Generator[Frame]:
        if not self.unread:
            received = self.other.recv(1_000_000)
            assert received, "the connection has ended"
            self.unread = list(self.reader.frames(received))
        while self.unread:
            yield self.unread.pop(0)


@contextmanager
def linked(figures: Callable[[], bytes] = bytes, silence: float = 60.0) -> Generator[Linked]:
    mailbox, quotes = Mailbox(), Quotes()
    ours, other = socket.socketpair()
    other.settimeout(LONG_ENOUGH)

    async def serve() -> None:
        reader, writer = await asyncio.open_connection(sock=ours)
        await EngineEnd(reader, writer, mailbox, quotes, figures, silence).serve(b"configured")

    with other, ThreadPoolExecutor(1) as pool:
        try:
            yield Linked(other, mailbox, quotes, pool.submit(asyncio.run, serve()))
        finally:
            with suppress(OSError):
                other.shutdown(socket.SHUT_RDWR)


def a_request(key: str = "k1", reason: str = "lunch") -> Requested:
    return Requested(
        id=key,
        account=ACCOUNT,
        actor="eve",
        valid_until=NOW + timedelta(minutes=1),
        request=TripKillSwitch(reason),
    )


def request_frame(number: int, patience: float = LONG_ENOUGH) -> Frame:
    """The frame of a request whose key is its number."""
    return Frame(Kind.REQUEST, number, asking_bytes(patience, request_bytes(a_request(f"k{number}"))))
