"""Topics are created with settings that lose no record. A topic whose settings would lose records is refused."""

from __future__ import annotations

import re

import pytest
from eventsourcing.utils import Environment

from adapters.kafka.client import Clients
from adapters.kafka.config import settings_of
from adapters.kafka.errors import EventTooLarge, KafkaLogUnsafe, KafkaUnavailable
from adapters.kafka.topic import required_settings
from tests.adapters.kafka.logs import Logs, events


def _clients(env: Environment) -> Clients:
    settings = settings_of(env)
    return Clients(settings.client, settings.timeout)


def test_topics_are_created_with_every_required_setting(logs: Logs, env: Environment) -> None:
    logs.open()
    for name, required in required_settings(settings_of(env)).items():
        assert (_clients(env).admin.settings(name) or {}).items() >= required.items()


@pytest.mark.parametrize(
    ("key", "value", "needed"),
    [
        ("retention.ms", "604800000", "-1"),
        ("retention.bytes", "1073741824", "-1"),
        ("cleanup.policy", "compact", "delete"),
        ("cleanup.policy", "compact,delete", "delete"),
        ("message.timestamp.type", "LogAppendTime", "CreateTime"),
        ("unclean.leader.election.enable", "true", "false"),
    ],
)
def test_a_topic_that_would_lose_events_is_refused_with_the_command_that_corrects_it(
    logs: Logs, env: Environment, key: str, value: str, needed: str
) -> None:
    settings = settings_of(env)
    unsafe = {**required_settings(settings)[settings.topic], key: value}
    _clients(env).admin.make_topic(settings.topic, 1, -1, unsafe)
    line = (
        f"kafka-configs.sh --bootstrap-server {settings.bootstrap_servers} --alter --entity-type topics"
        f" --entity-name {settings.topic} --add-config {key}={needed}"
    )
    with pytest.raises(KafkaLogUnsafe, match=re.escape(line)):
        logs.open()


def test_too_few_replicas_are_refused(logs: Logs, env: Environment) -> None:
    settings = settings_of(env)
    _clients(env).admin.make_topic(settings.topic, 1, 1, required_settings(settings)[settings.topic])
    with pytest.raises(KafkaLogUnsafe, match=r"has 1 of 3 replicas: kafka-reassign-partitions\.sh .*"):
        logs.open(KAFKA_REPLICATION_FACTOR="3")


def test_a_read_only_log_creates_no_topic(logs: Logs, env: Environment) -> None:
    with pytest.raises(KafkaUnavailable, match="there is no topic"):
        logs.open(KAFKA_READ_ONLY="y")
    assert _clients(env).admin.topics([env["KAFKA_TOPIC"]]) == {}


def test_only_the_append_with_an_event_larger_than_the_topic_allows_fails(
    logs: Logs, env: Environment
) -> None:
    settings = settings_of(env)
    small = {**required_settings(settings)[settings.topic], "max.message.bytes": "2000"}
    _clients(env).admin.make_topic(settings.topic, 1, -1, small)
    log = logs.open()
    with pytest.raises(EventTooLarge, match="larger than its topic allows"):
        log.append(events("order-1", 1, 1, b"x" * 3000))
    assert log.append(events("order-1", 1, 1)) == [1]
