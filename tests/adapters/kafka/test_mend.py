"""Ending a transaction whose markers are lost.

The tests cannot make a broker lose markers on demand; `test_outage` may cause it by chance.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from confluent_kafka import Producer
from eventsourcing.utils import Environment

from adapters.kafka.client import Clients
from adapters.kafka.config import KafkaSettings, settings_of
from adapters.kafka.errors import KafkaOwnershipLost
from adapters.kafka.mend import mend, outcome_of
from tests.adapters.kafka.logs import Logs, events


@pytest.fixture
def settings(env: Environment) -> KafkaSettings:
    return settings_of(env)


def _clients(settings: KafkaSettings) -> Clients:
    return Clients(settings.client, settings.timeout)


def _fenced(settings: KafkaSettings) -> Mapping[str, Producer]:
    names = [f"{settings.topic}.{settings.partition}.{turn}" for turn in (0, 1)]
    made = {
        name: Producer({"bootstrap.servers": settings.bootstrap_servers, "transactional.id": name})
        for name in names
    }
    for producer in made.values():
        producer.init_transactions(20)
    return made


@pytest.mark.parametrize("committed", [True, False])
def test_the_coordinators_log_holds_the_outcome_of_the_last_transaction(
    logs: Logs, settings: KafkaSettings, committed: bool
) -> None:
    logs.open().append(events("order-1", 1, 1))
    for producer in (producers := _fenced(settings)).values():
        producer.begin_transaction()
        producer.produce(settings.topic, b"", "nobody", 0)
        producer.flush(10)
        if committed:
            producer.commit_transaction(10)
        else:
            producer.abort_transaction(10)
    clients = _clients(settings)
    assert [outcome_of(clients, name) for name in producers] == [committed] * 2
    # The outcome is still the same after another takeover of the ids.
    assert [outcome_of(clients, name) for name in _fenced(settings)] == [committed] * 2


def test_an_id_without_an_ended_transaction_has_no_outcome(logs: Logs, settings: KafkaSettings) -> None:
    logs.open()
    assert outcome_of(_clients(settings), f"{settings.topic}.0.1") is None


def test_mending_a_log_without_hanging_transactions_changes_no_event(
    logs: Logs, settings: KafkaSettings
) -> None:
    before = logs.open()
    for version in (1, 2):
        before.append(events("order-1", version, version))
    mend(_clients(settings), settings, [settings.topic, settings.tracking_topic], _fenced(settings))
    after = logs.open()
    assert after.append(events("order-1", 3, 3)) == [3]
    for log in (after, logs.open(KAFKA_READ_ONLY="y")):
        assert log.contents() == [(1, "order-1", 1), (2, "order-1", 2), (3, "order-1", 3)]
        assert log.store.refused == {}


def test_a_writer_fenced_off_while_mending_loses_its_ownership(logs: Logs, settings: KafkaSettings) -> None:
    before = logs.open()
    for version in (1, 2):
        before.append(events("order-1", version, version))
    late = _fenced(settings)
    _fenced(settings)
    with pytest.raises(KafkaOwnershipLost):
        mend(_clients(settings), settings, [settings.topic], late)
