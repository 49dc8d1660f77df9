"""The library's infrastructure factory for a log on Kafka: `PERSISTENCE_MODULE=adapters.kafka`."""

from __future__ import annotations

import threading
from typing import Final, TypeVar

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    ProcessRecorder,
    ProgrammingError,
)
from eventsourcing.utils import Environment, EnvType, resolve_topic

from adapters.kafka.config import KafkaSettings, settings_of
from adapters.kafka.recorders import (
    KafkaAggregateRecorder,
    KafkaApplicationRecorder,
    KafkaProcessRecorder,
    KafkaRecorder,
    KafkaSnapshotRecorder,
    KafkaTrackingRecorder,
)
from adapters.kafka.rule import Rule
from adapters.kafka.store import PartitionStore

_Recorder = TypeVar("_Recorder", bound=KafkaRecorder)

_AGGREGATE_RECORDERS: Final[dict[str, type[KafkaAggregateRecorder | KafkaSnapshotRecorder]]] = {
    "events": KafkaAggregateRecorder,
    "snapshots": KafkaSnapshotRecorder,
}


class KafkaFactory(InfrastructureFactory[KafkaTrackingRecorder]):
    """All recorders of one factory share one writer. The first recorder opens the log.

    The constructor raises KafkaSettingsInvalid. Opening raises KafkaLogUnsafe, KafkaLogOwned or KafkaUnavailable.
    """

    def __init__(self, env: Environment | EnvType | None, rule: Rule | None = None) -> None:
        """`rule` accepts records as events by their marks; the library's own applications have none."""
        super().__init__(env)
        self._rule = rule
        self.settings: KafkaSettings = settings_of(self.env)
        self._opening = threading.Lock()
        self._store: PartitionStore | None = None

    @property
    def store(self) -> PartitionStore:
        """The log that all recorders share; opened on first use."""
        with self._opening:
            if self._store is None:
                self._store = PartitionStore(self.settings, self._rule)
            return self._store

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """The recorder for the purpose `events` or `snapshots`. Raises ProgrammingError for any other purpose."""
        if purpose not in _AGGREGATE_RECORDERS:
            raise ProgrammingError(f"there is no topic for {purpose!r}: {' or '.join(_AGGREGATE_RECORDERS)}")
        return _AGGREGATE_RECORDERS[purpose](self.store)

    def application_recorder(self) -> ApplicationRecorder:
        return self._chosen(self.APPLICATION_RECORDER_TOPIC, KafkaApplicationRecorder)(self.store)

    def tracking_recorder(
        self, tracking_recorder_class: type[KafkaTrackingRecorder] | None = None
    ) -> KafkaTrackingRecorder:
        chosen = tracking_recorder_class or self._chosen(self.TRACKING_RECORDER_TOPIC, KafkaTrackingRecorder)
        return chosen(self.store)

    def process_recorder(self) -> ProcessRecorder:
        return self._chosen(self.PROCESS_RECORDER_TOPIC, KafkaProcessRecorder)(self.store)

    def close(self) -> None:
        """Finishes the current appends and releases the partition."""
        with self._opening:
            if self._store is not None:
                self._store.close()
                self._store = None

    def _chosen(self, key: str, default: type[_Recorder]) -> type[_Recorder]:
        topic = self.env.get(key)
        chosen: type[_Recorder] = resolve_topic(topic) if topic else default
        if not issubclass(chosen, default):
            raise ProgrammingError(f"{key}={topic} is not a {default.__name__}")
        return chosen


Factory = KafkaFactory
