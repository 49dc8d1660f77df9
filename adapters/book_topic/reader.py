"""The readings that other processes publish: the port `commands.book_readings` over a Kafka topic."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from threading import Event, Lock, Thread
from typing import Final

from confluent_kafka import OFFSET_END, Consumer, KafkaException, Message, TopicPartition
from msgspec.structs import replace

from adapters.back_off import random_pause
from adapters.book_topic.place import BookTopic, reading_of
from adapters.book_topic.wire import ReadingRecord
from adapters.kafka.failure import END_OF_PARTITION
from adapters.marks.key_folder import KeyFolder
from adapters.marks.signature import Signer
from adapters.milliseconds import in_ms
from adapters.signed_topic import partition_of
from commands.observer import BookCounts, ReadingOutcome, RecordCounts
from domain.book.readings import newer
from domain.errors import InvalidInput, KeyMissing, LogUnavailable, MarkRefused
from domain.market import BookReading
from domain.strategies.book_figures import TABLE, are_of_another_table

_log = logging.getLogger(__name__)
SILENCE_SECONDS: Final = 3.0
"""Publishers send a record of each instrument at least once a second."""
CONFIRMS: Final = timedelta(seconds=5)
_BATCH: Final = 500
_WAIT_SECONDS: Final = 0.1
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
_NEVER: Final = -1


class Outcome(StrEnum):
    """What became of a record. FOREIGN: not signed with a key of this installation. FENCED: of an earlier owner of the
    instrument. LATE: published longer ago than the silence, by a clock that differs from this machine's by more, or
    before the owner's last one that was taken.
    UNREAD: no reading of this version, or with figures of another one.
    """

    TAKEN = "taken"
    FOREIGN = "foreign"
    FENCED = "fenced"
    LATE = "late"
    UNREAD = "unread"


class _Kept:
    """The last reading of an instrument, the epoch of its owner, and when the owner was last heard (seconds)."""

    def __init__(self, heard_at: float) -> None:
        self.reading: BookReading | None = None
        self.epoch, self.published_ms = _NEVER, 0
        self.heard_at, self.has_changed = heard_at, False

    def take(self, reading: BookReading, confirms: timedelta) -> bool:
        """Takes the owner's next reading; one that was published again is none, nor is an early confirmation.

        Returns whether it replaced one that nobody had taken.
        """
        last = self.reading
        if last is not None and _is_repeated(reading, last) and reading.known_at - last.known_at < confirms:
            return False
        replaces = self.has_changed
        self.reading = newer(reading, last if replaces else None)
        self.has_changed = True
        return replaces


def _is_repeated(reading: BookReading, last: BookReading) -> bool:
    """Whether the reading states nothing but, perhaps, a later confirmation or what was stated once."""
    plain = replace(reading, suspicions=(), confirmed_at=None)
    return not reading.suspicions and plain == replace(last, suspicions=(), confirmed_at=None)


def _nothing() -> None:
    """Does nothing with an arrival."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class TopicReadings:
    """See `BookReadings`. It begins at the end of the topic.

    A record is taken where this installation has signed it, no later owner of the instrument was heard, and it was
    published within `silence` seconds. Where the owner of an instrument is not heard for `silence`, its book is not
    known: that is declared here, because a process that was killed declares nothing. Of a book that nothing changes, a
    confirmation is returned each `confirms`. `outcomes` counts records; `records` is notified of each and of how many
    owners are silent, `counts` of readings that were replaced before they were taken.
    `on_arrival` is called in the reader's thread after records were taken.
    """

    def __init__(
        self,
        place: BookTopic,
        instruments: Sequence[str],
        *,
        keys: KeyFolder | None = None,
        silence: float = SILENCE_SECONDS,
        confirms: timedelta = CONFIRMS,
        on_arrival: Callable[[], None] = _nothing,
        counts: BookCounts | None = None,
        records: RecordCounts | None = None,
        now: Callable[[], datetime] = _utc_now,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises KeyRefused."""
        self._place, self._signer, self._silence = place, Signer(keys or KeyFolder()), silence
        self._on_arrival, self._now, self._seconds, self._confirms = on_arrival, now, seconds, confirms
        self._counts, self._records = counts, records
        self._kept = {name: _Kept(seconds()) for name in sorted(instruments)}
        self._lock, self._stopping = Lock(), Event()
        self._outcomes = Counter[Outcome]()
        self._thread = Thread(target=self._run, name="book-readings", daemon=True)

    def start(self) -> None:
        """See `BookReadings.start`. A topic that is missing is made."""
        self._thread.start()

    def close(self) -> None:
        """See `BookReadings.close`."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def readings(self) -> Sequence[BookReading]:
        """See `BookReadings.readings`."""
        with self._lock:
            now = self._seconds()
            silent = [
                (name, kept) for name, kept in self._kept.items() if now - kept.heard_at >= self._silence
            ]
            for name, kept in silent:
                self._declare(name, kept)
            if self._records is not None:
                self._records.unpublished(len(silent))
            changed = [kept for kept in self._kept.values() if kept.has_changed]
            for kept in changed:
                kept.has_changed = False
            return [kept.reading for kept in changed if kept.reading is not None]

    @property
    def outcomes(self) -> Mapping[Outcome, int]:
        """The records so far by what became of them."""
        with self._lock:
            return dict(self._outcomes)

    def take(self, message: Message) -> Outcome:
        """Takes a record; returns what became of it."""
        try:
            record = reading_of(message, self._signer)
        except (MarkRefused, KeyMissing) as fault:
            return self._count(Outcome.FOREIGN, message, str(fault))
        except InvalidInput as fault:
            return self._count(Outcome.UNREAD, message, str(fault))
        if are_of_another_table(record.reading):
            return self._count(Outcome.UNREAD, message, _of_another_table(record.reading))
        with self._lock:
            outcome = self._taken(record)
        return self._count(outcome, message, "")

    def _taken(self, record: ReadingRecord) -> Outcome:
        kept = self._kept.get(record.reading.instrument)
        if kept is None:
            return Outcome.TAKEN  # a record of another reader's instrument in the same partition
        if record.epoch < kept.epoch:
            return Outcome.FENCED
        if abs(in_ms(self._now()) - record.published_ms) >= self._silence * 1_000:
            return Outcome.LATE
        if record.epoch == kept.epoch and record.published_ms < kept.published_ms:
            return Outcome.LATE  # a record that somebody has copied would set the book back
        if kept.take(record.reading, self._confirms) and self._counts is not None:
            self._counts.read_books(ReadingOutcome.REPLACED, 1)
        kept.epoch, kept.published_ms, kept.heard_at = record.epoch, record.published_ms, self._seconds()
        return Outcome.TAKEN

    def _declare(self, name: str, kept: _Kept) -> None:
        """Makes a book unknown whose owner is silent, unless it is unknown already."""
        if kept.reading is not None and not kept.reading.is_known:
            return
        why = f"no process has published its book for {self._silence:g} s"
        update = 0 if kept.reading is None else kept.reading.update_id
        unknown = BookReading(instrument=name, at=self._now(), update_id=update, is_known=False, why=why)
        kept.reading = newer(unknown, kept.reading if kept.has_changed else None)
        kept.has_changed = True

    def _count(self, outcome: Outcome, message: Message, why: str) -> Outcome:
        with self._lock:
            is_first = not self._outcomes[outcome]
            self._outcomes[outcome] += 1
        if self._records is not None:
            self._records.read_record(outcome)
        if outcome is not Outcome.TAKEN and is_first:
            where = f"{self._place.name} {message.partition()}/{message.offset()}"
            _log.warning("a record of %s is %s: %s; further ones are counted", where, outcome.value, why)
        return outcome

    def _run(self) -> None:
        """Reads until the end; after a failure a new consumer begins at the end again."""
        failures = 0
        while not self._stopping.is_set():
            try:
                self._read()
            except LogUnavailable as fault:
                failures += 1
                _log.warning("readings of books are interrupted: %s", fault)
                self._stopping.wait(random_pause(failures, _FIRST_PAUSE, _LONGEST_PAUSE))

    def _read(self) -> None:
        clients = self._place.clients()
        count = self._place.partitions(clients)
        numbers = sorted({partition_of(name, count) for name in self._kept})
        consumer = clients.consumer({"enable.partition.eof": False, "auto.offset.reset": "latest"})
        try:
            with clients.errors(f"read {self._place.name}"):
                consumer.assign([TopicPartition(self._place.name, one, OFFSET_END) for one in numbers])
                while not self._stopping.is_set():
                    self._take_batch(consumer)
        finally:
            consumer.close()

    def _take_batch(self, consumer: Consumer) -> None:
        messages = consumer.consume(_BATCH, _WAIT_SECONDS)
        for message in messages:
            error = message.error()
            if error is None:
                self.take(message)
            elif not error.retriable() and error.code() != END_OF_PARTITION:
                raise KafkaException(error)
        if messages:
            self._on_arrival()


def _of_another_table(reading: BookReading) -> str:
    return (
        f"it has {len(reading.values)} figures of the table {reading.figures!r}, and this version of the program reads "
        f"those of {TABLE}: publish with the same version"
    )
