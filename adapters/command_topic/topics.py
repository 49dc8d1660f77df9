"""aiokafka's clients as this room uses them, with types, each setting that a promise rests on said out loud."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol, cast

from aiokafka import (  # pyright: ignore[reportMissingTypeStubs] - it has none
    AIOKafkaConsumer,
    AIOKafkaProducer,
    TopicPartition,
)
from aiokafka.errors import KafkaError  # pyright: ignore[reportMissingTypeStubs] - as above

from adapters.command_topic.topic_names import CommandTopic
from adapters.command_topic.wire import LARGEST
from domain.errors import LogUnavailable

ASK = "ask"
"""The header that tells one asking from another of the same command: its answer has the same."""
_MOMENT_MS = 100
"""How long a broker holds a fetch for which there is nothing yet."""


class Record(Protocol):
    """What came by a topic, or where it went."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Producer(Protocol):
    """Sends; what it returns is durable."""

    async def send_and_wait(
        self, topic: str, value: bytes, *, key: bytes, headers: Sequence[tuple[str, bytes]]
    ) -> Record: ...

    async def partitions_for(self, topic: str) -> set[int]: ...


class Consumer(Protocol):
    """Gives records in order, without end."""

    def __aiter__(self) -> AsyncIterator[Record]: ...

    async def commit(self, offsets: Mapping[Any, int]) -> None: ...


def after(record: Record) -> Mapping[Any, int]:
    """The offset to commit once a record is done with."""
    partition: Any = TopicPartition(record.topic, record.partition)
    return {partition: record.offset + 1}


def ask_of(record: Record) -> bytes | None:
    """Which asking a record belongs to; None for one that waits for no answer."""
    return next((value for name, value in record.headers if name == ASK), None)


@asynccontextmanager
async def producing(place: CommandTopic) -> AsyncGenerator[Producer]:
    """A producer whose records are durable when they are acknowledged. Raises LogUnavailable.

    A record may be there twice: a command is told by its id, and an answer by its asking. In return no lost sequence
    number ends the producer.
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
    """A consumer of partitions of the topic: from their end, or from where `group` has committed (else from their
    beginning). No group is joined. Raises LogUnavailable."""
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
