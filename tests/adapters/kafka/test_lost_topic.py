"""A topic that is deleted, made again or cut under its owner: the owner stops, and acknowledges nothing more."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# The client declares Future without its type argument.

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from itertools import count
from threading import Event
from typing import cast

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from eventsourcing.utils import Environment

from adapters.kafka.errors import KafkaLogLost
from tests.adapters.kafka.logs import Log, Logs, events

Attack = Callable[[AdminClient, str], None]


def _done(responses: object) -> None:
    for response in cast(Mapping[object, Future[object]], responses).values():
        response.result(timeout=30)


def deleted(admin: AdminClient, topic: str) -> None:
    _done(admin.delete_topics([topic], operation_timeout=30))
    while topic in admin.list_topics(timeout=30).topics:
        Event().wait(0.05)


def made_again(partitions: int) -> Attack:
    def attack(admin: AdminClient, topic: str) -> None:
        deleted(admin, topic)
        _done(admin.create_topics([NewTopic(topic, partitions, 1)], operation_timeout=30))

    return attack


def cut(admin: AdminClient, topic: str) -> None:
    _done(admin.delete_records([TopicPartition(topic, 1, 3)]))


ATTACKS = {
    "deleted": deleted,
    "made again": made_again(2),
    "made again with more partitions": made_again(5),
    "made again with fewer partitions": made_again(1),
    "cut at its begin": cut,
}


@pytest.fixture
def owned(logs: Logs) -> Log:
    return logs.open(KAFKA_EXCLUSIVE="true", KAFKA_PARTITIONS="2", KAFKA_PARTITION="1")


@pytest.fixture
def admin(kafka_bootstrap_servers: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": kafka_bootstrap_servers})


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_an_owner_whose_topic_lost_events_stops(
    owned: Log, admin: AdminClient, env: Environment, attack: Attack
) -> None:
    owned.append(events("order-1", 1, 10))
    attack(admin, env["KAFKA_TOPIC"])
    with pytest.raises(KafkaLogLost, match="events that were recorded are gone"):
        _append_endlessly(owned, 11)
    for asked in (owned.store.check, owned.store.confirm, lambda: owned.append(events("order-2", 1, 1))):
        with pytest.raises(KafkaLogLost):
            asked()


@pytest.mark.parametrize("attack", [deleted, made_again(2)], ids=["deleted", "made again"])
def test_no_append_to_a_topic_that_is_gone_is_acknowledged(
    owned: Log, admin: AdminClient, env: Environment, attack: Attack
) -> None:
    """The commit itself shows it, before anybody looks at the topic's id."""
    owned.append(events("order-1", 1, 10))
    attack(admin, env["KAFKA_TOPIC"])
    with pytest.raises(KafkaLogLost):
        owned.append(events("order-1", 11, 11))


def test_an_idle_owner_learns_of_the_loss_without_an_append(
    owned: Log, admin: AdminClient, env: Environment
) -> None:
    owned.append(events("order-1", 1, 10))
    owned.store.check()
    made_again(2)(admin, env["KAFKA_TOPIC"])
    with pytest.raises(KafkaLogLost, match="was deleted and made again"):
        _check_endlessly(owned)


def test_a_look_at_the_end_of_a_run_finds_the_loss_at_once(
    owned: Log, admin: AdminClient, env: Environment
) -> None:
    owned.append(events("order-1", 1, 10))
    owned.store.confirm()
    cut(admin, env["KAFKA_TOPIC"])
    with pytest.raises(KafkaLogLost, match=r"the records before offset 3 of .* were deleted"):
        owned.store.confirm()


def _append_endlessly(log: Log, first: int) -> None:
    for version in count(first):
        assert log.append(events("order-1", version, version)) == [version]


def _check_endlessly(log: Log) -> None:
    while True:
        log.store.check()
        Event().wait(0.02)
