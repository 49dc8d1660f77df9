"""Ends a transaction whose markers the broker has lost.

A marker is a record that ends a transaction in a partition as committed or aborted. A transaction without a marker
hangs: no reader reads past it. Kafka acknowledges a commit once the transaction's coordinator has recorded the commit,
and writes the markers later. A broker that stops in between may, after its restart and before it knows the partition's
leader, treat the partition as deleted. It then records the transaction as complete without writing the markers
(observed on 4.3.1 with a single broker: "these partitions are likely deleted already and hence can be skipped"). The
last stable offset then never advances, and no reader receives the acknowledged records.

The coordinator's log, `__transaction_state`, still holds the outcome of the transaction. The next marker of the same
producer also ends the open transaction in the partition. The new owner therefore writes a transaction whose only
record is not an event, and commits or aborts it, depending on the outcome that the coordinator has recorded.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from confluent_kafka import (
    OFFSET_BEGINNING,
    IsolationLevel,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)

from adapters.kafka.client import Clients
from adapters.kafka.config import KafkaSettings
from adapters.kafka.errors import KafkaOwnershipLost, KafkaUnavailable
from adapters.kafka.failure import is_fenced, reason_of
from adapters.kafka.reader import BULK, PartitionConsumer
from adapters.kafka.record import MEND

_log = logging.getLogger(__name__)

_COORDINATOR_LOG: Final = "__transaction_state"
# Kafka's TransactionState codes of ended transactions: true for a commit, false for an abort.
_ENDED: Final = {2: True, 3: False, 4: True, 5: False}
# Key: version, transactional id. Value: version, producer id, epoch, timeout in ms, state, …
_KEY: Final = struct.Struct(">hh")
_VALUE: Final = struct.Struct(">hqhib")


def mend(
    clients: Clients, settings: KafkaSettings, topics: Sequence[str], producers: Mapping[str, Producer]
) -> None:
    """Ends the hanging transactions in `topics` as their coordinator ended them.

    `producers` holds, by transactional id, the producers that have just fenced off their predecessors.

    Raises KafkaUnavailable where the coordinator's log cannot be read, and KafkaOwnershipLost where another writer
    takes the partition over at the same time.
    """
    for name, producer in producers.items():
        committed = outcome_of(clients, name)
        if committed is None:
            continue
        _log.warning(
            "%s: a transaction hangs: %s the last transaction of %s again",
            settings.name,
            _VERB[committed],
            name,
        )
        try:
            _mark(producer, settings, topics, committed=committed)
        except KafkaException as error:
            raise _refusal(error, settings.name, name) from error


_VERB: Final = {True: "committing", False: "aborting"}


def _refusal(error: KafkaException, partition: str, name: str) -> KafkaUnavailable | KafkaOwnershipLost:
    if is_fenced(error):
        return KafkaOwnershipLost(f"another writer takes over {partition} at the same time")
    return KafkaUnavailable(f"complete the last transaction of {name}: {reason_of(error)}")


def _mark(producer: Producer, settings: KafkaSettings, topics: Sequence[str], *, committed: bool) -> None:
    producer.begin_transaction()
    for topic in topics:
        producer.produce(topic, b"", MEND, settings.partition)
    producer.flush(settings.timeout)
    end = producer.commit_transaction if committed else producer.abort_transaction
    end(settings.timeout)


def outcome_of(clients: Clients, transactional_id: str) -> bool | None:
    """Whether the last transaction of `transactional_id` was committed; None where no outcome is recorded.

    Raises KafkaUnavailable where the coordinator's log cannot be read.
    """
    partition = _coordinators_log(clients, transactional_id)
    ended = [state for state in _states(clients, partition, transactional_id) if state in _ENDED]
    return _ENDED[ended[-1]] if ended else None


def _coordinators_log(clients: Clients, transactional_id: str) -> TopicPartition:
    topic = clients.admin.topics([_COORDINATOR_LOG]).get(_COORDINATOR_LOG)
    if topic is None:
        raise KafkaUnavailable(f"{_COORDINATOR_LOG} does not exist and cannot be read")
    return TopicPartition(_COORDINATOR_LOG, abs(_java_hash(transactional_id)) % len(topic.partitions))


def _java_hash(text: str) -> int:
    """Java's `String.hashCode()` of an ASCII text, signed 32 bits. The hash of an id determines its coordinator."""
    hashed = 0
    for byte in text.encode():
        hashed = (31 * hashed + byte) & 0xFFFFFFFF
    return hashed - (1 << 32) if hashed >> 31 else hashed


def _states(clients: Clients, partition: TopicPartition, transactional_id: str) -> Iterator[int]:
    end = clients.end_of(partition, IsolationLevel.READ_UNCOMMITTED)
    with PartitionConsumer(clients, partition, BULK) as consumer:
        consumer.go_to(OFFSET_BEGINNING)
        for messages, _ in consumer.until(end):
            yield from (_state(message) for message in messages if _is_of(message, transactional_id))


def _is_of(message: Message, transactional_id: str) -> bool:
    key = message.key()
    return key is not None and key[_KEY.size :] == transactional_id.encode() and message.value() is not None


def _state(message: Message) -> int:
    value = message.value() or b""
    return int(_VALUE.unpack_from(value)[-1]) if len(value) >= _VALUE.size else -1
