"""Frames: a header of 13 bytes (the body's length, the kind, a number), and the body."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import IntEnum

from domain.errors import InvalidInput

_HEADER = struct.Struct(">IBQ")


class Kind(IntEnum):
    """What a frame carries. The first six are sent by the API's process, the others by the engine's."""

    UP = 1
    FAILED = 2
    REQUEST = 3
    FIGURES_WANTED = 4
    ALIVE = 5
    COUNTED = 6
    CONFIGURED = 16
    ANSWER = 17
    QUOTES = 18
    FIGURES = 19
    STOP = 20
    IS_ALIVE = 21


@dataclass(frozen=True, slots=True)
class Frame:
    """`number` names the request that a frame belongs to; 0 where it belongs to none."""

    kind: Kind
    number: int = 0
    body: bytes = b""

    def written(self) -> bytes:
        """The frame's bytes."""
        return _HEADER.pack(len(self.body), self.kind, self.number) + self.body


class FrameReader:
    """Cuts a stream of bytes into frames. After an error the rest of the stream has no meaning."""

    def __init__(self, kinds: Collection[Kind], largest: int) -> None:
        """Accepts frames of these kinds whose body has at most `largest` bytes."""
        self._kinds, self._largest = frozenset[int](kinds), largest
        self._unread = bytearray()

    def frames(self, received: bytes) -> Iterator[Frame]:
        """The frames that are complete with the bytes `received`.

        Raises InvalidInput at a header with another kind, or with a longer body. The body is not awaited.
        """
        self._unread += received
        while len(self._unread) >= _HEADER.size:
            length, kind, number = _HEADER.unpack_from(self._unread)
            self._check(length, kind)
            end = _HEADER.size + length
            if len(self._unread) < end:
                return
            body = bytes(self._unread[_HEADER.size : end])
            del self._unread[:end]
            yield Frame(Kind(kind), number, body)

    def _check(self, length: int, kind: int) -> None:
        if kind not in self._kinds:
            raise InvalidInput(f"a frame of the kind {kind} is not accepted here")
        if length > self._largest:
            raise InvalidInput(f"a frame of {length:,} bytes is too long; {self._largest:,} are allowed")
