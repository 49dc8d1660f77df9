"""The tape of a log on Kafka: one partition of a topic of its own (`whence.tape` for `whence.events`).

A batch is a record in the transaction of the unit that follows from its last input, so it costs no commit of its own,
and a writer that was fenced off adds nothing. A record that is no batch with a valid signature is a stranger's: it is
passed over, also where it names a key that is not at hand. A batch that is missing breaks the chain.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

from confluent_kafka import TopicPartition

from adapters.inputs.batch import (
    Batch,
    End,
    TapedInput,
    Waiting,
    check,
    inputs_of,
    session_of,
    since_1970,
)
from adapters.inputs.retention import Covered
from adapters.kafka.client import Clients
from adapters.kafka.config import settings_of
from adapters.kafka.errors import KafkaLogUnsafe
from adapters.kafka.reader import BULK, PartitionConsumer, certain_end
from adapters.kafka.topic import made_topic
from adapters.kafka.topic_table import TAPE
from adapters.log.address import KafkaAddress
from adapters.log.beside import Beside
from adapters.log.kafka import environment_of
from adapters.marks.key_folder import KeyFolder
from adapters.marks.signature import Signer
from commands.input_tape import SessionBegun, Taped
from domain.errors import InvalidInput, KeyMissing, LogCorrupt, OwnershipLost

_log = logging.getLogger(__name__)
_BACK: Final = 64
"""Offsets that are read first from the end of the topic, to find the last batch between the markers."""
_EVER: Final = 1 << 63
"""Later than any batch, in µs since 1970."""
_FOREVER: Final = "-1"
_LIMITS: Final = ("retention.ms", "retention.bytes")


class KafkaTape:
    """The tape of a log that this process owns; see `commands.input_tape.InputTape`."""

    def __init__(
        self,
        beside: Beside,
        address: KafkaAddress,
        client: Mapping[str, str],
        clock: Callable[[], datetime],
        keys: KeyFolder | None = None,
    ) -> None:
        """`beside` is that of the open log at this address. `clock` gives the times at which inputs come.

        Makes the topic where it is missing. The broker removes nothing from it, because it knows no sessions; an
        existing topic keeps its own settings. Raises LogUnavailable, LogUnsafe where the topic lacks the partition,
        KeyRefused, KeyMissing.
        """
        self._beside = beside
        self._topic = _Topic(address, client)
        self._topic.make()
        self._signer = Signer(keys or KeyFolder())
        self._waiting = Waiting(self._signer, self._topic.end(self._signer), clock)
        self._is_closed = False

    def remove(self, before: datetime, is_covered: Covered) -> SessionBegun | None:
        """See `RetainedTape`. Reads the batches up to that time; the broker removes the records."""
        begun = list(self._topic.begun(since_1970(before), self._signer))
        for offset, batch in reversed(begun[1:]):
            session = session_of(batch, self._signer)
            if is_covered(session):
                self._topic.remove_before(offset)
                return session
        return None

    def begins(self) -> SessionBegun | None:
        """See `RetainedTape`. Reads the batches up to the first that begins a session."""
        for _offset, batch in self._topic.begun(_EVER, self._signer):
            return session_of(batch, self._signer)
        return None

    def take(self, given: Taped) -> None:
        """See `InputTape`. A batch that is full is written in a transaction of its own."""
        if self._waiting.is_full(given):
            self._write()
        self._waiting.add(given)

    def keep(self) -> None:
        """See `InputTape`: the next append writes the inputs in its transaction."""
        if len(self._waiting):
            batch = self._waiting.batch()
            self._beside.offer(batch.packed, lambda: self._waiting.written(batch))

    def close(self) -> None:
        """See `InputTape`. The log must be open."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._beside.bodies:
            # The append that carried them failed, or its outcome is unknown: a second copy would break the chain.
            return
        with suppress(OwnershipLost):  # what is left led to nothing, and the tape is another engine's now
            self._write()

    def _write(self) -> None:
        if len(self._waiting):
            batch = self._waiting.batch()
            self._beside.write(batch.packed)
            self._waiting.written(batch)


def read_kafka(
    address: KafkaAddress, client: Mapping[str, str], keys: KeyFolder | None = None
) -> Iterator[TapedInput]:
    """The inputs of the tape of this log, from the oldest kept session on, also while an engine writes.

    Raises InvalidInput where there is no tape, LogUnavailable, and what `inputs_of` raises; the errors name the topic.
    """
    topic, signer = _Topic(address, client), Signer(keys or KeyFolder())
    if not topic.exists():
        raise InvalidInput(f"there is no topic {topic.name}: no run has recorded inputs for this log")
    return _inputs(topic, signer)


def _inputs(topic: _Topic, signer: Signer) -> Iterator[TapedInput]:
    try:
        yield from inputs_of(_from_a_session(topic.batches(signer)), signer)
    except LogCorrupt as fault:
        raise LogCorrupt(f"{topic.name}: {fault}") from None


class _Topic:
    """The partition of the tape of one log."""

    def __init__(self, address: KafkaAddress, client: Mapping[str, str]) -> None:
        self._settings = settings_of(environment_of(address, client, {}, None))
        self.name = self._settings.inputs_topic
        self._clients = Clients(self._settings.client, self._settings.timeout)
        self._partition = TopicPartition(self.name, self._settings.partition)
        self._without_key: KeyMissing | None = None

    def exists(self) -> bool:
        """Whether the topic has the partition."""
        found = self._clients.admin.topics([self.name]).get(self.name)
        return found is not None and len(found.partitions) > self._settings.partition

    def make(self) -> None:
        """Makes the topic where it is missing. Raises KafkaLogUnsafe where it lacks the partition.

        Warns where the broker removes records of an existing topic by itself.
        """
        found = self._clients.admin.topics([self.name]).get(self.name)
        if found is None:
            partitions = self._settings.partition + 1
            made_topic(
                self._clients, TAPE, self._settings.topic, partitions, self._settings.replication_factor
            )
        elif not self.exists():
            raise KafkaLogUnsafe(
                f"{self.name} has no partition {self._settings.partition}: kafka-topics.sh --bootstrap-server "
                f"{self._settings.bootstrap_servers} --alter --topic {self.name} --partitions "
                f"{self._settings.partition + 1}"
            )
        else:
            self._warn_of_retention()

    def begun(self, until: int, signer: Signer) -> Iterator[tuple[int, Batch]]:
        """The batches that begin a session, each with its offset, up to the first batch after this time (µs)."""
        begin, end = self._ends()
        for offset, batch in self._placed(begin, end, signer) if end > begin else ():
            if batch.at > until:
                return
            if batch.begins:
                yield offset, batch

    def remove_before(self, offset: int) -> None:
        """Removes the records before this offset. Raises LogUnavailable where the broker refuses it."""
        self._clients.admin.remove_before(self._partition, offset)

    def end(self, signer: Signer) -> End:
        """The end of the tape: the last batch with a valid signature. Raises KeyMissing; see `batches`."""
        begin, end = self._ends()
        back = _BACK
        while end > begin:
            first = max(begin, end - back)
            if found := list(self._read(first, end, signer)):
                return End(found[-1].after, found[-1].signature)
            if first == begin:
                break
            back *= 4
        self._check_keys()
        return End()

    def batches(self, signer: Signer) -> Iterator[Batch]:
        """The batches with a valid signature, in order.

        Raises KeyMissing where there is none, and the keys of some are not at hand. Beside batches of this installation
        a record with an unknown key is a stranger's.
        """
        begin, end = self._ends()
        is_empty = True
        for batch in self._read(begin, end, signer) if end > begin else ():
            is_empty = False
            yield batch
        if is_empty:
            self._check_keys()

    def _warn_of_retention(self) -> None:
        found = self._clients.admin.settings(self.name) or {}
        limits = [f"{name}={found[name]}" for name in _LIMITS if found.get(name, _FOREVER) != _FOREVER]
        if limits:
            _log.warning(
                "%s: the broker removes old inputs by itself (%s), also those that no kept snapshot replaces; "
                "`inputs_days` removes only others: kafka-configs.sh --bootstrap-server %s --alter "
                "--entity-type topics --entity-name %s --add-config %s",
                self.name,
                ", ".join(limits),
                self._settings.bootstrap_servers,
                self.name,
                ",".join(f"{name}={_FOREVER}" for name in _LIMITS),
            )

    def _check_keys(self) -> None:
        if self._without_key is not None:
            raise self._without_key

    def _ends(self) -> tuple[int, int]:
        end = certain_end(self._clients, self._partition, threading.Event())
        return self._clients.begin_of(self._partition), end

    def _read(self, first: int, end: int, signer: Signer) -> Iterator[Batch]:
        return (batch for _, batch in self._placed(first, end, signer))

    def _placed(self, first: int, end: int, signer: Signer) -> Iterator[tuple[int, Batch]]:
        """The batches with a valid signature, each with its offset."""
        with PartitionConsumer(self._clients, self._partition, BULK) as consumer:
            consumer.go_to(first)
            for messages, _ in consumer.until(end):
                for message in messages:
                    batch = Batch.unpacked(message.value())
                    if batch is not None and self._is_genuine(batch, signer):
                        yield message.offset() or 0, batch
                    else:
                        _log.warning(
                            "%s: the record at offset %s is no batch of inputs", self.name, message.offset()
                        )

    def _is_genuine(self, batch: Batch, signer: Signer) -> bool:
        """Whether the signature is valid, and its key at hand."""
        try:
            check(batch, signer)
        except LogCorrupt:
            return False
        except KeyMissing as fault:
            self._without_key = fault
            return False
        return True


def _from_a_session(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The batches from the first one that begins a session on: a broker with a retention of its own
    removes whole segments of the topic.
    """
    begun = False
    for batch in batches:
        begun = begun or batch.begins or batch.first == 1
        if begun:
            yield batch
