"""The rate limits of several processes that serve one API: their counts are in one file that all of them have open."""

from __future__ import annotations

import fcntl
import mmap
import struct
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from types import TracebackType
from typing import BinaryIO, Self, cast

from limits import RateLimitItem

from adapters.http.rate import Rate, Window

_SLOT = struct.Struct("<QqIId")
"""A key's hash, its current window's number, the count of this window and of the one before, and when both are over."""
_SLOTS = 16_384
_TRIED = 8
"""The slots that a key may have. Where all are in use, the key takes that which is over first: a limit is forgotten
where tens of thousands of peers send requests within one window."""
_TRIES = 200
_BYTES = _SLOTS * _SLOT.size


def rates_file() -> BinaryIO:
    """An empty file of counts without a name. Processes that inherit its descriptor share it."""
    file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115  # the caller closes it
    file.truncate(_BYTES)
    return file


class SharedRates:
    """The rates whose counts are in an inherited file; `rate` makes one."""

    def __init__(self, descriptor: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._slots, self._clock = mmap.mmap(descriptor, _BYTES), clock
        self._lock = _FileLock(descriptor)

    def rate(self, limit: RateLimitItem) -> Rate:
        """A rate that counts together with those of the same limit in all processes."""
        return _SharedRate(limit, self._slots, self._lock, self._clock)


class _FileLock:
    """Keeps out other threads and, for as long as a count takes, other processes. The lock of a process that ends is
    free. A process that was stopped is not waited for: a count that is lost matters less than an API that waits."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._threads = descriptor, threading.Lock()

    def __enter__(self) -> Self:
        self._threads.acquire()
        for _ in range(_TRIES):
            with suppress(BlockingIOError):
                fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        fcntl.lockf(self._descriptor, fcntl.LOCK_UN)
        self._threads.release()


class _SharedRate(Rate):
    def __init__(
        self,
        limit: RateLimitItem,
        slots: mmap.mmap,
        lock: _FileLock,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(limit, clock, lock)
        self._slots, self._name = slots, str(limit)
        self._at = 0, 0

    def _window(self, key: str, number: int) -> Window:
        where, digest = self._at = self._place(key)
        found, known, count, before, _ = _SLOT.unpack_from(self._slots, where)
        window = Window(known, count, before) if found == digest else Window(number)
        window.move(number)
        return window

    def _keep(self, key: str, window: Window) -> None:
        where, digest = self._at  # that of `_window`, under the same lock
        over = (window.number + 2) * self._seconds
        _SLOT.pack_into(self._slots, where, digest, window.number, window.count, window.before, over)

    def _place(self, key: str) -> tuple[int, int]:
        """The offset of the key's slot, and the key's hash."""
        digest = int.from_bytes(blake2b(f"{self._name} {key}".encode(), digest_size=8).digest()) or 1
        slots = [(digest + step) % _SLOTS * _SLOT.size for step in range(_TRIED)]
        heads = [_SLOT.unpack_from(self._slots, where) for where in slots]
        own = next((where for where, head in zip(slots, heads, strict=True) if head[0] == digest), None)
        if own is not None:
            return own, digest
        return min(zip(heads, slots, strict=True), key=lambda one: one[0][4])[1], digest
