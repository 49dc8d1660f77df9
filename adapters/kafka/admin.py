"""Questions to the cluster. confluent-kafka's stubs leave most answers untyped: here they get their types."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from time import monotonic
from typing import Any, Protocol, TypeVar, cast

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # the stubs forget to export these
    AdminClient,
    ConfigResource,  # pyright: ignore[reportPrivateImportUsage] - as above
    NewTopic,  # pyright: ignore[reportPrivateImportUsage] - as above
    OffsetSpec,  # pyright: ignore[reportPrivateImportUsage] - as above
    ResourceType,  # pyright: ignore[reportPrivateImportUsage] - as above
)

from adapters.kafka.errors import KafkaUnavailable
from adapters.kafka.failure import failure_of, said

_T = TypeVar("_T")
_LOADING = frozenset(
    {
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.NOT_COORDINATOR,
    }
)


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


class Member(Protocol):
    client_id: str


class _Setting(Protocol):
    name: str
    value: str | None


class _Offset(Protocol):
    offset: int


class _Group(Protocol):
    members: Sequence[Member]


class _Answers(Protocol):
    """The part of AdminClient that is asked."""

    def describe_cluster(self, **options: Any) -> Future[Cluster]: ...
    def describe_topics(self, topics: TopicCollection, **options: Any) -> Mapping[str, Future[Topic]]: ...
    def create_topics(self, new_topics: list[Any], **options: Any) -> Mapping[str, Future[None]]: ...
    def describe_configs(
        self, resources: list[Any], **options: Any
    ) -> Mapping[Any, Future[Mapping[str, _Setting]]]: ...
    def describe_consumer_groups(
        self, group_ids: list[str], **options: Any
    ) -> Mapping[str, Future[_Group]]: ...
    def list_offsets(
        self, topic_partition_offsets: Mapping[TopicPartition, object], **options: Any
    ) -> Mapping[TopicPartition, Future[_Offset]]: ...


class Admin:
    """The cluster, asked one question at a time. Every question raises KafkaUnavailable: no answer, or a no."""

    def __init__(self, client: AdminClient, timeout: float) -> None:
        self._client, self._timeout = cast(_Answers, client), timeout

    def cluster(self) -> Cluster:
        return self._result(
            "describe the cluster", self._client.describe_cluster(request_timeout=self._timeout)
        )

    def topics(self, names: Sequence[str]) -> dict[str, Topic]:
        """What is known of those of `names` that are there."""
        asked = self._client.describe_topics(TopicCollection(list(names)), request_timeout=self._timeout)
        return {
            name: topic for name, future in asked.items() if (topic := self._known(name, future)) is not None
        }

    def make_topic(self, name: str, partitions: int, replicas: int, settings: Mapping[str, str]) -> None:
        """Make it, unless somebody else has in this moment."""
        new = NewTopic(name, num_partitions=partitions, replication_factor=replicas, config=dict(settings))
        made = self._client.create_topics([new], operation_timeout=self._timeout)
        self._known(name, made[name], unless=KafkaError.TOPIC_ALREADY_EXISTS)

    def settings(self, topic: str) -> dict[str, str] | None:
        """The settings of `topic`, None while the broker asked does not know it."""
        resource = ConfigResource(ResourceType.TOPIC, topic)
        asked = self._client.describe_configs([resource], request_timeout=self._timeout)
        entries = self._known(topic, asked[resource])
        return None if entries is None else {entry.name: str(entry.value) for entry in entries.values()}

    def end_of(self, partition: TopicPartition, isolation: IsolationLevel) -> int:
        """The next offset of `partition`: its last stable one for READ_COMMITTED, else its high watermark."""
        latest: object = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        asked = self._client.list_offsets(
            {partition: latest}, isolation_level=isolation, request_timeout=self._timeout
        )
        return self._result(f"end of {partition.topic}", asked[partition]).offset

    def members(self, group: str) -> Iterable[Member]:
        """Who is in a consumer group; nobody in one that is not there. A coordinator that still loads is waited for."""
        deadline, pause = monotonic() + self._timeout, threading.Event()
        while True:
            asked = self._client.describe_consumer_groups([group], request_timeout=self._timeout)[group]
            if monotonic() > deadline or not self._is_loading(group, asked):
                break
            pause.wait(0.05)
        found = self._known(group, asked, unless=KafkaError.GROUP_ID_NOT_FOUND)
        return () if found is None else found.members

    def _is_loading(self, what: str, future: Future[_Group]) -> bool:
        """Whether the coordinator of a group is not ready yet, as in a cluster that has just begun."""
        error = self._error(what, future)
        return isinstance(error, KafkaException) and failure_of(error).code() in _LOADING

    def _known(
        self, what: str, future: Future[_T], unless: int = KafkaError.UNKNOWN_TOPIC_OR_PART
    ) -> _T | None:
        error = self._error(what, future)
        if error is None:
            return future.result()
        if isinstance(error, KafkaException) and failure_of(error).code() == unless:
            return None
        raise KafkaUnavailable(f"{what}: {said(error)}") from error

    def _result(self, what: str, future: Future[_T]) -> _T:
        error = self._error(what, future)
        if error is not None:
            raise KafkaUnavailable(f"{what}: {said(error)}") from error
        return future.result()

    def _error(self, what: str, future: Future[_T]) -> BaseException | None:
        # Asked for, not raised: an exception that has been raised holds on to the frames that hold on to it.
        try:
            return future.exception(self._timeout)
        except FutureTimeoutError as error:
            raise KafkaUnavailable(f"{what}: no answer within {self._timeout:g} s") from error
