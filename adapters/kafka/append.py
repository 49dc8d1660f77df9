"""An append request: its content, its result, and its check against the log."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

from adapters.kafka.errors import KafkaConflict
from adapters.kafka.index import Index
from adapters.kafka.record import follows


class Draft(NamedTuple):
    """A record to be written: `timestamp` in ms since 1970 (0: the time of sending), headers as sent to Kafka."""

    stream: str
    version: int
    topic: str
    state: bytes
    timestamp: int
    headers: list[tuple[str, bytes]]


class Track(NamedTuple):
    """The progress of an application, to be recorded: `notification` is the last ordinal the application processed."""

    application: str
    notification: int


class Append:
    """Events, snapshots, a tracking ordinal and inputs of the engine that are written in one transaction."""

    __slots__ = ("_answered", "_error", "_ordinals", "events", "inputs", "snapshots", "track")

    def __init__(
        self,
        events: Sequence[Draft] = (),
        snapshots: Sequence[Draft] = (),
        track: Track | None = None,
        inputs: Sequence[Draft] = (),
    ) -> None:
        self.events, self.snapshots, self.track, self.inputs = events, snapshots, track, inputs
        self._ordinals: Sequence[int] = ()
        self._error: BaseException | None = None
        self._answered = threading.Lock()
        self._answered.acquire()

    def __bool__(self) -> bool:
        return bool(self.events or self.snapshots or self.track or self.inputs)

    def succeed(self, ordinals: Sequence[int] = ()) -> None:
        """Reports that the append is committed, with its events at `ordinals`."""
        self._ordinals = ordinals
        self._answered.release()

    def fail(self, error: BaseException) -> None:
        """Reports that the append is not committed or, with OutcomeUnknown, may be committed."""
        self._error = error
        self._answered.release()

    def is_answered(self, patience: float) -> bool:
        """Waits up to `patience` seconds; whether the append has been answered."""
        if not self._answered.acquire(timeout=patience):
            return False
        self._answered.release()
        return True

    def wait(self) -> Sequence[int]:
        """Waits until the events are durable and returns their ordinals. Raises the error passed to `fail`."""
        with self._answered:
            if self._error is not None:
                raise self._error.with_traceback(None)
            return self._ordinals


class Staging:
    """Checks the appends of one commit against the log and against each other."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._last: dict[str, int] = {}
        self._snapshots: set[tuple[str, int]] = set()
        self._tracked: dict[str, int] = {}

    def add(self, append: Append) -> None:
        """Adds all of `append`.

        Raises KafkaConflict where a version or a tracking ordinal is already taken; nothing is then added.
        """
        last = self._followed(append.events)
        snapshots = self._unique(append.snapshots)
        tracked = self._ahead(append.track)
        self._last |= last
        self._snapshots |= snapshots
        self._tracked |= tracked

    @property
    def last(self) -> dict[str, int]:
        """The last version of each stream in the added appends."""
        return self._last

    def _followed(self, events: Sequence[Draft]) -> dict[str, int]:
        new: dict[str, int] = {}
        for stream, version, *_ in events:
            last = new.get(stream)
            if last is None:
                last = self._last.get(stream)
            if last is None:
                last = self._index.last_version(stream)
            if not follows(last, version):
                raise KafkaConflict(f"version {version} of {stream} cannot follow {_described(last)}")
            new[stream] = version
        return new

    def _unique(self, snapshots: Sequence[Draft]) -> set[tuple[str, int]]:
        new: set[tuple[str, int]] = set()
        for stream, version, *_ in snapshots:
            taken = (stream, version) in new or (stream, version) in self._snapshots
            if taken or self._index.snapshots_of(stream, gt=version - 1, lte=version):
                raise KafkaConflict(f"there is a snapshot of {stream} at version {version}")
            new.add((stream, version))
        return new

    def _ahead(self, track: Track | None) -> dict[str, int]:
        if track is None:
            return {}
        reached = self._tracked.get(track.application)
        if reached is None:
            reached = self._index.tracked(track.application)
        if reached is not None and reached >= track.notification:
            raise KafkaConflict(
                f"{track.application} is already tracked to {reached}: {track.notification} is not ahead"
            )
        return {track.application: track.notification}


def _described(last: int | None) -> str:
    return "a stream that does not exist" if last is None else f"version {last}, its last"
