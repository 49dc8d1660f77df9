"""Whether a log on Kafka has been opened by an engine."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Final

from confluent_kafka import IsolationLevel, TopicPartition

from adapters.kafka.client import Clients
from adapters.kafka.reader import PLACES, PartitionConsumer
from adapters.log.address import KafkaAddress

_ANSWER_SECONDS: Final = 5.0


def has_begun(address: KafkaAddress, client: Mapping[str, str]) -> bool:
    """Whether the partition of the log has committed records; False where the topic or the partition is missing, or
    may not be seen.

    The ends of transactions, of an engine that failed before its first event, are records of the broker and have
    offsets, too: they do not count. Raises LogUnavailable.
    """
    clients = Clients.of_cluster(address.servers, client, _ANSWER_SECONDS)
    topic = clients.admin.topics([address.topic]).get(address.topic)
    if topic is None or address.partition >= len(topic.partitions):
        return False
    partition = TopicPartition(address.topic, address.partition)
    end = clients.end_of(partition, IsolationLevel.READ_COMMITTED)
    if end == 0:
        return False
    with closing(PartitionConsumer(clients, partition, PLACES)) as consumer:
        consumer.go_to(clients.begin_of(partition))
        return any(messages for messages, _ in consumer.until(end))
