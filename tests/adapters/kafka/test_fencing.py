"""A partition has one writer: a writer that is fenced off writes nothing, however two takeovers interleave."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import combinations
from uuid import uuid4

import pytest
from eventsourcing.utils import Environment

from adapters.kafka.errors import KafkaOwnershipLost
from domain.errors import OwnershipLost
from tests.adapters.kafka.contender import Contender
from tests.adapters.kafka.logs import Logs, environment, events

_STEPS = 3


def _merges() -> Iterator[str]:
    """Every interleaving of two takeovers of three steps, each followed by appends in turn."""
    for of_a in combinations(range(2 * _STEPS), _STEPS):
        yield "".join("A" if step in of_a else "B" for step in range(2 * _STEPS)) + "ABAB"


# One contender appends between the steps of the other's takeover, and again after it.
_LATE = (
    "AAABBABBAB",
    "AAABABABBBAB",
    "AAAABABBBBAB",
    "AAAABBABBBAB",
    "AAAABBBABBAB",
    "AAAABBBBAB",
    "BBBBAAABAA",
)


@pytest.fixture(scope="module")
def contested(kafka_bootstrap_servers: str) -> Environment:
    """One log for all races, because creating a topic takes longer than a race. Each race has its own stream."""
    return environment(kafka_bootstrap_servers, f"test.{uuid4().hex}", ORIGINATOR_ID_TYPE="text")


def test_a_second_writer_fences_the_first_off(logs: Logs) -> None:
    first = logs.open()
    assert first.append(events("order-1", 1, 2)) == [1, 2]
    second = logs.open()
    with pytest.raises(OwnershipLost, match="another writer has taken over"):
        first.append(events("order-1", 3, 3))
    assert second.append(events("order-1", 3, 3)) == [3]
    assert second.contents() == [(1, "order-1", 1), (2, "order-1", 2), (3, "order-1", 3)]


def test_a_fenced_writer_stays_fenced_and_reads_the_events_of_the_other(logs: Logs) -> None:
    first, second = logs.open(), logs.open()
    for _ in range(3):
        with pytest.raises(KafkaOwnershipLost):
            first.append(events("order-1", 1, 1))
    second.append(events("order-2", 1, 2))
    assert [event.originator_version for event in first.recorder.select_events("order-2")] == [1, 2]
    assert first.recorder.max_notification_id() == 2


@pytest.mark.parametrize("order", [*_merges(), *_LATE])
def test_two_interleaved_takeovers_leave_one_writer_and_one_history(
    contested: Environment, order: str
) -> None:
    with closing(Contender(contested, "A", order)) as one, closing(Contender(contested, "B", order)) as other:
        turns = {"A": one.steps, "B": other.steps}
        for who in order:
            next(turns[who])()
        assert one.error is not None or other.error is not None, "two owners served at the same time"
        written = sorted([(v, "A") for v in one.written] + [(v, "B") for v in other.written])
    with Logs(contested) as logs:
        log = logs.open(KAFKA_READ_ONLY="y")
        recorded = [
            (record.version, record.state.decode()) for record in log.replay() if record.stream == order
        ]
        assert recorded == written
        assert [version for version, _ in recorded] == list(range(1, len(recorded) + 1))
        assert log.store.refused == {}


def test_an_old_owner_that_takes_over_again_fences_the_new_owner_off(logs: Logs) -> None:
    """An owner whose commit times out takes the log over again; the owner in the meantime loses its ownership."""
    old = logs.open()
    old.append(events("order-1", 1, 1))
    new = logs.open()
    new.append(events("order-1", 2, 2))
    returned = logs.open()
    assert returned.append(events("order-1", 3, 3)) == [3]
    for lost in (new, old):
        with pytest.raises(KafkaOwnershipLost):
            lost.append(events("order-1", 4, 4))
    assert returned.contents() == [(1, "order-1", 1), (2, "order-1", 2), (3, "order-1", 3)]
