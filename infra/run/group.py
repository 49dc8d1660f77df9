"""Shares the partitions of a topic among the processes of a Kafka consumer group; one process projects each partition.

Kafka assigns the partitions. An assigned partition starts a `Projecting`; a revoked partition stops it after its
current batch is committed. How far each partition is projected is stored with the rows, as a cursor; no offset is
committed to Kafka.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from sqlalchemy import Engine

from adapters.log.address import KafkaAddress, parse_address
from domain.errors import InvalidInput, LogUnavailable, StoreUnavailable
from infra.config import WhenceSettings
from infra.logs import client_of, open_reader
from infra.run.projecting import Projecting
from infra.run.rebuilding import log_of
from projections.answering import answering

_log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.5
_MEMBERSHIP = {
    "enable.auto.commit": False,
    "auto.offset.reset": "latest",
    "partition.assignment.strategy": "cooperative-sticky",
    "session.timeout.ms": 6_000,
    "heartbeat.interval.ms": 2_000,
    "fetch.message.max.bytes": 1_024,
}
"""A silent member counts as failed after six seconds. Its consumer only receives assignments and fetches no records."""


class Group:
    """One member of a consumer group, with a `Projecting` for each partition assigned to it."""

    def __init__(self, engine: Engine, settings: WhenceSettings, name: str) -> None:
        """Raises InvalidInput for a log that is not on Kafka."""
        address = parse_address(settings.log)
        if not isinstance(address, KafkaAddress):
            raise InvalidInput(
                f"--group shares the partitions of a topic on Kafka; {address} has no partitions"
            )
        self._engine = engine
        self._settings = settings
        self._address = address
        self._name = name
        self._at_work: dict[int, tuple[Projecting, ExitStack]] = {}
        self._waiting: set[int] = set()

    def run(self, stopped: Callable[[], bool]) -> None:
        """Projects the assigned partitions until `stopped()`.

        Raises LogUnavailable, and the error that ended a `Projecting`.
        """
        properties = {
            **client_of(self._settings),
            **_MEMBERSHIP,
            "bootstrap.servers": self._address.servers,
            "group.id": self._name,
        }
        consumer = Consumer(properties)
        try:
            consumer.subscribe(
                [self._address.topic],
                on_assign=self._assigned,
                on_revoke=self._revoked,
                on_lost=self._revoked,
            )
            while not stopped():
                self._look(consumer)
        finally:
            consumer.close()
            self._revoked(consumer, [TopicPartition(self._address.topic, one) for one in list(self._at_work)])

    def _look(self, consumer: Consumer) -> None:
        message = consumer.poll(_LOOK_SECONDS)
        error = None if message is None else message.error()
        if error is not None and error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise LogUnavailable(f"there is no topic {self._address.topic} at {self._address.servers}")
        if error is not None:
            _log.warning("group %s: %s", self._name, error.str())
        self._begin_waiting()
        for projecting, _held in self._at_work.values():
            if projecting.failure is not None:
                raise projecting.failure

    def _assigned(self, consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        consumer.incremental_assign(list(partitions))
        try:
            consumer.pause(list(partitions))
        except KafkaException as fault:
            _log.warning("group %s: %s", self._name, fault)
        for one in partitions:
            _log.info("group %s: partition %d is assigned to this process", self._name, one.partition)
            self._waiting.add(one.partition)

    def _begin_waiting(self) -> None:
        """Begins to project the assigned partitions. Where the log or the store does not answer, the next look tries
        again."""
        for partition in sorted(self._waiting):
            try:
                with answering(self._engine):
                    self._begin(partition)
            except (LogUnavailable, StoreUnavailable) as fault:
                _log.warning("group %s: partition %d waits: %s", self._name, partition, fault)
            else:
                self._waiting.discard(partition)

    def _begin(self, partition: int) -> None:
        with ExitStack() as held:
            reader = held.enter_context(closing(open_reader(log_of(self._settings, partition))))
            projecting = Projecting(self._engine, reader, partition=partition)
            held.callback(projecting.stop)
            projecting.start()
            self._at_work[partition] = projecting, held.pop_all()

    def _revoked(self, _consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        for one in partitions:
            self._waiting.discard(one.partition)
            _projecting, held = self._at_work.pop(one.partition, (None, ExitStack()))
            held.close()
            _log.info("group %s: partition %d is revoked from this process", self._name, one.partition)
