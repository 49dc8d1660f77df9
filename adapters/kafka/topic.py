"""The topics of a log: created where they are missing, refused where their settings would lose events."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from time import monotonic
from typing import Final, NamedTuple

from adapters.kafka.admin import Cluster, Partition, Topic
from adapters.kafka.client import Clients
from adapters.kafka.config import KafkaSettings
from adapters.kafka.errors import KafkaLogUnsafe, KafkaUnavailable
from adapters.kafka.topic_table import EVENTS, SNAPSHOTS, TRACKING, TopicRow

_ENOUGH_REPLICAS: Final = 3
_ENOUGH_IN_SYNC: Final = 2
_BROKERS_DEFAULT: Final = -1


class Topics(NamedTuple):
    """The checked topics: their ids with the cluster's id, and the smallest maximum record size in bytes."""

    identity: dict[str, str]
    max_bytes: int


def required_settings(settings: KafkaSettings) -> dict[str, Mapping[str, str]]:
    """The topics of a log, each with the settings without which it would lose records."""
    return {name: row.required for name, row in _rows(settings).items()}


def _rows(settings: KafkaSettings) -> dict[str, TopicRow]:
    return {row.name(settings.topic): row for row in (EVENTS, TRACKING, SNAPSHOTS)}


def ensure_topics(clients: Clients, settings: KafkaSettings) -> Topics:
    """Creates missing topics (unless read-only) and checks the existing ones.

    Raises KafkaLogUnsafe where a topic's settings would lose events (the message holds the command that corrects
    them), and KafkaUnavailable where the broker does not respond or a topic is missing in read-only mode.
    """
    topics = {settings.topic: EVENTS} if settings.read_only else _rows(settings)
    cluster = clients.cluster()
    described = clients.admin.topics(list(topics))
    sizes = [_checked(clients, settings, cluster, name, topic) for name, topic in described.items()]
    for name in topics.keys() - described.keys():
        described[name] = _made(clients, settings, name, topics[name])
        sizes.append(_checked(clients, settings, cluster, name, described[name]))
    identity = {"cluster": cluster.cluster_id, **{name: str(described[name].topic_id) for name in topics}}
    return Topics(identity, min(sizes))


def _checked(clients: Clients, settings: KafkaSettings, cluster: Cluster, name: str, topic: Topic) -> int:
    """Checks the topic and returns its maximum record size in bytes."""
    found = clients.admin.settings(name) or {}
    _check_partition(settings, topic, name)
    _check_settings(settings, name, required_settings(settings)[name], found)
    _check_replicas(settings, cluster, topic.partitions[settings.partition], name, found)
    return int(found["max.message.bytes"])


def _made(clients: Clients, settings: KafkaSettings, name: str, row: TopicRow) -> Topic:
    if settings.read_only:
        raise KafkaUnavailable(
            f"there is no topic {name} on {settings.bootstrap_servers}: there is nothing to read"
        )
    return made_topic(clients, row, settings.topic, settings.partitions, settings.replication_factor)


def made_topic(
    clients: Clients, row: TopicRow, events: str, shards: int = 1, replication_factor: int | None = None
) -> Topic:
    """Creates the topic of this row that belongs to the topic `events`, waits until the controller has announced it to
    the brokers, and returns it.

    `shards` are the partitions of the events. Where another process creates it at the same time, theirs is returned.
    `replication_factor` is by default that of the brokers. Raises KafkaUnavailable where no broker knows the topic
    within the timeout.
    """
    name = row.name(events)
    replicas = replication_factor or _BROKERS_DEFAULT
    clients.admin.make_topic(name, row.partitions(shards), replicas, row.settings)
    deadline, pause = monotonic() + clients.timeout, threading.Event()
    while monotonic() < deadline:
        topic = clients.admin.topics([name]).get(name)
        if topic is not None and clients.admin.settings(name) is not None:
            return topic
        pause.wait(0.02)
    raise KafkaUnavailable(f"{name} was created, but no broker knows it after {clients.timeout:g} s")


def alter_command(settings: KafkaSettings, name: str, changed: Mapping[str, str]) -> str:
    """The command with which a person changes these settings of the topic `name`."""
    change = ",".join(
        f"{key}=[{value}]" if "," in value else f"{key}={value}" for key, value in changed.items()
    )
    return (
        f"kafka-configs.sh --bootstrap-server {settings.bootstrap_servers} --alter --entity-type topics"
        f" --entity-name {name} --add-config {change}"
    )


def enough_replicas(settings: KafkaSettings, brokers: int) -> int:
    """The least number of replicas of a topic in a cluster of so many brokers."""
    return settings.replication_factor or min(_ENOUGH_REPLICAS, brokers)


def enough_in_sync(copies: int) -> int:
    """The least `min.insync.replicas` of a topic with so many replicas: no commit is on one broker alone."""
    return min(_ENOUGH_IN_SYNC, copies)


def _check_partition(settings: KafkaSettings, topic: Topic, name: str) -> None:
    count = len(topic.partitions)
    if settings.partition >= count:
        raise KafkaUnavailable(
            f"{name} has {count} partitions, but no partition {settings.partition}: kafka-topics.sh --bootstrap-server "
            f"{settings.bootstrap_servers} --alter --topic {name} --partitions {settings.partition + 1}"
        )


def _check_settings(
    settings: KafkaSettings, name: str, required: Mapping[str, str], found: Mapping[str, str]
) -> None:
    wrong = {key: value for key, value in required.items() if found.get(key) != value}
    if wrong:
        is_now = ", ".join(f"{key}={found.get(key)}" for key in wrong)
        raise KafkaLogUnsafe(
            f"topic {name} would lose events ({is_now}): {alter_command(settings, name, wrong)}"
        )


def _check_replicas(
    settings: KafkaSettings,
    cluster: Cluster,
    partition: Partition,
    name: str,
    found: Mapping[str, str],
) -> None:
    copies = len(partition.replicas)
    enough = enough_replicas(settings, len(cluster.nodes))
    if copies < enough:
        raise KafkaLogUnsafe(
            f"topic {name} has {copies} of {enough} replicas: {_reassign(settings, cluster, name, enough)}"
        )
    in_sync = enough_in_sync(copies)
    if int(found["min.insync.replicas"]) < in_sync:
        raise KafkaLogUnsafe(
            f"topic {name} accepts a commit on one broker (min.insync.replicas={found['min.insync.replicas']}): "
            f"{alter_command(settings, name, {'min.insync.replicas': str(in_sync)})}"
        )


def _reassign(settings: KafkaSettings, cluster: Cluster, name: str, enough: int) -> str:
    plan = {
        "topic": name,
        "partition": settings.partition,
        "replicas": sorted(node.id for node in cluster.nodes)[:enough],
    }
    text = json.dumps({"version": 1, "partitions": [plan]}, separators=(",", ":"))
    advice = "" if len(cluster.nodes) >= enough else f" (add {enough - len(cluster.nodes)} brokers first)"
    return (
        f"kafka-reassign-partitions.sh --bootstrap-server {settings.bootstrap_servers} --execute"
        f" --reassignment-json-file <(echo '{text}'){advice}"
    )
