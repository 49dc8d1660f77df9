"""A topic beside the topic of events, whose records are signed with a key of the installation."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar, Final, TypeVar, cast
from zlib import crc32

from confluent_kafka import Message

from adapters.kafka.client import Clients
from adapters.kafka.errors import KafkaUnavailable
from adapters.kafka.topic import made_topic
from adapters.kafka.topic_table import TopicRow
from adapters.marks.signature import Message as Signed
from adapters.marks.signature import Signer
from domain.errors import InvalidInput

SIGNATURE: Final = "whence_signature"
"""The header with the signature of a record."""
PATIENCE_SECONDS: Final = 30.0
"""The longest wait for a response of the brokers."""
_SOON_SECONDS: Final = 3.0
"""The wait after which a person is informed of what is waited for."""
R = TypeVar("R")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SignedTopic:
    """The topic of `row` that belongs to the topic `events`.

    `servers` is written as in a log's address; `client` holds librdkafka's settings for the cluster.
    """

    row: ClassVar[TopicRow]

    servers: str
    events: str
    client: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def name(self) -> str:
        """The topic."""
        return self.row.name(self.events)

    def clients(self, seconds: float = PATIENCE_SECONDS) -> Clients:
        """Clients of the cluster, which wait so long for a response."""
        return Clients.of_cluster(self.servers, self.client, seconds)

    @contextmanager
    def named(self) -> Generator[None]:
        """Adds the brokers' address to a LogUnavailable."""
        try:
            yield
        except KafkaUnavailable as fault:
            raise KafkaUnavailable(f"Kafka at {self.servers}: {fault}") from fault

    def partitions(self, clients: Clients) -> int:
        """How many partitions the topic has; it is made where it is missing. Brokers that do not respond soon are
        waited for, and a warning names them. Raises LogUnavailable.
        """
        with self.named():
            self._await_brokers(clients)
            found = clients.admin.topics([self.name]).get(self.name)
            topic = made_topic(clients, self.row, self.events) if found is None else found
            return len(topic.partitions)

    def found(self, clients: Clients) -> int:
        """How many partitions the topic has; 0 where there is none. Raises LogUnavailable."""
        with self.named():
            topic = clients.admin.topics([self.name]).get(self.name)
            return 0 if topic is None else len(topic.partitions)

    def _await_brokers(self, clients: Clients) -> None:
        try:
            self.clients(_SOON_SECONDS).admin.cluster()
        except KafkaUnavailable as fault:
            _log.warning("Kafka at %s: %s; waiting for %g s more", self.servers, fault, clients.timeout)
            clients.admin.cluster()


def partition_of(instrument: str, partitions: int) -> int:
    """The partition of the instrument's records, among so many."""
    return crc32(instrument.encode()) % partitions


def signature(signer: Signer, topic: str, key: bytes, value: bytes) -> tuple[str, bytes]:
    """The header that signs a record."""
    return SIGNATURE, signer.signature(Signed(topic, key, b"", value))


def opened(message: Message, signer: Signer) -> tuple[bytes, bytes]:
    """The key and the value of a record. Raises MarkRefused and KeyMissing for one that is not of this installation."""
    key, value = message.key() or b"", message.value() or b""
    headers = cast("Sequence[tuple[str, bytes]]", message.headers() or ())
    found = next((held for name, held in headers if name == SIGNATURE), None)
    signer.check(Signed(message.topic() or "", key, b"", value), found)
    return key, value


def opened_record(
    message: Message, signer: Signer, read: Callable[[bytes], R], instrument_of: Callable[[R], str]
) -> R:
    """The record of a message whose key is the record's instrument.

    Raises MarkRefused and KeyMissing as `opened`, InvalidInput as `read` and for another key.
    """
    key, value = opened(message, signer)
    record = read(value)
    if instrument_of(record).encode() != key:
        raise InvalidInput("its key is not its instrument")
    return record
