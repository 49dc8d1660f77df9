"""Rows of any recorder of the library, read through the recorder's public interface."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

from eventsourcing.persistence import ApplicationRecorder, InfrastructureFactory
from eventsourcing.utils import Environment

from adapters.log.recorder_log import Codec, RecorderLog, Refusals, Row
from adapters.marks.mark import Link

PAGE = 5_000
"""The number of events that are read at once."""
_POLL_SECONDS = 0.05


class RecorderRows:
    """Reads a recorder's notifications in pages."""

    def __init__(self, recorder: ApplicationRecorder) -> None:
        self._recorder = recorder

    def head(self) -> int:
        """See `Rows`."""
        return self._recorder.max_notification_id() or 0

    def arrived(self) -> int:
        """See `Rows`."""
        return self.head()

    def rows(self, after: int, upto: int) -> Iterator[Row]:
        """See `Rows`."""
        while after < upto:
            page = self._recorder.select_notifications(after + 1, PAGE, stop=upto)
            for notification in page:
                after = notification.id
                yield (
                    after,
                    str(notification.originator_id),
                    notification.originator_version,
                    notification.state,
                )
            if len(page) < PAGE:
                return

    def stream_rows(self, stream: str, after: int) -> Iterator[Row]:
        """See `Rows`."""
        for stored in self._recorder.select_events(stream, gt=after):
            yield 0, stream, stored.originator_version, stored.state

    def wait(self, after: int, seconds: float) -> bool:
        """See `Rows`."""
        return has_moved(self.head, after, seconds)

    def storage(self) -> str:
        """See `Rows`; empty, because a log in memory has no storage."""
        return ""

    def is_copy(self) -> bool:
        """See `Rows`; false, because nothing is copied into the memory of a process."""
        return False

    def is_unproven(self) -> bool:
        """See `Rows`; false, because it is no copy."""
        return False

    def refused(self) -> Mapping[int, str]:
        """See `Rows`; empty."""
        return {}

    def refusals(self) -> Refusals:
        """See `Rows`; none."""
        return Refusals()

    def unverified(self) -> str:
        """See `Rows`; empty, because nobody else writes to the memory of this process."""
        return ""

    def link(self, ordinal: int) -> Link | None:
        """See `Rows`; none, because a log in memory has no marks."""

    def close(self) -> None:
        """Does nothing, because the factory closes the recorder."""


def has_moved(head: Callable[[], int], after: int, seconds: float) -> bool:
    """Polls `head` until it is greater than `after`; false where the time runs out first."""
    deadline = time.monotonic() + seconds
    while head() <= after:
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def open_memory(codec: Codec) -> RecorderLog:
    """A log in the memory of this process, for tests and backtests."""
    factory = InfrastructureFactory.construct(
        Environment(env={"PERSISTENCE_MODULE": "eventsourcing.popo", "ORIGINATOR_ID_TYPE": "text"})
    )
    recorder = factory.application_recorder()
    return RecorderLog(recorder, RecorderRows(recorder), codec, release=factory.close)
