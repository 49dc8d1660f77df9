"""Reads the committed records of one partition: in bulk, at given places, and up to the certain end (`certain_end`)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from time import monotonic
from types import TracebackType
from typing import Final, Self

from confluent_kafka import Consumer, IsolationLevel, Message, TopicPartition

from adapters.kafka.client import Clients
from adapters.kafka.errors import KafkaLogCorrupt, KafkaUnavailable
from adapters.kafka.failure import END_OF_PARTITION, GONE
from adapters.kafka.record import Entry, Record, entry_of
from adapters.kafka.run import EventPlace

# Small fetches that do not wait: a query for one stream reads a few records at many places.
PLACES: Final[Mapping[str, str | int | bool]] = {
    "fetch.wait.max.ms": 5,
    "fetch.message.max.bytes": 65_536,
    "queued.min.messages": 200,
}
# Large fetches that run ahead of the reader.
BULK: Final[Mapping[str, str | int | bool]] = {
    "fetch.wait.max.ms": 20,
    "fetch.message.max.bytes": 4_194_304,
    "queued.min.messages": 200_000,
    "queued.max.messages.kbytes": 131_072,
}
TAIL: Final[Mapping[str, str | int | bool]] = {"fetch.wait.max.ms": 10}

# Batches this small fit the processor's cache and cost the garbage collector little. Reading is four times as fast as
# with batches of 10,000.
BATCH: Final = 100
# The reader reads on to a next place that is at most this many offsets ahead. It seeks a place that is farther ahead.
_NEAR: Final = 2_000
_NO_END: Final = 2**63 - 1


class PartitionConsumer:
    """One consumer of one partition, which reads from any offset."""

    def __init__(
        self, clients: Clients, partition: TopicPartition, kind: Mapping[str, str | int | bool]
    ) -> None:
        self._clients, self._partition = clients, partition
        self._consumer: Consumer = clients.consumer(kind)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def go_to(self, offset: int) -> None:
        """Continues with the first committed message at or after `offset`."""
        with self._clients.errors(f"read {self._partition.topic}"):
            # Not seek(), with which librdkafka would first wait until the current fetch ends.
            self._consumer.assign([TopicPartition(self._partition.topic, self._partition.partition, offset)])

    def messages(self, timeout: float) -> list[Message]:
        """At most `BATCH` messages, end-of-partition messages included; empty where none arrives in `timeout` seconds.

        Raises KafkaUnavailable where the broker refuses the read.
        """
        with self._clients.errors(f"read {self._partition.topic}"):
            # consume() waits for a full batch or the whole timeout; poll() returns with the first message.
            if here := self._consumer.consume(BATCH, 0):
                return here
            first = self._consumer.poll(timeout)
            return [] if first is None else [first, *self._consumer.consume(BATCH, 0)]

    def until(self, end: int) -> Iterator[tuple[Sequence[Message], int]]:
        """Batches of committed messages, each with the offset after it, until that offset is at least `end`.

        Raises KafkaUnavailable where nothing arrives within the timeout.
        """
        patience = monotonic() + self._clients.timeout
        while True:
            messages = self.messages(0.5)
            if messages:
                patience = monotonic() + self._clients.timeout
            elif monotonic() > patience:
                raise KafkaUnavailable(
                    f"{self._partition.topic}: no response within {self._clients.timeout:g} s"
                )
            arrived, at = sorted_out(messages, self._partition.topic)
            yield arrived, at
            if at >= end:
                return

    def batches(self) -> Iterator[Sequence[Message]]:
        """Batches of committed messages, endlessly. Raises what `until` raises."""
        for batch, _ in self.until(_NO_END):
            yield batch

    def close(self) -> None:
        self._consumer.close()


def sorted_out(messages: list[Message], topic: str) -> tuple[Sequence[Message], int]:
    """The messages that hold records, and the offset after all messages (-1 where there are none).

    Raises KafkaUnavailable where the broker refused the read, and KafkaLogCorrupt where records were deleted.
    """
    if not messages:
        return (), -1
    last = messages[-1]
    at = last.offset() or 0
    if last.error() is None:
        at += 1
    if all(message.error() is None for message in messages):
        return messages, at
    for message in messages:
        _refuse_failure(message, topic)
    return [message for message in messages if message.error() is None], at


def _refuse_failure(message: Message, topic: str) -> None:
    error = message.error()
    if error is None or error.code() == END_OF_PARTITION:
        return
    if error.code() in GONE:
        raise KafkaLogCorrupt(f"{topic}: committed records are missing ({error.str()})")
    raise KafkaUnavailable(f"read {topic}: {error.str()}")


def certain_end(clients: Clients, partition: TopicPartition, stopped: threading.Event) -> int:
    """Waits until every transaction in the partition is committed or aborted, and returns the end offset.

    An end-of-partition message does not prove that all transactions have ended. They have ended once the last stable
    offset has reached the high watermark. Raises KafkaUnavailable where a transaction is still open at the timeout.
    """
    high, stable = _ends(clients, partition, stopped, clients.timeout)
    if stable < high:
        raise KafkaUnavailable(
            f"{partition.topic} partition {partition.partition}: a transaction that began at offset {stable} stays open"
            " (kafka-transactions.sh describe-producers shows whose; its coordinator decides, do not abort it by hand)"
        )
    return stable


def hangs(clients: Clients, partition: TopicPartition, stopped: threading.Event, patience: float) -> bool:
    """Whether a transaction is still open after `patience` seconds."""
    high, stable = _ends(clients, partition, stopped, patience)
    return stable < high


def _ends(
    clients: Clients, partition: TopicPartition, stopped: threading.Event, patience: float
) -> tuple[int, int]:
    deadline = monotonic() + patience
    high = clients.end_of(partition, IsolationLevel.READ_UNCOMMITTED)
    while True:
        stable = clients.end_of(partition, IsolationLevel.READ_COMMITTED)
        if stable >= high or monotonic() > deadline or stopped.wait(0.02):
            return high, stable


Confirms = Callable[[int, Entry], bool]
"""Whether a record is the event at this ordinal, as far as the record shows."""


def confirms_all(_ordinal: int, _entry: Entry) -> bool:
    """Confirms every record, for logs without marks."""
    return True


class PlaceReader:
    """Fetches records at known places. Safe to use from several threads; one thread fetches at a time."""

    def __init__(
        self, clients: Clients, partition: TopicPartition, confirms: Confirms = confirms_all
    ) -> None:
        """`confirms` passes over the record of a stranger that claims the stream and version of an event."""
        self._clients, self._partition, self._confirms = clients, partition, confirms
        self._lock = threading.Lock()
        self._open: PartitionConsumer | None = None

    def fetch(self, places: Sequence[EventPlace]) -> list[Record]:
        """The records at `places`, which must be sorted by ordinal.

        Raises KafkaUnavailable where a record does not arrive in time, and KafkaLogCorrupt where records are missing.
        """
        if not places:
            return []
        with self._lock:
            if self._open is None:
                self._open = PartitionConsumer(self._clients, self._partition, PLACES)
            return list(self._found(self._open, places))

    def close(self) -> None:
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None

    def _found(self, consumer: PartitionConsumer, places: Sequence[EventPlace]) -> Iterator[Record]:
        entries: Iterator[Entry] = iter(())
        at = -1
        for place in places:
            if at < 0 or place.offset - at > _NEAR:
                consumer.go_to(place.offset)
                entries = _entries(consumer, self._clients.timeout, self._partition.topic)
            entry = next(
                entry
                for entry in entries
                if (entry.stream, entry.version) == (place.stream, place.version)
                and self._confirms(place.ordinal, entry)
            )
            at = entry.offset
            yield entry.at(place.ordinal)


def _entries(consumer: PartitionConsumer, timeout: float, topic: str) -> Iterator[Entry]:
    patience = monotonic() + timeout
    while True:
        messages, _ = sorted_out(consumer.messages(0.5), topic)
        # Reading continues after an end of partition, because a commit is acknowledged before its markers are written,
        # and its records can only be read after that.
        if not messages and monotonic() > patience:
            raise KafkaUnavailable(f"{topic}: a committed event did not arrive within {timeout:g} s")
        yield from filter(None, map(entry_of, messages))


def events_of(
    messages: Iterable[Sequence[Message]], start: EventPlace, confirms: Confirms
) -> Iterator[list[Record]]:
    """The events in `messages`, in batches, from the event at `start` on.

    Leaves out the records that `confirms` does not confirm.
    """
    ordinal, begun = start.ordinal, False
    for batch in messages:
        found: list[Record] = []
        for entry in filter(None, map(entry_of, batch)):
            begun = begun or (entry.stream, entry.version) == (start.stream, start.version)
            if begun and confirms(ordinal, entry):
                found.append(entry.at(ordinal))
                ordinal += 1
        yield found
