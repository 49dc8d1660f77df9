"""Whether a log still holds the events that a read model was made from.

The digest of a log's first n events is chained: digest n is BLAKE2b (16 bytes) of digest n - 1 and the canonical bytes
of event n; digest 0 is empty. A log that was restored from a backup and continued differently therefore has other
digests from the first different event on, also where later events are equal.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b

from domain.log import LogReader, Recorded

Frames = Callable[[int, int], Iterator[tuple[int, bytes]]]
"""Ordinal and canonical bytes of every event with `after < ordinal <= upto`, in order. A log may lack ordinals."""

_ANCHORS = 2_000
"""Events between two digests that are kept in memory."""
_AT_ONCE = 50_000
"""Events per read of the log; limited because a writer of the log may have to wait until the read ends."""


class Lineage:
    """The digests of one log."""

    def __init__(self, log: LogReader, frames: Frames | None = None) -> None:
        """`frames` reads the log without decoding it; by default `log.read` is used."""
        self._log = log
        self._frames = frames or self._decoded
        self._head = 0
        self._at: list[int] = [0]
        self._digests: list[bytes] = [b""]

    def begin(self) -> None:
        """Discards everything that was read, because the log may have been replaced since."""
        self._head, self._at, self._digests = 0, [0], [b""]

    def digest_at(self, ordinal: int) -> bytes | None:
        """The digest of the events up to `ordinal`; None where the log ends earlier. Raises what reading raises."""
        if ordinal > self._head:
            self._head = self._log.head()
        if ordinal > self._head:
            return None
        nearest = bisect_right(self._at, ordinal) - 1
        return self._read(self._at[nearest], self._digests[nearest], ordinal)

    def along(self, before: bytes, batch: Sequence[Recorded]) -> dict[int, bytes]:
        """The digest at each ordinal of a batch; `before` is the digest before its first event."""
        found: dict[int, bytes] = {}
        for recorded in batch:
            before = found[recorded.ordinal] = _next(before, recorded.data)
        return found

    def _read(self, after: int, digest: bytes, upto: int) -> bytes:
        while after < upto:
            end = min(upto, after + _AT_ONCE)
            for ordinal, data in self._frames(after, end):
                digest = _next(digest, data)
                if ordinal % _ANCHORS == 0:
                    self._keep(ordinal, digest)
            after = end
        return digest

    def _keep(self, ordinal: int, digest: bytes) -> None:
        if ordinal > self._at[-1]:
            self._at.append(ordinal)
            self._digests.append(digest)

    def _decoded(self, after: int, upto: int) -> Iterator[tuple[int, bytes]]:
        return ((recorded.ordinal, recorded.data) for recorded in self._log.read(after, upto))


def is_continued(prefix: str, digest: bytes | None) -> bool:
    """Whether a log with this digest holds the events of a cursor; an empty prefix is not known, and passes."""
    return digest is not None and prefix in ("", digest.hex())


def _next(digest: bytes, data: bytes) -> bytes:
    return blake2b(digest + data, digest_size=16).digest()
