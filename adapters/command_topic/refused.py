"""The number of requests in the topic of refused requests."""

from __future__ import annotations

from collections.abc import Callable

from confluent_kafka import IsolationLevel, TopicPartition

from adapters.command_topic.topic_names import CommandTopic
from adapters.kafka.client import Clients
from domain.errors import LogUnavailable

_ANSWER_SECONDS = 2.0


def refused_count(place: CommandTopic) -> Callable[[], int]:
    """Returns the number of requests that engines have refused so far, at each call.

    It is 0 while no engine has made the topic, or while the brokers do not answer.
    """
    clients = Clients.of_cluster(place.servers, place.client, _ANSWER_SECONDS)
    partition = TopicPartition(place.refused, 0)

    def count() -> int:
        try:
            return clients.end_of(partition, IsolationLevel.READ_UNCOMMITTED)
        except LogUnavailable:
            return 0

    return count
