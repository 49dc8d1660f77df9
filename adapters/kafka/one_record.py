"""Reads one record of a topic by its offset, whatever it holds."""

from __future__ import annotations

from confluent_kafka import IsolationLevel, Message, TopicPartition

from adapters.kafka.client import Clients
from adapters.kafka.reader import PLACES, PartitionConsumer


class RecordReader:
    """Reads records of one partition. One thread at a time."""

    def __init__(self, clients: Clients, topic: str, partition: int) -> None:
        self._clients, self._partition = clients, TopicPartition(topic, partition)
        self._consumer: PartitionConsumer | None = None

    def at(self, offset: int) -> Message | None:
        """The record; None where the topic does not hold it any more, or where it was never committed.

        Raises KafkaUnavailable.
        """
        begin = self._clients.begin_of(self._partition)
        if not begin <= offset < self._clients.end_of(self._partition, IsolationLevel.READ_COMMITTED):
            return None
        if self._consumer is None:
            self._consumer = PartitionConsumer(self._clients, self._partition, PLACES)
        self._consumer.go_to(offset)
        for messages, _ in self._consumer.until(offset + 1):
            for message in messages:
                return message if message.offset() == offset else None
        return None

    def close(self) -> None:
        """Releases its connection; idempotent."""
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None
