"""A mark: the bytes that accompany an event, and what they prove."""

from __future__ import annotations

from hmac import compare_digest
from struct import Struct
from struct import error as WrongSize  # noqa: N812  (an exception, whose name in `struct` is lower case)
from typing import Final, NamedTuple

from adapters.marks.key import CODE_BYTES, ID_BYTES, Key
from domain.errors import MarkRefused

_FORM: Final = Struct(f">{ID_BYTES}s{ID_BYTES}sQQ{CODE_BYTES}s{CODE_BYTES}s")
_PLACE: Final = Struct(">qH")
UNSIGNED: Final = _FORM.size - CODE_BYTES
"""The number of a mark's bytes before its code."""
_NO_ID: Final = bytes(16)
LONGEST_NAME: Final = 0xFFFF
"""The most bytes of a stream's name: a mark covers its length in two bytes."""


class Marked(NamedTuple):
    """What a mark covers of an event, apart from its ordinal: stream, version, type and stored bytes."""

    stream: str
    version: int
    type: str
    state: bytes


class Mark(NamedTuple):
    """A mark. `key` signed it, and `next_key` signs the next mark (ids, 8 bytes each).

    `epoch` counts the owners of the log, `ordinal` is the event's place, `previous` the code of the mark before it (16
    bytes, zeros for the first), `code` the HMAC (16 bytes).
    """

    key: bytes
    next_key: bytes
    epoch: int
    ordinal: int
    previous: bytes
    code: bytes

    @property
    def packed(self) -> bytes:
        """The mark as it is stored, 64 bytes."""
        return _FORM.pack(*self)

    @classmethod
    def unpacked(cls, stored: object) -> Mark:
        """The mark in `stored`. Raises MarkRefused where it is not one; a column of SQLite can hold any type."""
        if not isinstance(stored, bytes):
            raise MarkRefused(f"its mark is no bytes but of type {type(stored).__name__}")
        try:
            return cls(*_FORM.unpack(stored))
        except WrongSize:
            raise MarkRefused(f"its mark has {len(stored)} bytes instead of {_FORM.size}") from None


class Link(NamedTuple):
    """The end of a chain of marks, from which the next mark is made or verified.

    `log_id` has 16 bytes, zeros for a log that does not begin with `LogOpened`. `ordinal` is that of the last event, 0
    for an empty log; `code` and `epoch` are those of the last mark. `key` is the id of the key that signs the next
    mark; empty where the log has no mark yet, so that any key may sign.
    """

    log_id: bytes = _NO_ID
    ordinal: int = 0
    code: bytes = bytes(CODE_BYTES)
    epoch: int = 0
    key: bytes = b""


_EVENT: Final = b"whence event mark 1"


def signed_mark(unsigned: Mark, key: Key, log_id: bytes, marked: Marked) -> Mark:
    """`unsigned` with the code that `key` makes of it and of the event's content."""
    return unsigned._replace(code=key.code(message(unsigned.packed[:UNSIGNED], log_id, *marked)))


def is_genuine(mark: Mark, key: Key, log_id: bytes, marked: Marked) -> bool:
    """Whether `key` made the mark for this content, at the place that the mark states."""
    return compare_digest(key.code(message(mark.packed[:UNSIGNED], log_id, *marked)), mark.code)


def message(unsigned: bytes, log_id: bytes, stream: str, version: int, type_: str, state: bytes) -> bytes:
    """The message of a mark's HMAC; `unsigned` has the mark's bytes before its code.

    The lengths of all parts are fixed or stated, so two different events never have one message. Raises MarkRefused for
    a stream's name that is longer than `LONGEST_NAME`, which no program of ours writes.
    """
    name = stream.encode()
    if len(name) > LONGEST_NAME:
        raise MarkRefused(f"its stream's name has more than {LONGEST_NAME:,} bytes")
    place = _PLACE.pack(version, len(name))
    return b"".join((_EVENT, log_id, unsigned, place, name, type_.encode(), b"\0", state))
