"""Leases of partitions on a real broker: shared, renewed, and given to others by who leaves."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from adapters.kafka.client import Clients
from adapters.kafka.leases import PartitionLeases, lease_owners
from adapters.kafka.topic import made_topic
from adapters.kafka.topic_table import EVENTS

PATIENCE = 60.0


def until(is_so: Callable[[], bool], *members: PartitionLeases) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        for one in members:
            one.step(0.05)


def test_partitions_are_shared_renewed_and_go_to_the_others_when_a_member_leaves(
    kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    clients = Clients.of_cluster(kafka_bootstrap_servers, {}, 30.0)
    made_topic(clients, EVENTS, kafka_topic, 2)
    assert lease_owners(clients, kafka_topic, 2) == {}
    first = PartitionLeases(clients, kafka_topic)
    until(lambda: set(first.held) == {0, 1}, first)
    second = PartitionLeases(clients, kafka_topic)
    until(lambda: len(first.held) == len(second.held) == 1, first, second)
    assert set(first.held) | set(second.held) == {0, 1}
    before = first.renewed_at
    until(lambda: first.renewed_at > before, first, second)
    second.close()
    until(lambda: set(first.held) == {0, 1}, first)
    owners = lease_owners(clients, kafka_topic, 2)
    assert [one.endswith(f" {os.getpid()}") for one in owners.values()] == [True, True]
    first.close()
