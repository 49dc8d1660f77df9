"""Typed access to aiokafka's clients, with every setting that the delivery guarantees need set explicitly."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol, cast

from aiokafka import (  # pyright: ignore[reportMissingTypeStubs] - it has no stubs
    AIOKafkaConsumer,
    AIOKafkaProducer,
    TopicPartition,
)
from aiokafka.errors import KafkaError  # pyright: ignore[reportMissingTypeStubs] - as above

from adapters.command_topic.largest import LARGEST
from adapters.command_topic.topic_names import CommandTopic
from adapters.marks.signature import Message
from domain.errors import LogUnavailable

ASK = "ask"
"""The header that identifies a request of one door, the same for each attempt; the answer carries the same value."""
SIGNATURE = "whence_signature"
"""The header with the signature of a request or an answer."""
_MOMENT_MS = 100
"""The longest time for which a broker delays its response to a fetch until there are records."""


class Record(Protocol):
    """A consumed record, or the place of a sent record."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Producer(Protocol):
    """Sends records; a returned record is durable."""

    async def send_and_wait(
        self, topic: str, value: bytes, *, key: bytes, headers: Sequence[tuple[str, bytes]]
    ) -> Record: ...

    async def partitions_for(self, topic: str) -> set[int]: ...


class Consumer(Protocol):
    """Yields records in order, endlessly."""

    def __aiter__(self) -> AsyncIterator[Record]: ...

    async def commit(self, offsets: Mapping[Any, int]) -> None: ...


def after(record: Record) -> Mapping[Any, int]:
    """The offset to commit once `record` is processed."""
    partition: Any = TopicPartition(record.topic, record.partition)
    return {partition: record.offset + 1}


def ask_of(record: Record) -> bytes | None:
    """The value of the record's `ASK` header; None where the sender waits for no answer."""
    return _header(record, ASK)


def message_of(record: Record) -> Message:
    """What the signature of the record must cover."""
    return Message(record.topic, record.key or b"", ask_of(record) or b"", record.value or b"")


def signature_of(record: Record) -> bytes | None:
    """The record's signature; None where it has none."""
    return _header(record, SIGNATURE)


def place_of(record: Record) -> str:
    """Topic, partition and offset of the record, in words."""
    return f"{record.topic} partition {record.partition} at offset {record.offset}"


def _header(record: Record, wanted: str) -> bytes | None:
    return next((value for name, value in record.headers if name == wanted), None)


@asynccontextmanager
async def producing(place: CommandTopic) -> AsyncGenerator[Producer]:
    """A producer whose records are durable when they are acknowledged. Raises LogUnavailable.

    A record may be written twice: a repeated command is recognised by its id, a repeated answer by its `ASK` header.
    Idempotence of the producer is therefore off: with it, a lost sequence number would end the producer.
    """
    producer: Any = AIOKafkaProducer(
        **place.aiokafka(), acks="all", enable_idempotence=False, max_request_size=8 * LARGEST
    )
    async with _started(producer, place):
        yield cast(Producer, producer)


@asynccontextmanager
async def consuming(
    place: CommandTopic, topic: str, partitions: Iterable[int], group: str | None = None
) -> AsyncGenerator[Consumer]:
    """A consumer of partitions of the topic, which joins no group. Raises LogUnavailable.

    Without `group` it begins at the end of the partitions. With `group` it begins at the offsets that `group` has
    committed, or at the beginning of a partition without a committed offset.
    """
    consumer: Any = AIOKafkaConsumer(
        **place.aiokafka(),
        group_id=group,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=_MOMENT_MS,
    )
    async with _started(consumer, place):
        assigned: Sequence[Any] = [TopicPartition(topic, number) for number in sorted(partitions)]
        consumer.assign(assigned)
        if group is None:
            await consumer.seek_to_end(*assigned)
        yield cast(Consumer, consumer)


@asynccontextmanager
async def _started(client: Any, place: CommandTopic) -> AsyncGenerator[None]:
    try:
        await client.start()
    except KafkaError as fault:
        await client.stop()
        raise LogUnavailable(f"Kafka at {place.servers} does not answer: {fault}") from fault
    try:
        yield
    finally:
        await client.stop()
