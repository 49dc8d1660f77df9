"""The development servers, each started for real."""

from __future__ import annotations

import psycopg
import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from infra.servers.kafka import KafkaBroker, ask_kafka
from infra.servers.postgres import PostgresServer
from infra.servers.registry import SchemaRegistry
from infra.servers.server import NotAnswering
from infra.servers.temporary import temporary_folder


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_broker_that_ends_and_starts_again_still_holds_what_was_committed(
    private_broker: KafkaBroker, end: str
) -> None:
    _commit(private_broker.bootstrap_servers, "kept", b"before")

    getattr(private_broker, end)()
    with pytest.raises(NotAnswering):
        ask_kafka(private_broker.bootstrap_servers, 0.5)
    port = private_broker.port
    private_broker.start()

    assert private_broker.port == port
    assert _first(private_broker.bootstrap_servers, "kept") == b"before"


def test_the_shared_broker_makes_no_topic_by_itself(kafka_bootstrap_servers: str, kafka_topic: str) -> None:
    known = AdminClient({"bootstrap.servers": kafka_bootstrap_servers}).list_topics(timeout=10).topics
    assert kafka_topic not in known


def _commit(bootstrap_servers: str, topic: str, value: bytes) -> None:
    (made,) = (
        AdminClient({"bootstrap.servers": bootstrap_servers}).create_topics([NewTopic(topic, 1, 1)]).values()
    )
    made.result(timeout=30)
    producer = Producer({"bootstrap.servers": bootstrap_servers, "transactional.id": f"{topic}.0"})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(topic, value)
    producer.commit_transaction(30)


def _first(bootstrap_servers: str, topic: str) -> bytes | None:
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": "reader",
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
        }
    )
    try:
        consumer.subscribe([topic])
        message = consumer.poll(30)
        assert message is not None
        assert message.error() is None
        return message.value()
    finally:
        consumer.close()
