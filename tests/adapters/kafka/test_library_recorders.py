"""The library's recorder and factory cases, unmodified, on the real broker."""

from __future__ import annotations

from collections.abc import Iterator

import eventsourcing.tests.persistence as library
import pytest
from eventsourcing.persistence import InfrastructureFactory
from eventsourcing.utils import Environment, get_topic

from adapters.kafka.factory import KafkaFactory
from adapters.kafka.recorders import (
    KafkaAggregateRecorder,
    KafkaApplicationRecorder,
    KafkaProcessRecorder,
    KafkaSnapshotRecorder,
    KafkaTrackingRecorder,
)


class OnKafka:
    """Gives each case a factory for a log of its own."""

    factory: KafkaFactory
    env: Environment

    @pytest.fixture(autouse=True)
    def _log(self, env: Environment) -> Iterator[None]:
        self.env = env
        self.factory = KafkaFactory(env)
        yield
        self.factory.close()


class TestAggregateRecorder(OnKafka, library.AggregateRecorderTestCase):
    def create_recorder(self) -> KafkaAggregateRecorder:
        recorder = self.factory.aggregate_recorder()
        assert isinstance(recorder, KafkaAggregateRecorder)
        return recorder


class TestSnapshotRecorder(OnKafka, library.AggregateRecorderTestCase):
    def create_recorder(self) -> KafkaSnapshotRecorder:
        recorder = self.factory.aggregate_recorder("snapshots")
        assert isinstance(recorder, KafkaSnapshotRecorder)
        return recorder


class TestApplicationRecorder(OnKafka, library.ApplicationRecorderTestCase[KafkaApplicationRecorder]):
    def create_recorder(self) -> KafkaApplicationRecorder:
        recorder = self.factory.application_recorder()
        assert isinstance(recorder, KafkaApplicationRecorder)
        return recorder

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestTrackingRecorder(OnKafka, library.TrackingRecorderTestCase):
    def create_recorder(self) -> KafkaTrackingRecorder:
        return self.factory.tracking_recorder()


class TestProcessRecorder(OnKafka, library.ProcessRecorderTestCase):
    def create_recorder(self) -> KafkaProcessRecorder:
        recorder = self.factory.process_recorder()
        assert isinstance(recorder, KafkaProcessRecorder)
        return recorder


class TestNonInterleavingNotificationIDs(OnKafka, library.NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self) -> KafkaApplicationRecorder:
        recorder = self.factory.application_recorder()
        assert isinstance(recorder, KafkaApplicationRecorder)
        return recorder


class OwnTrackingRecorder(KafkaTrackingRecorder):
    """A tracking recorder class that an application supplies."""


class TestFactory(library.InfrastructureFactoryTestCase[KafkaFactory]):
    @pytest.fixture(autouse=True)
    def _environment(self, env: Environment) -> None:
        self.env = env

    def expected_factory_class(self) -> type[KafkaFactory]:
        return KafkaFactory

    def expected_aggregate_recorder_class(self) -> type[KafkaAggregateRecorder]:
        return KafkaAggregateRecorder

    def expected_application_recorder_class(self) -> type[KafkaApplicationRecorder]:
        return KafkaApplicationRecorder

    def expected_tracking_recorder_class(self) -> type[KafkaTrackingRecorder]:
        return KafkaTrackingRecorder

    def tracking_recorder_subclass(self) -> type[KafkaTrackingRecorder]:
        return OwnTrackingRecorder

    def expected_process_recorder_class(self) -> type[KafkaProcessRecorder]:
        return KafkaProcessRecorder


def test_the_library_finds_the_factory_by_its_module_name(env: Environment) -> None:
    assert env["PERSISTENCE_MODULE"] == "adapters.kafka"
    factory = InfrastructureFactory[KafkaTrackingRecorder].construct(env)
    assert get_topic(type(factory)) == "adapters.kafka.factory:KafkaFactory"
