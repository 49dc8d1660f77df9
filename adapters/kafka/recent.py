"""The events committed or read last, kept in memory: what is written is often asked for at once."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Final

from adapters.kafka.record import Record

_BYTES_KEPT: Final = 16_777_216


class Recent:
    """The last events by position, no gap among them, bounded by their size in bytes."""

    def __init__(self, limit: int = _BYTES_KEPT) -> None:
        self._limit, self._size = limit, 0
        self._records: dict[int, Record] = {}
        self._lock = threading.Lock()

    def add(self, records: Iterable[Record]) -> None:
        """These follow on what was added before."""
        with self._lock:
            for record in records:
                self._records[record.position] = record
                self._size += len(record.state)
            while self._size > self._limit:
                self._size -= len(self._records.pop(next(iter(self._records))).state)

    def at(self, positions: Sequence[int]) -> list[Record] | None:
        """The events at these positions, None unless all of them are here."""
        with self._lock:
            found = [self._records.get(position) for position in positions]
        records = [record for record in found if record is not None]
        return records if len(records) == len(found) else None

    def clear(self) -> None:
        """Forget everything: what was remembered is in doubt."""
        with self._lock:
            self._records, self._size = {}, 0
