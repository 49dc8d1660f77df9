"""The loop of `whence record`: what arrived is written once a second, until a stop is requested."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, Protocol

from adapters.market_recordings.kind import KINDS, kind_of
from adapters.market_recordings.row import Notice, NoticeRow
from commands.exchange import Unread
from infra.recording.rows import ArrivedRows
from infra.recording.sink import Sink, Stops

_log = logging.getLogger(__name__)
_STEP_SECONDS: Final = 1.0
_NS: Final = 1_000_000_000
_REPORT_NS: Final = 60 * _NS


class RecordedFeed(Protocol):
    """A feed whose messages arrive as rows; see `commands.book_feed.BookFeed`."""

    def start(self) -> None: ...

    def close(self) -> None: ...

    def unread(self) -> Sequence[Unread]: ...

    def lose(self, instruments: Collection[str], why: str) -> None: ...


class MarketRecording:
    """Records these instruments. `now_ns` returns the time in nanoseconds since 1970."""

    def __init__(
        self,
        feed: RecordedFeed,
        rows: ArrivedRows,
        sink: Sink,
        instruments: Sequence[str],
        now_ns: Callable[[], int],
    ) -> None:
        self._feed, self._rows, self._sink = feed, rows, sink
        self._instruments, self._now_ns = instruments, now_ns
        self._counts = Counter[str]()

    def run(self, stops: Stops) -> Counter[str]:
        """Records until a stop is requested. Returns the number of rows by kind. Raises what the sink raises."""
        self._note(Notice.BEGUN)
        self._feed.start()
        reported = self._now_ns()
        try:
            while not stops.requested():
                stops.wait(_STEP_SECONDS)
                self._write(stops)
                if self._now_ns() - reported >= _REPORT_NS:
                    reported = self._now_ns()
                    _log.info("recorded %s", in_words(self._counts))
        finally:
            self._feed.close()
        self._note(Notice.ENDED)
        self._write(stops)
        return self._counts

    def _note(self, notice: Notice) -> None:
        for name in self._instruments:
            self._rows.add(NoticeRow(arrived_ns=self._now_ns(), instrument=name, notice=notice, detail=""))

    def _write(self, stops: Stops) -> None:
        for one in self._feed.unread():
            _log.warning("a message was not understood: %s", one.reason)
        rows = self._rows.take(self._now_ns())
        lost = {one.instrument for one in rows if isinstance(one, NoticeRow) and one.notice is Notice.LOST}
        if lost:
            # The feed has those rows: without a whole book the rest of the recording would have none.
            self._feed.lose(lost, "rows of its recording were lost")
        self._sink.write(rows, stops)
        self._counts.update(kind_of(row).name for row in rows)


def in_words(counts: Mapping[str, int]) -> str:
    """The number of rows by kind, as `1,200 books, 30 trades`."""
    return ", ".join(f"{counts[name]:,} {name}" for name in KINDS if counts.get(name)) or "nothing yet"
