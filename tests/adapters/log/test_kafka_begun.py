"""A log on Kafka has begun with its first event, not with what the broker records of transactions."""

from __future__ import annotations

from confluent_kafka import Producer

from adapters.kafka.client import Clients
from adapters.kafka.topic import made_topic
from adapters.kafka.topic_table import EVENTS
from adapters.log.address import KafkaAddress
from adapters.log.kafka_begun import has_begun

_SECONDS = 30.0


def test_a_partition_has_begun_with_a_committed_record_and_not_with_an_aborted_one(
    kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    address = KafkaAddress(kafka_bootstrap_servers, kafka_topic, 0)
    assert not has_begun(address, {})
    made_topic(Clients.of_cluster(kafka_bootstrap_servers, {}, _SECONDS), EVENTS, kafka_topic, 1)
    assert not has_begun(address, {})
    producer = Producer({"bootstrap.servers": kafka_bootstrap_servers, "transactional.id": kafka_topic})
    producer.init_transactions(_SECONDS)
    producer.begin_transaction()
    producer.produce(kafka_topic, b"event")
    producer.flush(_SECONDS)
    producer.abort_transaction(_SECONDS)
    assert not has_begun(address, {})
    producer.begin_transaction()
    producer.commit_transaction(_SECONDS)
    producer.begin_transaction()
    producer.produce(kafka_topic, b"event")
    producer.commit_transaction(_SECONDS)
    assert has_begun(address, {})
    assert not has_begun(KafkaAddress(kafka_bootstrap_servers, kafka_topic, 1), {})
