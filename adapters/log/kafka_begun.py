"""Whether a log on Kafka has been opened by an engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from confluent_kafka import IsolationLevel, TopicPartition

from adapters.kafka.client import Clients
from adapters.log.address import KafkaAddress

_ANSWER_SECONDS: Final = 5.0


def has_begun(address: KafkaAddress, client: Mapping[str, str]) -> bool:
    """Whether the partition of the log has committed records; False where the topic or the partition is missing, or
    may not be seen. Raises LogUnavailable.
    """
    clients = Clients.of_cluster(address.servers, client, _ANSWER_SECONDS)
    topic = clients.admin.topics([address.topic]).get(address.topic)
    if topic is None or address.partition >= len(topic.partitions):
        return False
    return clients.end_of(TopicPartition(address.topic, address.partition), IsolationLevel.READ_COMMITTED) > 0
