"""The rows that arrived and are not written yet. Threads of feeds add them, one thread takes them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from threading import Lock

from adapters.market_recordings.row import MarketRow, Notice, NoticeRow

MOST = 2_000_000
"""The most rows in memory: about three minutes of 10,000 messages a second."""


class ArrivedRows:
    """Beyond `most` rows new ones are lost, and counted in a notice of their instrument that follows the rows."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._rows = deque[MarketRow]()
        self._lost = Counter[str]()
        self._lock = Lock()

    def add(self, row: MarketRow) -> None:
        """Takes the next row."""
        with self._lock:
            if len(self._rows) < self._most:
                self._rows.append(row)
            else:
                self._lost[row.instrument] += 1

    def take(self, now_ns: int) -> Sequence[MarketRow]:
        """The rows since the last call, in order of arrival."""
        with self._lock:
            rows, self._rows = self._rows, deque[MarketRow]()
            lost, self._lost = self._lost, Counter[str]()
        return [*rows, *(_notice(name, count, now_ns) for name, count in sorted(lost.items()))]


def _notice(instrument: str, count: int, now_ns: int) -> NoticeRow:
    detail = f"{count} rows found no room in memory, because the recording could not be written fast enough"
    return NoticeRow(arrived_ns=now_ns, instrument=instrument, notice=Notice.LOST, detail=detail)
