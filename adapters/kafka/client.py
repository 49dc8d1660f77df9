"""Typed access to confluent-kafka: creates the clients and translates their errors."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import Any, Final, Self, TypeVar

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from adapters.kafka.admin import Admin, Cluster
from adapters.kafka.config import FIXED, ClientSettings
from adapters.kafka.errors import KafkaSettingsInvalid, KafkaUnavailable
from adapters.kafka.failure import failure_of
from adapters.kafka.repeats import Repeats
from adapters.kafka.topic_table import READERS_GROUP

_REPEATS: Final = Repeats(logging.getLogger(__name__))
"""All clients of the process share it: an outage is one matter, however many of them notice it."""
_T = TypeVar("_T")

# An open transaction blocks every reader until another writer takes over or this timeout ends.
TRANSACTION_TIMEOUT_MS: Final = 10_000
_FIRST_TRY: Final = 1.0
"""Seconds of the first try of a request to a partition's leader."""
_LEAST_TRY: Final = 0.1
_GAPLESS_TIMES: Final = 4
"""A record's own timeout in a gapless producer, as a multiple of the clients' timeout, within which `flush` ends."""

_PRODUCER: Final[Mapping[str, str | int]] = {
    "acks": "all",
    "enable.idempotence": True,
    "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
    "queue.buffering.max.messages": 1_000_000,
    "queue.buffering.max.kbytes": 1_048_576,
}
_CONSUMER: Final[Mapping[str, str | int | bool]] = {
    # No group is joined, because partitions are assigned explicitly; librdkafka still requires the name of a group.
    "group.id": READERS_GROUP,
    "isolation.level": "read_committed",
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "enable.partition.eof": True,
    "auto.offset.reset": "error",
    "fetch.queue.backoff.ms": 1,
    "check.crcs": True,
}


class Clients:
    """Creates the producers, consumers and the admin client of one configuration."""

    def __init__(self, settings: ClientSettings, timeout: float) -> None:
        self._settings, self.timeout = settings, timeout
        self._admin: Admin | None = None
        self._pause = threading.Event()

    @classmethod
    def of_cluster(cls, servers: str, client: Mapping[str, str], timeout: float) -> Self:
        """The clients of a cluster, whose `servers` are written as in a log's address.

        `client` holds librdkafka's settings for the cluster; `timeout` is the longest wait for an answer, in seconds.
        """
        return cls(ClientSettings({**client, "bootstrap.servers": servers}), timeout)

    def producer(self, transactional_id: str, max_bytes: int, disconnected: threading.Event) -> Producer:
        """A producer. After one of its connections breaks, the next poll sets `disconnected`."""

        def report(_: KafkaError) -> None:
            disconnected.set()

        own: dict[str, object] = {
            **_PRODUCER,
            "error_cb": report,
            "transactional.id": transactional_id,
            "message.max.bytes": max_bytes,
        }
        return self._made(lambda: Producer(self._config(own), logger=_REPEATS))

    def plain_producer(self, max_bytes: int) -> Producer:
        """A producer without transactions. A record that it reports as delivered is durable."""
        return self._plain({
            "delivery.timeout.ms": round(self.timeout * 1000),
            "message.max.bytes": max_bytes,
        })  # fmt: skip

    def gapless_producer(self, max_bytes: int, special: Mapping[str, object] | None = None) -> Producer:
        """A plain producer that delivers no record of a partition after one that has timed out. `special` holds
        librdkafka's settings for what it sends.

        No record times out within `timeout`: `flush` ends first, and `purge` then drops all that wait. With a record's
        own timeout, those after it would be sent once the brokers respond again. librdkafka's own guarantee does not
        cover timeouts (its CONFIGURATION.md, `enable.gapless.guarantee`).
        """
        return self._plain({
            "delivery.timeout.ms": round(_GAPLESS_TIMES * self.timeout * 1000),
            "message.max.bytes": max_bytes,
            **(special or {}),
        })  # fmt: skip

    def _plain(self, special: Mapping[str, object]) -> Producer:
        own: dict[str, object] = {"acks": "all", "enable.idempotence": True, **special}
        return self._made(lambda: Producer(self._config(own), logger=_REPEATS))

    def consumer(self, overrides: Mapping[str, str | int | bool]) -> Consumer:
        return self._made(lambda: Consumer(self._config({**_CONSUMER, **overrides}), logger=_REPEATS))

    def member(self, group: str, client_id: str, session_ms: int) -> Consumer:
        """A consumer that may join `group` and is known there as `client_id`."""
        return self.consumer(
            {
                "group.id": group,
                "client.id": client_id,
                "session.timeout.ms": session_ms,
                # Short, because a member that leaves waits for the next heartbeat of every member.
                "heartbeat.interval.ms": session_ms // 20,
                "enable.partition.eof": False,
                "auto.offset.reset": "latest",
            }
        )

    def members(self, group: str) -> list[str]:
        """The client ids of the members of `group`. See `group.client_ids`."""
        from adapters.kafka.group import client_ids  # it loads aiokafka, which only an owner of a log uses

        return client_ids(self._settings, group, self.timeout)

    def group_consumer(self, group: str, client_id: str, session_ms: int, longest_step_ms: int) -> Consumer:
        """A consumer that shares topics with the other members of `group`; partitions move one by one.

        It is taken for dead where it sends no heartbeat for `session_ms`, or does not poll for `longest_step_ms`.
        """
        return self.consumer(
            {
                "group.id": group,
                "client.id": client_id,
                "partition.assignment.strategy": "cooperative-sticky",
                "session.timeout.ms": session_ms,
                "heartbeat.interval.ms": session_ms // 10,
                "max.poll.interval.ms": longest_step_ms,
                "enable.partition.eof": False,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 20,
            }
        )

    @property
    def admin(self) -> Admin:
        if self._admin is None:
            client = self._made(lambda: AdminClient(self._config({}), logger=_REPEATS))
            self._admin = Admin(client, self.timeout)
        return self._admin

    def cluster(self) -> Cluster:
        """See `Admin.cluster`. Raises KafkaUnavailable where no broker responds within the timeout."""
        return self._retried(lambda admin: admin.cluster())

    def end_of(self, partition: TopicPartition, isolation: IsolationLevel) -> int:
        """See `Admin.end_of`. Raises KafkaUnavailable where no broker responds within the timeout."""
        return self._retried(lambda admin: admin.end_of(partition, isolation))

    def begin_of(self, partition: TopicPartition) -> int:
        """See `Admin.begin_of`. Raises KafkaUnavailable where no broker responds within the timeout."""
        return self._retried(lambda admin: admin.begin_of(partition))

    def offset_at(self, partition: TopicPartition, at: datetime) -> int | None:
        """See `Admin.offset_at`. Raises KafkaUnavailable where no broker responds within the timeout."""
        return self._retried(lambda admin: admin.offset_at(partition, at))

    def committed(self, group: str, places: Sequence[TopicPartition]) -> Sequence[TopicPartition]:
        """What the group has committed for these partitions, without joining it; a new broker has no coordinator yet.

        Raises KafkaUnavailable where none responds within the timeout.
        """

        def read(seconds: float) -> Sequence[TopicPartition]:
            with (
                contextlib.closing(self.consumer({"group.id": group})) as consumer,
                self.errors(f"read what {group} has committed"),
            ):
                return consumer.committed(list(places), timeout=seconds)

        return self._in_tries(read)

    def _retried(self, request: Callable[[Admin], _T]) -> _T:
        """Sends a request, each time with a new admin client, until it succeeds or the timeout ends.

        After a broker's restart an admin client of librdkafka keeps using the old leader epoch; a new admin client
        fetches the new epoch.
        """
        return self._in_tries(lambda seconds: request(self.admin.within(seconds)))

    def _in_tries(self, attempt: Callable[[float], _T]) -> _T:
        """Calls `attempt` with the seconds that it may take, until it succeeds or the timeout ends.

        A request to the leader of a partition that was killed waits for that broker until its own timeout, also after
        another one leads. So a try is short, and each one waits twice as long as the last one, because a slow broker
        may need the time.
        """
        deadline, patience = monotonic() + self.timeout, _FIRST_TRY
        while True:
            left = deadline - monotonic()
            try:
                return attempt(max(min(patience, left), _LEAST_TRY))
            except KafkaUnavailable as fault:
                self._admin = None
                if monotonic() > deadline:
                    raise KafkaUnavailable(f"{fault}, in tries over {self.timeout:g} s") from fault
                patience *= 2
                self._pause.wait(0.05)

    @contextlib.contextmanager
    def errors(self, what: str) -> Generator[None]:
        """Raises Kafka's exceptions as KafkaUnavailable, without secrets."""
        try:
            yield
        except KafkaException as error:
            raise KafkaUnavailable(self._settings.redact(f"{what}: {failure_of(error).str()}")) from error

    def _config(self, own: Mapping[str, object]) -> dict[str, Any]:
        given = {name: value for name, value in self._settings.items() if name not in FIXED}
        return {**given, **own}

    def _made(self, make: Callable[[], _T]) -> _T:
        try:
            return make()
        except KafkaException as error:
            reason = self._settings.redact(failure_of(error).str())
            raise KafkaSettingsInvalid(f"Kafka's client refused its settings: {reason}") from error
