"""The topic of candles that belongs to a topic of events, and what a record of it is made of."""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, cast
from zlib import crc32

from confluent_kafka import Message

from adapters.candle_topic.wire import read_candle
from adapters.kafka.client import Clients
from adapters.kafka.errors import KafkaUnavailable
from adapters.kafka.topic import made_topic
from adapters.kafka.topic_table import CANDLES, scanners_group
from adapters.marks.signature import Message as Signed
from adapters.marks.signature import Signer
from domain.candle import Candle
from domain.errors import InvalidInput

SIGNATURE: Final = "whence_signature"
"""The header with the signature of a candle."""
PATIENCE_SECONDS: Final = 30.0
"""The longest wait for a response of the brokers."""
_SOON_SECONDS: Final = 3.0
"""The wait after which a person is informed of what is waited for."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CandleTopic:
    """The topic of candles that belongs to the topic `events`.

    `servers` is written as in a log's address; `client` holds librdkafka's settings for the cluster.
    """

    servers: str
    events: str
    client: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def name(self) -> str:
        """The topic."""
        return CANDLES.name(self.events)

    def group(self, scanner: str) -> str:
        """The consumer group of the scanner of this name."""
        return scanners_group(self.events, scanner)

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


def partitions_of(clients: Clients, place: CandleTopic) -> int:
    """How many partitions the topic has; it is made where it is missing. Brokers that do not respond soon are waited
    for, and a warning names them. Raises LogUnavailable.
    """
    with place.named():
        _await_brokers(clients, place)
        found = clients.admin.topics([place.name]).get(place.name)
        topic = made_topic(clients, CANDLES, place.events) if found is None else found
        return len(topic.partitions)


def _await_brokers(clients: Clients, place: CandleTopic) -> None:
    try:
        place.clients(_SOON_SECONDS).admin.cluster()
    except KafkaUnavailable as fault:
        _log.warning("Kafka at %s: %s; waiting for %g s more", place.servers, fault, clients.timeout)
        clients.admin.cluster()


def partition_of(instrument: str, partitions: int) -> int:
    """The partition of the instrument's candles, among so many."""
    return crc32(instrument.encode()) % partitions


def signed(topic: str, key: bytes, value: bytes) -> Signed:
    """What the signature of a candle covers."""
    return Signed(topic, key, b"", value)


def candle_of(message: Message, signer: Signer) -> Candle:
    """The candle of a record.

    Raises MarkRefused and KeyMissing for a record that this installation has not signed, InvalidInput for one that is
    no candle.
    """
    key, value = message.key() or b"", message.value() or b""
    headers = cast("Sequence[tuple[str, bytes]]", message.headers() or ())
    signature = next((found for name, found in headers if name == SIGNATURE), None)
    signer.check(signed(message.topic() or "", key, value), signature)
    candle = read_candle(value)
    if candle.instrument.encode() != key:
        raise InvalidInput("its key is not the candle's instrument")
    return candle
