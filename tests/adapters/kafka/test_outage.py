"""The broker stops during appends: each append succeeds or raises a correct error, and no event is recorded twice."""

# pyright: reportPrivateUsage=false
# The faults are injected through private attributes.

from __future__ import annotations

import os
import signal
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import cast

import pytest
from confluent_kafka import OFFSET_BEGINNING, OFFSET_INVALID, Consumer, IsolationLevel, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import ListOffsetsResultInfo

from adapters.kafka.admin import Admin
from adapters.kafka.errors import (
    KafkaConflict,
    KafkaLogLost,
    KafkaOwnershipLost,
    KafkaUnavailable,
    OutcomeUnknown,
)
from adapters.kafka.store import PartitionStore
from adapters.kafka.transaction import Transaction
from infra.servers.kafka import KafkaBroker
from tests.adapters.kafka.logs import Log, Logs, environment, events

_COORDINATOR_LOG = "__transaction_state"


@pytest.fixture
def topic() -> str:
    """An unused name, because the tests of this file have one broker."""
    return f"test.outage.{uuid.uuid4().hex}"


@pytest.fixture
def private_logs(private_broker: KafkaBroker, topic: str) -> Iterator[Logs]:
    with Logs(environment(private_broker.bootstrap_servers, topic, KAFKA_TIMEOUT="4")) as logs:
        yield logs


@dataclass(slots=True)
class Appender:
    """Appends to a stream of its own until `stop` is set, and keeps the result of each append.

    `violation` describes a result that contradicts the log.
    """

    log: Log
    stream: str
    acknowledged: dict[int, int] = field(default_factory=dict[int, int])
    unknown: set[int] = field(default_factory=set[int])
    refused: int = 0
    violation: str = ""
    version: int = 1

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set() and not self.violation:
            try:
                self.acknowledged[self.version] = self.log.append(
                    events(self.stream, self.version, self.version)
                )[0]
            except OutcomeUnknown:
                self.unknown.add(self.version)
                continue
            except KafkaUnavailable:
                self.refused += 1
                continue
            except KafkaConflict as conflict:
                # The log may hold the version only where an earlier attempt had an unknown outcome.
                self.violation = "" if self.version in self.unknown else str(conflict)
            except (KafkaOwnershipLost, KafkaLogLost) as lost:
                self.violation = f"there is no other writer and nothing was deleted: {lost}"
            self.version += 1


def test_appends_during_two_broker_restarts_are_recorded_once_or_refused(
    private_logs: Logs, private_broker: KafkaBroker
) -> None:
    log, stop = private_logs.open(KAFKA_COMMIT_TIMEOUT="3"), threading.Event()
    appenders = [Appender(log, f"order-{number}") for number in range(8)]
    threads = [threading.Thread(target=appender.run, args=(stop,)) for appender in appenders]
    for thread in threads:
        thread.start()
    for _ in range(2):
        private_broker.kill()
        private_broker.start()
        _wait_until_all_append(appenders)
    stop.set()
    for thread in threads:
        thread.join()
    _check(log, appenders)
    _check(private_logs.open(KAFKA_READ_ONLY="y"), appenders)


def _wait_until_all_append(appenders: list[Appender]) -> None:
    """Returns once each appender has appended again. If one never does, the test's timeout ends the wait."""
    before = [len(appender.acknowledged) for appender in appenders]
    pause = threading.Event()
    while any(
        len(a.acknowledged) <= count and not a.violation for a, count in zip(appenders, before, strict=True)
    ):
        pause.wait(0.05)


def _check(log: Log, appenders: list[Appender]) -> None:
    contents = log.contents()
    assert [ordinal for ordinal, _, _ in contents] == list(range(1, len(contents) + 1))
    assert log.store.refused == {}
    for appender in appenders:
        assert appender.violation == ""
        held = {version: ordinal for ordinal, stream, version in contents if stream == appender.stream}
        assert list(held) == list(range(1, len(held) + 1))
        assert appender.acknowledged.items() <= held.items()
        assert held.keys() - appender.acknowledged.keys() <= appender.unknown


@dataclass(slots=True)
class _Answering:
    """A client whose broker returns an offset at once."""

    offset: int

    def list_offsets(
        self, wanted: Mapping[TopicPartition, object], **_: object
    ) -> Mapping[TopicPartition, Future[ListOffsetsResultInfo]]:
        future = Future[ListOffsetsResultInfo]()
        future.set_result(ListOffsetsResultInfo(self.offset, -1, -1))
        return dict.fromkeys(wanted, future)


@pytest.mark.parametrize(
    "of", [Admin.begin_of, partial(Admin.end_of, isolation=IsolationLevel.READ_UNCOMMITTED)]
)
def test_a_broker_that_returns_no_offset_is_unavailable_and_has_lost_nothing(
    of: Callable[[Admin, TopicPartition], int],
) -> None:
    """A broker that has just started did so once, after a kill."""
    partition = TopicPartition("test.outage", 0)
    assert of(Admin(cast(AdminClient, _Answering(7)), 1.0), partition) == 7
    with pytest.raises(KafkaUnavailable, match="does not know the offset yet"):
        of(Admin(cast(AdminClient, _Answering(OFFSET_INVALID)), 1.0), partition)


def test_after_a_commit_timeout_the_outcome_is_read_back_from_the_log(
    private_logs: Logs, private_broker: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = private_logs.open(KAFKA_COMMIT_TIMEOUT="0.5", KAFKA_TIMEOUT="20")
    log.append(events("order-1", 1, 1))
    commit = Transaction.commit

    def frozen(transaction: Transaction) -> None:
        os.kill(private_broker.pid, signal.SIGSTOP)
        threading.Timer(2.0, os.kill, (private_broker.pid, signal.SIGCONT)).start()
        monkeypatch.setattr(Transaction, "commit", commit)
        commit(transaction)

    monkeypatch.setattr(Transaction, "commit", frozen)
    assert log.append(events("order-1", 2, 3)) == [2, 3]
    assert log.append(events("order-1", 4, 4)) == [4]
    assert private_logs.open(KAFKA_READ_ONLY="y").contents() == [(n, "order-1", n) for n in range(1, 5)]


def test_a_broker_that_stops_responding_leaves_the_outcome_unknown(
    private_logs: Logs, private_broker: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    private_logs.open().append(events("order-1", 1, 1))
    log = private_logs.open(KAFKA_TIMEOUT="10", KAFKA_COMMIT_TIMEOUT="3")
    commit = Transaction.commit

    def frozen(transaction: Transaction) -> None:
        os.kill(private_broker.pid, signal.SIGSTOP)
        commit(transaction)

    monkeypatch.setattr(Transaction, "commit", frozen)
    with pytest.raises(OutcomeUnknown, match="its outcome cannot be read back"):
        log.append(events("order-1", 2, 2))
    with pytest.raises(KafkaUnavailable, match="take over"):
        log.append(events("order-1", 2, 2))
    private_broker.kill()
    monkeypatch.setattr(Transaction, "commit", commit)
    private_broker.start()
    later = private_logs.open()
    assert later.append(events("order-1", 2, 2)) == [2]
    assert later.contents() == [(1, "order-1", 1), (2, "order-1", 2)]


def test_an_owner_that_appends_nothing_finds_an_outage_while_it_lasts_and_its_end(
    private_logs: Logs, private_broker: KafkaBroker
) -> None:
    private_logs.open().append(events("order-1", 1, 1))
    store = private_logs.open(KAFKA_TIMEOUT="1").store
    store.check_answers()
    os.kill(private_broker.pid, signal.SIGSTOP)
    with pytest.raises(KafkaUnavailable, match=r"test\.outage.* partition 0: Kafka has not answered for "):
        _until(store.check_answers, lambda: False)
    store.check()  # an append that nobody makes was not refused
    os.kill(private_broker.pid, signal.SIGCONT)
    _until(store.check, lambda: _answers(store))


def _until(look: Callable[[], None], reached: Callable[[], bool]) -> None:
    """Looks again and again until the state is reached. If it never is, the test's timeout ends the wait."""
    pause = threading.Event()
    while not reached():
        look()
        pause.wait(0.02)


def _answers(store: PartitionStore) -> bool:
    try:
        store.check_answers()
    except KafkaUnavailable:
        return False
    return True


def test_an_expired_transactional_id_is_taken_again(
    private_logs: Logs, private_broker: KafkaBroker, topic: str
) -> None:
    private_broker.stop()
    private_broker.properties |= {
        "transactional.id.expiration.ms": "1000",
        "transaction.remove.expired.transaction.cleanup.interval.ms": "200",
    }
    private_broker.start()
    log = private_logs.open(KAFKA_TIMEOUT="30")
    assert log.append(events("order-1", 1, 2)) == [1, 2]
    writer = log.store._inner.writer
    assert writer is not None
    before = writer._producers
    _wait_until_expired(private_broker.bootstrap_servers, f"{topic}.0.1")
    assert _appended(log, 3) == [3]
    assert writer._producers is not before
    assert log.contents() == [(n, "order-1", n) for n in range(1, 4)]


def _wait_until_expired(servers: str, transactional_id: str) -> None:
    """Returns once the coordinator's log holds the removal of the id: a record with its key and without a value."""
    consumer = Consumer(
        {"bootstrap.servers": servers, "group.id": "whence-test", "enable.auto.commit": False}
    )
    with closing(consumer):
        topic = consumer.list_topics(_COORDINATOR_LOG, timeout=30).topics[_COORDINATOR_LOG]
        consumer.assign([TopicPartition(_COORDINATOR_LOG, one, OFFSET_BEGINNING) for one in topic.partitions])
        while True:
            message = consumer.poll(1.0)
            if message is None or message.error() is not None:
                continue
            if (message.key() or b"").endswith(transactional_id.encode()) and message.value() is None:
                return


def _appended(log: Log, version: int) -> list[int]:
    """Appends until the writer uses its new ids before they expire, too, which may take longer under load."""
    while True:
        try:
            return log.append(events("order-1", version, version))
        except OutcomeUnknown:
            raise
        except KafkaUnavailable:
            continue
