"""Checkpoints in a Kafka topic: a record each, with the origin as its key and the signed note as its value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from confluent_kafka import IsolationLevel, Message, TopicPartition

from adapters.kafka.acknowledged import check_acknowledged, noted_in
from adapters.kafka.client import Clients
from adapters.kafka.reader import BULK, PartitionConsumer
from adapters.kafka.topic import made_topic
from adapters.kafka.topic_table import CHECKPOINTS
from adapters.notary.notary import Extension
from domain.errors import InvalidInput, ProofRefused
from domain.notary.note import VerifierKey

_ANSWER_SECONDS: Final = 10.0
_MOST_BYTES: Final = 1024 * 1024
_AT_ONCE: Final = 1_000
"""The records that are read at first, from the end of the topic."""

Opened = Callable[[str, VerifierKey], object]


class CheckpointTopic:
    """The topic as an outlet; it is made where it is missing. See `Outlet`.

    Records of other logs, and records that the notary has not signed, are passed over: anybody who may write to the
    topic can add some, and none of them is believed.
    """

    def __init__(
        self, servers: str, events: str, client: Mapping[str, str], key: VerifierKey, opened: Opened
    ) -> None:
        """`client` holds librdkafka's settings for the cluster; `opened` raises where `key` has not signed a note.

        Raises LogUnavailable where no broker responds."""
        self.topic, self._key, self._opened = CHECKPOINTS.name(events), key, opened
        self._clients = Clients.of_cluster(servers, client, _ANSWER_SECONDS)
        if not self._clients.admin.topics([self.topic]):
            made_topic(self._clients, CHECKPOINTS, events)
        self._producer = self._clients.plain_producer(_MOST_BYTES)

    def last(self) -> str | None:
        """See `Outlet`. Reads from the end on, so that a long topic costs no more than a short one."""
        partition = TopicPartition(self.topic, 0)
        first = self._clients.begin_of(partition)
        end = self._clients.end_of(partition, IsolationLevel.READ_COMMITTED)
        consumer, begin, records = PartitionConsumer(self._clients, partition, BULK), end, _AT_ONCE
        try:
            while begin > first:
                end, begin, records = begin, max(first, begin - records), 2 * records
                consumer.go_to(begin)
                read = [message for messages, _ in consumer.until(end) for message in messages]
                found = next(filter(None, map(self._signed, reversed(read))), None)
                if found is not None:
                    return found
        finally:
            consumer.close()
        return None

    def publish(self, extension: Extension) -> None:
        """See `Outlet`. Raises LogUnavailable where the record may not be durable."""
        failures: list[str] = []
        value = str(extension.note).encode()
        self._producer.produce(self.topic, value, self._key.name, partition=0, on_delivery=noted_in(failures))
        check_acknowledged(self._producer, self.topic, failures, _ANSWER_SECONDS)

    def close(self) -> None:
        """See `Outlet`."""
        self._producer.flush(_ANSWER_SECONDS)

    def _signed(self, message: Message) -> str | None:
        if message.key() != self._key.name.encode():
            return None
        try:
            text = (message.value() or b"").decode()
            self._opened(text, self._key)
        except (UnicodeDecodeError, InvalidInput, ProofRefused):
            return None
        return text
