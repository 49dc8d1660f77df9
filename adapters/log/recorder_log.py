"""The typed log: encodes envelopes as bytes for a recorder, and decodes the bytes that are read."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, cast

from eventsourcing.persistence import (
    AggregateRecorder,
    IntegrityError,
    PersistenceError,
    StoredEvent,
)
from msgspec import Struct

from adapters.log.beside import Beside
from adapters.marks.mark import Link
from domain.errors import Conflict, LogCorrupt, LogError, LogLost, LogUnavailable
from domain.events import FULL_NAMES
from domain.log import Envelope, Recorded

Row = tuple[int, str, int, bytes]
"""Ordinal, stream, version, bytes."""


class Refusals(NamedTuple):
    """How many records of the topic no reader accepts, and the offset of the last one; -1 where there is none."""

    records: int = 0
    last: int = -1


class Stored(Struct, frozen=True, gc=False):
    """The fields of the library's `StoredEvent`, of which its recorders read nothing else.

    The library's is a frozen dataclass, whose constructor takes eight times as long.
    """

    originator_id: str
    originator_version: int
    topic: str
    state: bytes


class Codec(Protocol):
    """Encodes envelopes as bytes and decodes them."""

    def encode(self, envelope: Envelope) -> bytes:
        """Raises InvalidEvent for an event that must not be written."""
        ...

    def encode_all(self, envelopes: Iterable[Envelope]) -> Sequence[bytes]:
        """Raises what `encode` raises."""
        ...

    def decode(self, data: bytes) -> Envelope:
        """Raises UnknownSchema or LogCorrupt."""
        ...

    def canonical(self, data: bytes) -> bytes:
        """The event's bytes without anything that differs between logs. Raises UnknownSchema or LogCorrupt."""
        ...

    def framed(self, data: bytes) -> bytes:
        """The bytes that this log stores for an event with these canonical bytes. Raises UnknownSchema."""
        ...


class Rows(Protocol):
    """Reads the records of a log in one technology (SQLite, Kafka …), in order."""

    def head(self) -> int:
        """The ordinal of the last record; 0 where there is none."""
        ...

    def arrived(self) -> int:
        """The ordinal of the last record that is known without a request to another machine; at most `head`."""
        ...

    def rows(self, after: int, upto: int) -> Iterable[Row]:
        """Every record with `after < ordinal <= upto`, in order."""
        ...

    def stream_rows(self, stream: str, after: int) -> Iterable[Row]:
        """Every record of one stream with `version > after`, in order; an ordinal that is not known is 0."""
        ...

    def wait(self, after: int, seconds: float) -> bool:
        """Waits until there may be records after ordinal `after`; false where the time runs out first."""
        ...

    def storage(self) -> str:
        """Which storage holds the log; empty where that is not known. See `RecordedLog.storage`."""
        ...

    def is_copy(self) -> bool:
        """Whether `whence log copy` wrote the log. See `RecordedLog.is_copy`."""
        ...

    def is_unproven(self) -> bool:
        """Whether it is a copy of events that nothing proved. See `RecordedLog.is_unproven`."""
        ...

    def refused(self) -> Mapping[int, str]:
        """The records that are no events of this log. See `RecordedLog.refused`."""
        ...

    def refusals(self) -> Refusals:
        """The number of those records and the place of the last one, from memory."""
        ...

    def unverified(self) -> str:
        """Why the events' marks are not verified; empty where they are. See `RecordedLog.unverified`."""
        ...

    def link(self, ordinal: int) -> Link | None:
        """The end of the chain of marks at an ordinal. See `RecordedLog.link`."""
        ...

    def close(self) -> None:
        """Releases all resources; idempotent."""
        ...


class RecordedLog:
    """Reads a log, which another process may own."""

    def __init__(self, rows: Rows, codec: Codec, release: Callable[[], None] | None = None) -> None:
        """`release` closes the log's other resources; it is called after `rows.close`."""
        self._rows = rows
        self._codec = codec
        self._release = release

    def head(self) -> int:
        """See `domain.log.LogReader`."""
        with _translated():
            return self._rows.head()

    def read(self, after: int = 0, upto: int | None = None) -> Iterator[Recorded]:
        """See `domain.log.LogReader`. A read from the start raises LogCorrupt at a gap or repetition in a stream.

        `Recorded.data` has the event's canonical bytes, which are equal for equal events on every log.
        """
        versions: dict[str, int] | None = {} if after == 0 else None
        decode, canonical = self._codec.decode, self._codec.canonical
        with _translated():
            for ordinal, stream, version, data in self._rows.rows(
                after, self.head() if upto is None else upto
            ):
                if versions is not None:
                    if version != versions.get(stream, 0) + 1:
                        raise LogCorrupt(_gap(ordinal, stream, version, versions.get(stream, 0)))
                    versions[stream] = version
                try:
                    envelope = decode(data)
                except LogError as fault:
                    raise type(fault)(f"ordinal {ordinal}: {fault}") from fault
                meta = envelope.meta
                if meta.version != version or meta.stream != stream:
                    raise LogCorrupt(
                        f"ordinal {ordinal} is recorded as {stream} version {version}, "
                        f"but its bytes hold {meta.stream} version {meta.version}"
                    )
                yield Recorded(ordinal, envelope, canonical(data))

    def frames(self, after: int, upto: int) -> Iterator[tuple[int, bytes]]:
        """Ordinal and canonical bytes of every event with `after < ordinal <= upto`, in order; nothing is decoded."""
        for ordinal, _stream, _version, data in self.placed(after, upto):
            yield ordinal, data

    def placed(self, after: int, upto: int) -> Generator[Row]:
        """What `frames` returns, with the stream and the version of each event between them."""
        with _translated():
            for ordinal, stream, version, data in self._rows.rows(after, upto):
                yield ordinal, stream, version, self._codec.canonical(data)

    def read_stream(self, stream: str, after: int = 0) -> Iterator[Envelope]:
        """See `domain.log.LogReader`."""
        with _translated():
            for _ordinal, _stream, _version, data in self._rows.stream_rows(stream, after):
                yield self._codec.decode(data)

    def decode(self, data: bytes) -> Envelope:
        """The event in a record's bytes (`Recorded.data`). Raises UnknownSchema or LogCorrupt."""
        return self._codec.decode(data)

    def follow(self, after: int, stopped: Callable[[], bool], patience: float = 0.5) -> Iterator[Recorded]:
        """Every event after an ordinal, then each new event, until `stopped()` is true.

        `stopped` is called at least every `patience` seconds.
        """
        while not stopped():
            for recorded in self.read(after, self.arrived()):
                after = recorded.ordinal
                yield recorded
                if stopped():
                    return
            self.wait(after, patience)

    def arrived(self) -> int:
        """The ordinal of the last event that is known without a request to another machine; at most `head`."""
        with _translated():
            return self._rows.arrived()

    def storage(self) -> str:
        """A text that differs between any two logs, also where both were made from one tape and so have the same id.

        The text moves with a copied file or a restored database. It is empty for a log in memory, and for a log of an
        earlier version until an engine has opened it.
        """
        with _translated():
            return self._rows.storage()

    def is_copy(self) -> bool:
        """Whether the log's last event was written by `whence log copy`; false for an empty log.

        In a database it is the storage that states it, for all its events.
        """
        with _translated():
            return self._rows.is_copy()

    def is_unproven(self) -> bool:
        """Whether a person had the copy made although nothing proved the events that were copied, as of an export.

        In a database it is the storage that states it, also after the copy was adopted.
        """
        with _translated():
            return self._rows.is_unproven()

    def refused(self) -> Mapping[int, str]:
        """The offset of each record in the topic that no reader accepts, with its claim and the reason.

        Empty on other logs than Kafka's, where an event that is not accepted is an error.
        """
        with _translated():
            return self._rows.refused()

    def refusals(self) -> Refusals:
        """The number of the records that `refused` returns, and the offset of the last one. Reads no record."""
        with _translated():
            return self._rows.refusals()

    def unverified(self) -> str:
        """Why it is not proven that this installation wrote the events; empty where it is, or where there are none.

        The log has no marks, or the key of its marks is not at hand.
        """
        with _translated():
            return self._rows.unverified()

    def link(self, ordinal: int) -> Link | None:
        """The end of the chain of marks at an ordinal, by the mark of the event there.

        None where no event with a valid mark has this ordinal, or where the log has no marks.
        """
        with _translated():
            return self._rows.link(ordinal)

    def wait(self, after: int, seconds: float) -> bool:
        """Waits until there may be events after ordinal `after`; false where the time runs out first."""
        with _translated():
            return self._rows.wait(after, seconds)

    def close(self) -> None:
        """Releases all resources; idempotent."""
        self._rows.close()
        if self._release is not None:
            self._release()
            self._release = None


class RecorderLog(RecordedLog):
    """A log that this process owns and appends to."""

    def __init__(
        self,
        recorder: AggregateRecorder,
        rows: Rows,
        codec: Codec,
        extras: Callable[[Sequence[Envelope]], dict[str, Any]] | None = None,
        release: Callable[[], None] | None = None,
        check: Callable[[], None] | None = None,
        confirm: Callable[[], None] | None = None,
        check_answers: Callable[[], None] | None = None,
        beside: Beside | None = None,
    ) -> None:
        """`extras` makes the recorder's keyword arguments (headers, timestamps); `release` gives up ownership.

        `check` raises where this process does not own the log any more; `confirm` does so after a request to the store.
        `check_answers` raises where the store has not answered for long.
        `beside` is what travels in the transactions of appends, where the store has such transactions.
        """
        super().__init__(rows, codec, release)
        self.beside = beside
        self._recorder = recorder
        self._extras = extras
        self._check, self._confirm = check, confirm or check
        self._check_answers = check_answers
        self._last = 0
        self._versions: dict[str, int] = {}

    def check(self) -> None:
        """See `domain.log.EventLog`. Every append begins with this check."""
        if self._check is not None:
            self._check()

    def check_answers(self) -> None:
        """See `domain.log.EventLog`."""
        if self._check_answers is not None:
            self._check_answers()

    def confirm(self) -> None:
        """Raises what `check` raises, after a request to the store: for the end of a run."""
        if self._confirm is not None:
            self._confirm()

    def append(self, envelopes: Sequence[Envelope]) -> int:
        """See `domain.log.EventLog`."""
        self.check()
        return self._append(envelopes, self._codec.encode_all(envelopes))

    def append_recorded(self, recorded: Sequence[Recorded]) -> int:
        """Appends events of another log with the bytes that they have there. Returns and raises what `append` does."""
        return self.append_canonical([one.envelope for one in recorded], [one.data for one in recorded])

    def append_canonical(self, envelopes: Sequence[Envelope], data: Sequence[bytes]) -> int:
        """Appends events that have these canonical bytes. Returns and raises what `append` does."""
        self.check()
        return self._append(envelopes, [self._codec.framed(one) for one in data])

    def _append(self, envelopes: Sequence[Envelope], encoded: Sequence[bytes]) -> int:
        with _translated():
            stored, versions = self._stored(envelopes, encoded)
            extras = self._extras(envelopes) if self._extras else {}
            ordinals = self._recorder.insert_events(cast("list[StoredEvent]", stored), **extras)
        if self.beside is not None:
            self.beside.settle()
        self._versions.update(versions)
        if not ordinals:
            raise LogError(
                f"{type(self._recorder).__name__} wrote {len(stored)} events, but returned no ordinals"
            )
        if ordinals[0] <= self._last:
            raise LogLost(
                f"events were recorded up to ordinal {self._last}, and the next append was given ordinal "
                f"{ordinals[0]}: events were removed from outside"
            )
        self._last = ordinals[-1]
        # What was written to a file that was removed in the meantime must not be acknowledged.
        self.check()
        return self._last

    def _stored(
        self, envelopes: Sequence[Envelope], encoded: Sequence[bytes]
    ) -> tuple[list[Stored], dict[str, int]]:
        """The rows of these events, and the last version of each of their streams.

        Raises Conflict at a gap in a stream. The recorder itself only refuses a version that is taken.
        """
        versions: dict[str, int] = {}
        stored: list[Stored] = []
        for envelope, data in zip(envelopes, encoded, strict=True):
            meta = envelope.meta
            stream, version = meta.stream, meta.version
            last = versions.get(stream)
            if last is None:
                last = self._last_version(stream, version)
            if version != last + 1:
                raise Conflict(f"{stream} is at version {last}: version {version} is not the next")
            versions[stream] = version
            stored.append(Stored(stream, version, FULL_NAMES[type(envelope.event)], data))
        return stored, versions

    def _last_version(self, stream: str, wanted: int) -> int:
        """The last version of the stream. Returns 0 without a read where version 1 is wanted.

        The recorder itself refuses version 1 where the stream has events.
        """
        if wanted == 1:
            return 0
        known = self._versions.get(stream)
        if known is None:
            last = self._recorder.select_events(stream, desc=True, limit=1)
            known = last[0].originator_version if last else 0
        return known


def _gap(ordinal: int, stream: str, version: int, last: int) -> str:
    return (
        f"ordinal {ordinal} holds version {version} of {stream}, whose last was {last}: "
        "an event was removed, repeated or inserted from outside"
    )


class _translated:  # noqa: N801  (used like a function: with _translated())
    """Turns errors of the library's recorders into errors of this project."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, LogError):
            return
        if isinstance(error, IntegrityError):
            raise Conflict(f"the version is already taken: {error}") from error
        if isinstance(error, PersistenceError):
            raise LogUnavailable(f"the log's store does not answer: {error}") from error
