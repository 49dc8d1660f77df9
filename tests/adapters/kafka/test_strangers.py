"""Foreign records in the topic: every reader refuses and counts the same records, and the writer notices them."""

from __future__ import annotations

import pytest
from confluent_kafka import Producer
from eventsourcing.persistence import IntegrityError

from adapters.kafka.record import headers_of
from tests.adapters.kafka.logs import Logs, events


def _foreign(
    servers: str, topic: str, stream: str, version: int, headers: list[tuple[str, bytes]] | None = None
) -> None:
    producer = Producer({"bootstrap.servers": servers})
    own = headers_of("whence.test.Happened", version, ()) if headers is None else headers
    producer.produce(topic, b"foreign", stream, 0, headers=list[tuple[str, str | bytes | None]](own))
    assert producer.flush(10) == 0


@pytest.mark.parametrize(
    ("stream", "version"), [("order-1", 2), ("order-1", 1), ("order-1", 4), ("order-2", 2)]
)
def test_a_record_that_breaks_the_order_of_versions_is_refused_by_every_reader(
    logs: Logs, kafka_bootstrap_servers: str, kafka_topic: str, stream: str, version: int
) -> None:
    reader = logs.open()
    reader.append(events("order-1", 1, 2))
    following = logs.open(KAFKA_READ_ONLY="y")
    _foreign(kafka_bootstrap_servers, kafka_topic, stream, version)
    owner = logs.open()
    assert owner.append(events("order-1", 3, 3)) == [3]
    cold = logs.open(KAFKA_READ_ONLY="y")
    contents = [(1, "order-1", 1), (2, "order-1", 2), (3, "order-1", 3)]
    for log in (owner, following, cold):
        assert log.contents() == contents
        assert log.contents(3) == contents[2:]
        assert [event.originator_version for event in log.recorder.select_events("order-1")] == [1, 2, 3]
        assert [n.id for n in log.recorder.select_notifications(1, 10)] == [1, 2, 3]
        last = 2 if stream == "order-1" else 0
        claim = f"whence.test.Happened, version {version} of {stream}: the stream's last version is {last}"
        assert list(log.store.refused.values()) == [claim]


def test_a_record_that_is_not_an_event_is_counted_and_skipped(
    logs: Logs, kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    logs.open().append(events("order-1", 1, 1))
    _foreign(kafka_bootstrap_servers, kafka_topic, "order-1", 2, [("anything", b"else")])
    log = logs.open()
    assert log.append(events("order-1", 2, 2)) == [2]
    assert list(log.store.refused.values()) == ["a record with the key order-1: it is not an event"]


def test_a_version_taken_by_a_foreign_record_is_a_conflict_for_the_writer(
    logs: Logs, kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    """The writer's own markers do not explain three more offsets, so the writer reads the log before it responds."""
    owner = logs.open()
    owner.append(events("order-1", 1, 1))
    for version in (2, 3, 4):
        _foreign(kafka_bootstrap_servers, kafka_topic, "order-1", version)
    with pytest.raises(IntegrityError):
        owner.append(events("order-1", 2, 2))
    assert owner.append(events("order-1", 5, 5)) == [5]
    assert [state for _, _, _, _, state, _, _ in owner.replay()] == [b"state", *[b"foreign"] * 3, b"state"]
    assert len(owner.store.refused) == 1
