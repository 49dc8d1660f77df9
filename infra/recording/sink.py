"""Where rows are written: a folder with Parquet files, or a topic of Kafka."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from adapters.back_off import random_pause
from adapters.market_recordings.kind import Numbered
from adapters.market_recordings.recorder import Recorder
from adapters.market_recordings.retention import Kept, remove_old_days
from adapters.market_recordings.row import MarketRow
from adapters.market_recordings.sealing import DAMAGED, seal
from adapters.market_topic.publisher import MarketPublisher
from domain.errors import LogUnavailable

_log = logging.getLogger(__name__)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
_ALL = Kept()


class Stops(Protocol):
    """See `infra.cli.stopping.Stopping`."""

    def requested(self) -> bool: ...

    def wait(self, seconds: float) -> None: ...


class Sink(Protocol):
    """Where the rows of one session go. One thread uses it."""

    def write(self, rows: Sequence[MarketRow], stops: Stops) -> None:
        """Returns when the rows are durable. Raises WhenceError where they cannot be."""
        ...

    def close(self) -> None:
        """Ends the session; what was written is complete."""
        ...


class FolderSink:
    """A recording in a folder. Segments that ended are sealed by a thread beside the recorder."""

    def __init__(self, folder: Path, session: int, kept: Kept = _ALL) -> None:
        """Seals what an earlier session left. After each sealing the oldest days are removed that are not `kept`.

        Raises InvalidInput where the folder cannot be used.
        """
        self._folder, self._recorder, self._kept = folder, Recorder(folder, session), kept
        self._thread = ThreadPoolExecutor(1, "sealing")
        self._sealing = list[Future[Any]]()
        self._seal(self._recorder.left())

    def write(self, rows: Sequence[MarketRow], stops: Stops) -> None:
        """See `Sink`. Raises RecordingError where a file cannot be written or sealed."""
        for row in rows:
            self._recorder.add(row)
        self._seal(self._recorder.flush())
        for done in [one for one in self._sealing if one.done()]:
            self._sealing.remove(done)
            done.result()

    def close(self) -> None:
        """See `Sink`."""
        try:
            self._seal(self._recorder.close())
            for one in self._sealing:
                one.result()
        finally:
            self._thread.shutdown()
            self._recorder.release()

    def _seal(self, segments: Sequence[Path]) -> None:
        self._sealing += [self._thread.submit(_sealed, self._folder, one) for one in segments]
        if segments and self._kept != _ALL:
            # The same thread: no file is sealed while the manifest is replaced.
            self._sealing.append(self._thread.submit(remove_old_days, self._folder, self._kept))


def _sealed(folder: Path, segment: Path) -> None:
    for loss in seal(folder, segment).losses:
        _log.error("%s; the segment is kept as %s", loss, folder / DAMAGED / segment.name)


class TopicSink:
    """A topic of Kafka. Rows wait in memory while no broker responds."""

    def __init__(self, publisher: MarketPublisher) -> None:
        self._publisher, self._numbered = publisher, 0

    def write(self, rows: Sequence[MarketRow], stops: Stops) -> None:
        """See `Sink`. Raises LogUnavailable where no broker responds and a stop was requested."""
        numbered: list[Numbered] = [(self._numbered + place, row) for place, row in enumerate(rows, 1)]
        failures = 0
        while True:
            try:
                self._publisher.publish(numbered)
            except LogUnavailable as fault:
                if stops.requested():
                    raise
                failures += 1
                _log.warning("%s; %d rows are sent again", fault, len(rows))
                stops.wait(random_pause(failures, _FIRST_PAUSE, _LONGEST_PAUSE))
            else:
                self._numbered += len(rows)
                return

    def close(self) -> None:
        """See `Sink`."""
        self._publisher.close()
