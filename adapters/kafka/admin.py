"""Typed requests to the cluster; confluent-kafka's stubs leave most responses untyped."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol, TypeVar, cast

from confluent_kafka import (
    OFFSET_END,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # the stubs do not export these
    AclBinding,  # pyright: ignore[reportPrivateImportUsage] - as above
    AclBindingFilter,  # pyright: ignore[reportPrivateImportUsage] - as above
    AclOperation,  # pyright: ignore[reportPrivateImportUsage] - as above
    AclPermissionType,  # pyright: ignore[reportPrivateImportUsage] - as above
    AdminClient,
    AlterConfigOpType,  # pyright: ignore[reportPrivateImportUsage] - as above
    ConfigEntry,  # pyright: ignore[reportPrivateImportUsage] - as above
    ConfigResource,  # pyright: ignore[reportPrivateImportUsage] - as above
    NewPartitions,  # pyright: ignore[reportPrivateImportUsage] - as above
    NewTopic,  # pyright: ignore[reportPrivateImportUsage] - as above
    OffsetSpec,  # pyright: ignore[reportPrivateImportUsage] - as above
    ResourcePatternType,  # pyright: ignore[reportPrivateImportUsage] - as above
    ResourceType,  # pyright: ignore[reportPrivateImportUsage] - as above
)

from adapters.kafka.errors import KafkaUnavailable
from adapters.kafka.failure import failure_of, is_timeout, reason_of
from adapters.milliseconds import in_ms

_T = TypeVar("_T")
_NO_AUTHORIZER = (
    "the brokers have no authorizer, so everybody may do everything: set authorizer.class.name="
    "org.apache.kafka.metadata.authorizer.StandardAuthorizer, or leave out --principal"
)
_UNSEEN: Final = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.TOPIC_AUTHORIZATION_FAILED)
"""The codes for a topic that is missing or that this login may not see."""
_ANY: Any = None  # a filter's name and principal; the stubs declare both as text


class Node(Protocol):
    id: int


class Cluster(Protocol):
    cluster_id: str
    nodes: Sequence[Node]


class Partition(Protocol):
    id: int
    replicas: Sequence[Node]


class _Operation(Protocol):
    name: str


class Topic(Protocol):
    topic_id: object
    partitions: Sequence[Partition]
    authorized_operations: Sequence[_Operation] | None


class Acl(NamedTuple):
    """An allowance from any host: `kind` is TOPIC, GROUP or TRANSACTIONAL_ID, `operation` as READ."""

    principal: str
    kind: str
    name: str
    is_prefix: bool
    operation: str


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
    def create_partitions(self, new_partitions: list[Any], **options: Any) -> Mapping[str, Future[None]]: ...
    def incremental_alter_configs(
        self, resources: list[Any], **options: Any
    ) -> Mapping[Any, Future[None]]: ...
    def describe_acls(self, acl_binding_filter: object, **options: Any) -> Future[Sequence[Any]]: ...
    def create_acls(self, acls: list[Any], **options: Any) -> Mapping[Any, Future[None]]: ...
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

    def within(self, timeout: float) -> Admin:
        """The same client, whose requests wait at most so many seconds for their response."""
        return Admin(cast(AdminClient, self._client), timeout)

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

    def allowed(self, names: Sequence[str]) -> dict[str, frozenset[str]]:
        """The operations that this login may do in those topics in `names` that it may see, as READ."""
        responses = self._client.describe_topics(
            TopicCollection(list(names)), include_authorized_operations=True, request_timeout=self._timeout
        )
        return {
            name: frozenset(one.name for one in topic.authorized_operations or ())
            for name, future in responses.items()
            if (topic := self._known(name, future, unless=_UNSEEN)) is not None
        }

    def make_topic(self, name: str, partitions: int, replicas: int, settings: Mapping[str, str]) -> None:
        """Creates a topic. A topic that exists already is not changed."""
        new = NewTopic(name, num_partitions=partitions, replication_factor=replicas, config=dict(settings))
        made = self._client.create_topics([new], operation_timeout=self._timeout)
        self._known(name, made[name], unless=(KafkaError.TOPIC_ALREADY_EXISTS,))

    def settings(self, topic: str) -> dict[str, str] | None:
        """The settings of `topic`; None where the broker does not know the topic."""
        resource = ConfigResource(ResourceType.TOPIC, topic)
        responses = self._client.describe_configs([resource], request_timeout=self._timeout)
        entries = self._known(topic, responses[resource])
        return None if entries is None else {entry.name: str(entry.value) for entry in entries.values()}

    def add_partitions(self, topic: str, count: int) -> None:
        """Raises the number of partitions of `topic` to `count`."""
        added = self._client.create_partitions([NewPartitions(topic, count)], operation_timeout=self._timeout)
        self._result(f"add partitions to {topic}", added[topic])

    def change_settings(self, topic: str, changed: Mapping[str, str]) -> None:
        """Changes these settings of `topic`; the others remain."""
        entries = [
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
            for name, value in changed.items()
        ]
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
        done = self._client.incremental_alter_configs([resource], request_timeout=self._timeout)
        self._result(f"change the settings of {topic}", done[resource])

    def acls(self) -> frozenset[Acl]:
        """What is allowed, to anybody, from any host; nothing where the brokers have no authorizer."""
        everything: object = AclBindingFilter(
            ResourceType.ANY,
            _ANY,
            ResourcePatternType.ANY,
            _ANY,
            "*",
            AclOperation.ANY,
            AclPermissionType.ALLOW,
        )
        found = self._result(
            "list the ACLs", self._client.describe_acls(everything, request_timeout=self._timeout)
        )
        return frozenset(
            Acl(
                one.principal,
                one.restype.name,
                one.name,
                one.resource_pattern_type is ResourcePatternType.PREFIXED,
                one.operation.name,
            )
            for one in found
        )

    def add_acls(self, acls: Sequence[Acl]) -> None:
        """Allows these. Raises KafkaUnavailable where one is refused, as by brokers without an authorizer."""
        bindings = [
            AclBinding(
                ResourceType[one.kind],
                one.name,
                ResourcePatternType.PREFIXED if one.is_prefix else ResourcePatternType.LITERAL,
                one.principal,
                "*",
                AclOperation[one.operation],
                AclPermissionType.ALLOW,
            )
            for one in acls
        ]
        for binding, done in self._client.create_acls(bindings, request_timeout=self._timeout).items():
            error = self._error(f"allow {binding}", done)
            if isinstance(error, KafkaException) and failure_of(error).code() == KafkaError.SECURITY_DISABLED:
                raise KafkaUnavailable(_NO_AUTHORIZER) from error
            self._result(f"allow {binding}", done)

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

    def offset_at(self, partition: TopicPartition, at: datetime) -> int | None:
        """The offset of the first record whose timestamp is not before `at`; None where there is none."""
        spec: object = OffsetSpec.for_timestamp(in_ms(at))
        responses = self._client.list_offsets({partition: spec}, request_timeout=self._timeout)
        what = f"offset of {partition.topic} at {at.isoformat()}"
        found = self._result(what, responses[partition]).offset
        return None if found == OFFSET_END else self._offset(what, responses[partition])

    def remove_before(self, partition: TopicPartition, offset: int) -> None:
        """Removes the records of `partition` before this offset, which is at most its end."""
        place = TopicPartition(partition.topic, partition.partition, offset)
        (removed,) = self._client.delete_records([place], request_timeout=self._timeout).values()
        self._result(f"remove the records of {partition.topic} before offset {offset}", removed)

    def _known(
        self, what: str, future: Future[_T], unless: Container[int] = (KafkaError.UNKNOWN_TOPIC_OR_PART,)
    ) -> _T | None:
        """The result; None where the request failed with a code in `unless`."""
        error = self._error(what, future)
        if error is None:
            return future.result()
        if isinstance(error, KafkaException) and failure_of(error).code() in unless:
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
            error = future.exception(self._timeout)
        except FutureTimeoutError as late:
            raise self._no_response(what) from late
        if is_timeout(error):
            # The client's wait is as long as this one, and on a busy machine either of them ends first.
            raise self._no_response(what) from error
        return error

    def _no_response(self, what: str) -> KafkaUnavailable:
        return KafkaUnavailable(f"{what}: no response within {self._timeout:g} s")
