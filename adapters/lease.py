"""The lease under which this process sends requests that change anything at an exchange.

`whence accounts run` leases the account's partition and passes the time of each renewal, as a number of the clock that
all processes of a machine share, through a pipe. Without a renewal for some seconds nothing is sent. The end of the
pipe is the end of the lease.
"""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Callable
from typing import Final

from adapters.boot_clock import boot_seconds
from domain.errors import ExchangeUnreachable

_RENEWAL: Final = struct.Struct("=d")


def renewal_bytes(at: float) -> bytes:
    """The renewal at this time (seconds of `boot_seconds`), as `Lease` reads it."""
    return _RENEWAL.pack(at)


class Lease:
    """Thread-safe."""

    def __init__(
        self, valid: float, ended: Callable[[], None], seconds: Callable[[], float] = boot_seconds
    ) -> None:
        """A renewal is valid for `valid` seconds. `ended` is called, on a thread, when the lease has ended."""
        self._valid, self._ended, self._seconds = valid, ended, seconds
        self._renewed_at = float("-inf")
        self._is_over = False

    def follow(self, descriptor: int) -> None:
        """Reads renewals from this end of a pipe on a thread, until its other end is closed."""
        threading.Thread(target=self._read, args=(descriptor,), name="lease", daemon=True).start()

    @property
    def fault(self) -> str:
        """Why nothing may be sent now; empty where it may."""
        if self._is_over:
            return "the account's lease has ended"
        age = self._seconds() - self._renewed_at
        return "" if age < self._valid else f"the account's lease was not renewed within {self._valid:g} s"

    def renew(self, at: float) -> None:
        """The lease was renewed at this time, by the clock of `seconds`."""
        self._renewed_at = at

    def check(self) -> None:
        """Raises ExchangeUnreachable where nothing may be sent: nothing was."""
        if fault := self.fault:
            raise ExchangeUnreachable(fault)

    def _read(self, descriptor: int) -> None:
        held = b""
        with os.fdopen(descriptor, "rb", buffering=0) as renewals:
            while read := renewals.read(_RENEWAL.size * 64):
                held += read
                whole = len(held) // _RENEWAL.size * _RENEWAL.size
                for (at,) in _RENEWAL.iter_unpack(held[:whole]):
                    self.renew(at)
                held = held[whole:]
        self._is_over = True
        self._ended()
