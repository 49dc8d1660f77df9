"""The tape of a log on Kafka: one partition of a topic of its own (`whence.tape` for `whence.events`).

A batch is a record in the transaction of the unit that follows from its last input, so it costs no commit of its own,
and a writer that was fenced off adds nothing. A record that is no batch with a valid signature is a stranger's: it is
passed over, also where it names a key that is not at hand. So is a copy of a batch (`adapters/inputs/chain.py`). A
batch that is missing breaks the chain.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

from confluent_kafka import IsolationLevel, Message, TopicPartition

from adapters.inputs.batch import (
    Batch,
    Checked,
    End,
    TapedInput,
    Waiting,
    check,
    inputs_of,
    session_of,
    since_1970,
)
from adapters.inputs.chain import Chain, follows, is_one_chain
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
from domain.errors import InvalidInput, KeyMissing, LogCorrupt, LogLost, OwnershipLost, Refused

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
    return _inputs(_existing(address, client), Signer(keys or KeyFolder()))


def has_kafka_tape(address: KafkaAddress, client: Mapping[str, str]) -> bool:
    """Whether the topic of the tape of this log exists. Raises LogUnavailable."""
    return _Topic(address, client).exists()


def batches_in_kafka(
    address: KafkaAddress, client: Mapping[str, str], keys: KeyFolder | None = None
) -> Iterator[Batch]:
    """The batches of the tape of this log, in order. Raises what `read_kafka` raises, except UnknownSchema."""
    topic, signer = _existing(address, client), Signer(keys or KeyFolder())
    try:
        yield from Checked(signer).batches(topic.batches(signer))
    except LogCorrupt as fault:
        raise LogCorrupt(f"{topic.name}: {fault}") from None


def write_kafka(
    beside: Beside,
    address: KafkaAddress,
    client: Mapping[str, str],
    batches: Iterable[Batch],
    keys: KeyFolder | None = None,
) -> None:
    """Writes the batches of another tape, which were checked, to the tape of this log; makes the topic.

    `beside` is that of the open log at this address. What was written before by an interrupted call is passed over.
    Raises Refused where the topic has another tape, KafkaLogUnsafe, LogUnavailable, KeyMissing, and what `batches`
    raises.
    """
    topic = _Topic(address, client)
    topic.make()
    end = topic.end(Signer(keys or KeyFolder()))
    for batch in batches:
        if batch.after < end.last or batch.signature == end.signature:
            continue
        # The first batch of a tape whose old sessions were removed follows on batches that are not there.
        if end.last and not follows(batch, end):
            raise Refused(f"{topic.name} has the inputs of another tape up to input {end.last}")
        beside.write(batch.packed)
        end = End(batch.after, batch.signature)


def _existing(address: KafkaAddress, client: Mapping[str, str]) -> _Topic:
    """The topic of the tape of this log. Raises InvalidInput where there is none, LogUnavailable."""
    topic = _Topic(address, client)
    if not topic.exists():
        raise InvalidInput(f"there is no topic {topic.name}: no run has recorded inputs for this log")
    return topic


class FollowedKafka:
    """The tape of this log while an engine writes it; see `FollowedTape`."""

    def __init__(
        self, address: KafkaAddress, client: Mapping[str, str], keys: KeyFolder | None = None
    ) -> None:
        """Raises InvalidInput where there is no tape, LogUnavailable."""
        self._topic, self._signer = _existing(address, client), Signer(keys or KeyFolder())
        self._checked, self._chain = Checked(self._signer), Chain(self._topic.name)
        self._at = self._topic.begin()
        self._consumer = self._topic.consumer(self._at)

    def new(self) -> Iterator[TapedInput]:
        """See `FollowedTape`."""
        try:
            yield from self._checked.inputs(self._batches())
        except LogCorrupt as fault:
            raise LogCorrupt(f"{self._topic.name}: {fault}") from None

    def close(self) -> None:
        """See `FollowedTape`."""
        self._consumer.close()

    def _batches(self) -> Iterator[Batch]:
        """See `_Topic.batches`. What no transaction holds back any more is read."""
        end = self._topic.stable_end()
        if end < self._at:
            raise LogLost(f"{self._topic.name} was removed or replaced: its inputs are not followed any more")
        if end > self._at:
            for _, batch in self._chain.follow(self._placed(end)):
                yield batch
        yield from self._topic.rest(self._chain)

    def _placed(self, end: int) -> Iterator[tuple[int, Batch]]:
        for messages, at in self._consumer.until(end):
            yield from self._topic.placed(messages, self._signer)
            self._at = max(self._at, at)


def _inputs(topic: _Topic, signer: Signer) -> Iterator[TapedInput]:
    try:
        yield from inputs_of(topic.batches(signer), signer)
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
        for offset, batch in self._followed(Chain(self.name), signer):
            if batch.at > until:
                return
            if batch.begins:
                yield offset, batch

    def remove_before(self, offset: int) -> None:
        """Removes the records before this offset. Raises LogUnavailable where the broker refuses it."""
        self._clients.admin.remove_before(self._partition, offset)

    def end(self, signer: Signer) -> End:
        """The end of the tape. Raises KeyMissing; see `batches`.

        The last records suffice where they are consecutive batches of the tape alone. Among records of others the whole
        topic is read, because a copy of a batch may be the last record.
        """
        begin, end = self._ends()
        back = _BACK
        while end > begin:
            first = max(begin, end - back)
            found = [batch for _, batch in self._records(first, end, signer)]
            batches = [batch for batch in found if batch is not None]
            if batches and len(batches) == len(found) and is_one_chain(batches):
                return End(batches[-1].after, batches[-1].signature)
            if batches or first == begin:
                return self._end_of_chain(signer)
            back *= 4
        return End()

    def _end_of_chain(self, signer: Signer) -> End:
        chain = Chain(self.name)
        for _ in self._followed(chain, signer):
            pass
        if chain.end is None:
            self._check_keys()
        if chain.unconnected is not None:
            _log.warning(
                "%s: the inputs from %d on are not connected with those before; this run goes on after input %d",
                self.name,
                chain.unconnected.first,
                0 if chain.end is None else chain.end.last,
            )
        return chain.end or End()

    def batches(self, signer: Signer) -> Iterator[Batch]:
        """The batches of the tape from the first one that begins a session on, in order.

        The last one does not follow on the one before where inputs are missing. Raises KeyMissing where there is no
        batch, and the keys of some are not at hand. Beside batches of this installation a record with an unknown key is
        a stranger's.
        """
        chain = Chain(self.name)
        for _, batch in self._followed(chain, signer):
            yield batch
        yield from self.rest(chain)

    def rest(self, chain: Chain) -> Iterator[Batch]:
        """The batch before which inputs are missing, if there is one, after the batches that `chain` has followed.

        Raises KeyMissing where it has followed none, and the keys of some are not at hand.
        """
        if chain.unconnected is not None:
            yield chain.unconnected
        elif chain.end is None:
            self._check_keys()

    def _followed(self, chain: Chain, signer: Signer) -> Iterator[tuple[int, Batch]]:
        begin, end = self._ends()
        return chain.follow(self.placed(self._messages(begin, end), signer)) if end > begin else iter(())

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

    def begin(self) -> int:
        """The offset of the first record that is left."""
        return self._clients.begin_of(self._partition)

    def stable_end(self) -> int:
        """The offset up to which every transaction has ended; waits for none."""
        return self._clients.end_of(self._partition, IsolationLevel.READ_COMMITTED)

    def consumer(self, first: int) -> PartitionConsumer:
        """Reads from this offset on."""
        consumer = PartitionConsumer(self._clients, self._partition, BULK)
        consumer.go_to(first)
        return consumer

    def placed(self, messages: Iterable[Message], signer: Signer) -> Iterator[tuple[int, Batch]]:
        """The batches with a valid signature, each with its offset; the program's log names the other records."""
        for offset, batch in self._judged(messages, signer):
            if batch is not None:
                yield offset, batch
            else:
                _log.warning("%s: the record at offset %s is no batch of inputs", self.name, offset)

    def _ends(self) -> tuple[int, int]:
        end = certain_end(self._clients, self._partition, threading.Event())
        return self.begin(), end

    def _records(self, first: int, end: int, signer: Signer) -> Iterator[tuple[int, Batch | None]]:
        """Each record with its offset, as a batch with a valid signature; None where it is none."""
        return self._judged(self._messages(first, end), signer)

    def _messages(self, first: int, end: int) -> Iterator[Message]:
        with self.consumer(first) as consumer:
            for messages, _ in consumer.until(end):
                yield from messages

    def _judged(self, messages: Iterable[Message], signer: Signer) -> Iterator[tuple[int, Batch | None]]:
        for message in messages:
            batch = Batch.unpacked(message.value())
            is_genuine = batch is not None and self._is_genuine(batch, signer)
            yield message.offset() or 0, batch if is_genuine else None

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
