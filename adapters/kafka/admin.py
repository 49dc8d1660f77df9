"""Typed requests to the cluster; confluent-kafka's stubs leave most responses untyped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any, Protocol, TypeVar, cast

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # the stubs do not export these
    AdminClient,
    ConfigResource,  # pyright: ignore[reportPrivateImportUsage] - as above
    NewTopic,  # pyright: ignore[reportPrivateImportUsage] - as above
    OffsetSpec,  # pyright: ignore[reportPrivateImportUsage] - as above
    ResourceType,  # pyright: ignore[reportPrivateImportUsage] - as above
)

from adapters.kafka.errors import KafkaUnavailable
from adapters.kafka.failure import failure_of, reason_of

_T = TypeVar("_T")


class Node(Protocol):
    id: int


class Cluster(Protocol):
    cluster_id: str
    nodes: Sequence[Node]


class Partition(Protocol):
    id: int
    replicas: Sequence[Node]


class Topic(Protocol):
    topic_id: object
    partitions: Sequence[Partition]


class _Setting(Protocol):
    name: str
    value: str | None


class _Offset(Protocol):
    offset: int


class _AdminRequests(Protocol):
    """The methods of AdminClient that this module calls, typed."""

    def describe_cluster(self, **options: Any) -> Future[Cluster]: ...
    def describe_topics(self, topics: TopicCollection, **options: Any) -> Mapping[str, Future[Topic]]: ...
    def create_topics(self, new_topics: list[Any], **options: Any) -> Mapping[str, Future[None]]: ...
    def describe_configs(
        self, resources: list[Any], **options: Any
    ) -> Mapping[Any, Future[Mapping[str, _Setting]]]: ...
    def delete_records(
        self, topic_partition_offsets: list[TopicPartition], **options: Any
    ) -> Mapping[TopicPartition, Future[object]]: ...
    def list_offsets(
        self, topic_partition_offsets: Mapping[TopicPartition, object], **options: Any
    ) -> Mapping[TopicPartition, Future[_Offset]]: ...


class Admin:
    """Requests to the cluster, one at a time.

    None of them goes to the coordinator of a group or a transaction: with such a request librdkafka can abort the
    process (see `group`).
    Every method raises KafkaUnavailable where the cluster does not respond in time or refuses the request.
    """

    def __init__(self, client: AdminClient, timeout: float) -> None:
        self._client, self._timeout = cast(_AdminRequests, client), timeout

    def cluster(self) -> Cluster:
        return self._result(
            "describe the cluster", self._client.describe_cluster(request_timeout=self._timeout)
        )

    def topics(self, names: Sequence[str]) -> dict[str, Topic]:
        """The descriptions of those topics in `names` that exist, by name."""
        responses = self._client.describe_topics(TopicCollection(list(names)), request_timeout=self._timeout)
        return {
            name: topic
            for name, future in responses.items()
            if (topic := self._known(name, future)) is not None
        }

    def make_topic(self, name: str, partitions: int, replicas: int, settings: Mapping[str, str]) -> None:
        """Creates a topic. A topic that exists already is not changed."""
        new = NewTopic(name, num_partitions=partitions, replication_factor=replicas, config=dict(settings))
        made = self._client.create_topics([new], operation_timeout=self._timeout)
        self._known(name, made[name], unless=KafkaError.TOPIC_ALREADY_EXISTS)

    def settings(self, topic: str) -> dict[str, str] | None:
        """The settings of `topic`; None where the broker does not know the topic."""
        resource = ConfigResource(ResourceType.TOPIC, topic)
        responses = self._client.describe_configs([resource], request_timeout=self._timeout)
        entries = self._known(topic, responses[resource])
        return None if entries is None else {entry.name: str(entry.value) for entry in entries.values()}

    def end_of(self, partition: TopicPartition, isolation: IsolationLevel) -> int:
        """The end offset of `partition`: the last stable offset for READ_COMMITTED, else the high watermark."""
        latest: object = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        responses = self._client.list_offsets(
            {partition: latest}, isolation_level=isolation, request_timeout=self._timeout
        )
        return self._offset(f"end of {partition.topic}", responses[partition])

    def begin_of(self, partition: TopicPartition) -> int:
        """The offset of the first record that is kept; the end offset where none is."""
        earliest: object = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
        responses = self._client.list_offsets({partition: earliest}, request_timeout=self._timeout)
        return self._offset(f"begin of {partition.topic}", responses[partition])

    def remove_before(self, partition: TopicPartition, offset: int) -> None:
        """Removes the records of `partition` before this offset, which is at most its end."""
        place = TopicPartition(partition.topic, partition.partition, offset)
        (removed,) = self._client.delete_records([place], request_timeout=self._timeout).values()
        self._result(f"remove the records of {partition.topic} before offset {offset}", removed)

    def _known(
        self, what: str, future: Future[_T], unless: int = KafkaError.UNKNOWN_TOPIC_OR_PART
    ) -> _T | None:
        error = self._error(what, future)
        if error is None:
            return future.result()
        if isinstance(error, KafkaException) and failure_of(error).code() == unless:
            return None
        raise KafkaUnavailable(f"{what}: {reason_of(error)}") from error

    def _result(self, what: str, future: Future[_T]) -> _T:
        error = self._error(what, future)
        if error is not None:
            raise KafkaUnavailable(f"{what}: {reason_of(error)}") from error
        return future.result()

    def _offset(self, what: str, future: Future[_Offset]) -> int:
        offset = self._result(what, future).offset
        if offset < 0:
            # A broker that has just started can succeed without an offset; librdkafka returns -1001 for it.
            raise KafkaUnavailable(f"{what}: the broker does not know the offset yet")
        return offset

    def _error(self, what: str, future: Future[_T]) -> BaseException | None:
        # Not result(): a raised exception and the frames in its traceback would keep each other alive.
        try:
            return future.exception(self._timeout)
        except FutureTimeoutError as error:
            raise KafkaUnavailable(f"{what}: no response within {self._timeout:g} s") from error
