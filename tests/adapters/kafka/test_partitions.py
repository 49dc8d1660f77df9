"""A partition is a log of its own."""

from __future__ import annotations

import pytest

from adapters.kafka.errors import KafkaUnavailable
from tests.adapters.kafka.logs import Logs, events


def test_two_partitions_have_independent_writers(logs: Logs) -> None:
    east = logs.open(KAFKA_PARTITIONS="2")
    west = logs.open(KAFKA_PARTITION="1")
    assert east.append(events("order-1", 1, 2)) == [1, 2]
    assert west.append(events("order-1", 1, 1)) == [1]
    assert east.append(events("order-1", 3, 3)) == [3]
    assert west.append(events("order-2", 1, 1)) == [2]
    assert east.contents() == [(1, "order-1", 1), (2, "order-1", 2), (3, "order-1", 3)]
    assert west.contents() == [(1, "order-1", 1), (2, "order-2", 1)]


def test_a_missing_partition_is_refused_with_the_command_that_adds_it(logs: Logs) -> None:
    logs.open(KAFKA_PARTITIONS="2").close()
    with pytest.raises(
        KafkaUnavailable, match=r"has 2 partitions, but no partition 2: kafka-topics\.sh .* --partitions 3"
    ):
        logs.open(KAFKA_PARTITION="2")
