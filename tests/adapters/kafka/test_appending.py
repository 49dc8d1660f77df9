"""Appends: shared commits, conflicts, headers and timestamps, tracking and snapshots, readers that are not owners."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from eventsourcing.persistence import IntegrityError, ProgrammingError, StoredEvent, Tracking
from eventsourcing.utils import Environment

from adapters.kafka.errors import KafkaConflict, KafkaReadOnly, KafkaUnavailable
from adapters.kafka.factory import KafkaFactory
from tests.adapters.kafka.logs import Logs, events


def test_queued_appends_share_commits_and_only_the_append_in_conflict_fails(logs: Logs) -> None:
    log = logs.open()
    log.append(events("contested", 1, 1))

    def append(number: int) -> str:
        try:
            log.append(events("contested", 1, 1) if number % 4 == 0 else events(f"order-{number}", 1, 2))
        except KafkaConflict as conflict:
            return str(conflict)
        return "ok"

    with ThreadPoolExecutor(32) as threads:
        results = list(threads.map(append, range(200)))
    assert [result == "ok" for result in results] == [number % 4 != 0 for number in range(200)]
    assert results[0] == "version 1 of contested cannot follow version 1, its last"
    contents = log.contents()
    assert len(contents) == 1 + 2 * 150
    assert [ordinal for ordinal, _, _ in contents] == list(range(1, 302))
    adjacent = zip(contents[1::2], contents[2::2], strict=True)
    assert all(one[1] == two[1] and (one[2], two[2]) == (1, 2) for one, two in adjacent)


def test_a_stream_that_begins_after_1_or_skips_a_version_is_refused(logs: Logs) -> None:
    log = logs.open()
    log.append(events("from-0", 0, 1))
    log.append(events("from-1", 1, 1))
    for refused in (events("from-2", 2, 2), events("from-1", 3, 3), events("from-0", 2, 2) * 2):
        with pytest.raises(IntegrityError):
            log.append(refused)
    assert len(log.contents()) == 3


def test_headers_and_timestamps_are_read_as_they_were_written(logs: Logs) -> None:
    log = logs.open()
    headers = [[("ce_id", b"1"), ("ce_type", b"whence.test.Happened")], [("ce_id", b"\xff\x00")]]
    log.recorder.insert_events(events("order-1", 1, 2), headers=headers, timestamps=[5, 1_700_000_000_000])
    for reader in (log, logs.open(KAFKA_READ_ONLY="y")):
        first, second = reader.replay()
        assert (first.topic, first.version, first.timestamp) == ("whence.test.Happened", 1, 5)
        assert first.headers == [*headers[0], ("ce_sequence", b"1")]
        assert (second.timestamp, second.headers[0]) == (1_700_000_000_000, ("ce_id", b"\xff\x00"))


def test_headers_or_timestamps_that_are_not_one_for_each_event_are_refused(logs: Logs) -> None:
    recorder = logs.open().recorder
    with pytest.raises(ProgrammingError, match="2 events were given with headers for 1"):
        recorder.insert_events(events("order-1", 1, 2), headers=[[]])
    with pytest.raises(ProgrammingError, match="2 events were given with timestamps for 3"):
        recorder.insert_events(events("order-1", 1, 2), timestamps=[1, 2, 3])
    assert recorder.max_notification_id() is None


def test_events_tracking_and_snapshots_are_read_by_a_log_opened_later(logs: Logs) -> None:
    log = logs.open()
    log.factory.process_recorder().insert_events(events("order-1", 1, 2), tracking=Tracking("upstream", 7))
    snapshot = StoredEvent("order-1", 2, "whence.test.State", b"folded")
    log.factory.aggregate_recorder("snapshots").insert_events([snapshot])
    again = logs.open()
    assert again.factory.tracking_recorder().max_tracking_id("upstream") == 7
    assert again.factory.aggregate_recorder("snapshots").select_events("order-1") == [snapshot]
    with pytest.raises(IntegrityError):
        again.factory.process_recorder().insert_events(
            events("order-1", 3, 3), tracking=Tracking("upstream", 7)
        )
    with pytest.raises(IntegrityError):
        again.factory.aggregate_recorder("snapshots").insert_events([snapshot])
    assert again.contents() == [(1, "order-1", 1), (2, "order-1", 2)]


def test_a_read_only_log_does_not_fence_the_owner_and_follows_its_appends(logs: Logs) -> None:
    owner = logs.open()
    owner.append(events("order-1", 1, 2))
    reader = logs.open(KAFKA_READ_ONLY="y")
    with pytest.raises(KafkaReadOnly):
        reader.append(events("order-1", 3, 3))
    owner.append(events("order-1", 3, 3))
    assert reader.recorder.max_notification_id() == 3
    assert [event.originator_version for event in reader.recorder.select_events("order-1", gt=1)] == [2, 3]
    with reader.recorder.subscribe(gt=2) as subscription:
        assert next(subscription).originator_version == 3
        threading.Timer(0.05, owner.append, (events("order-2", 1, 1),)).start()
        arrived = next(subscription)
    assert (arrived.id, arrived.originator_id) == (4, "order-2")


def test_replay_begins_at_any_ordinal(logs: Logs) -> None:
    log = logs.open()
    for number in range(40):
        log.append(events(f"order-{number}", 1, 5))
    contents = log.contents()
    assert len(contents) == 200
    for start in (1, 2, 6, 101, 200):
        assert log.contents(start) == contents[start - 1 :]
    assert log.contents(201) == []


def test_an_append_to_a_closed_log_is_refused(logs: Logs) -> None:
    log = logs.open()
    recorder = log.recorder
    log.close()
    with pytest.raises(KafkaUnavailable, match="is closed"):
        recorder.insert_events(events("order-1", 1, 1))


def test_a_log_without_references_is_closed(env: Environment) -> None:
    recorder = KafkaFactory(env).application_recorder()
    thread = next(t for t in threading.enumerate() if t.name.startswith(f"append to {env['KAFKA_TOPIC']}"))
    assert recorder.max_notification_id() is None
    del recorder
    thread.join(10)
    assert not thread.is_alive()
