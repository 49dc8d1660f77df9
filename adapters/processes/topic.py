"""Announcements in a compacted topic beside a log on Kafka, which keeps the last one of each process."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar, Final, cast

from confluent_kafka import IsolationLevel, Message, Producer, TopicPartition

from adapters.kafka.acknowledged import check_acknowledged, noted_in
from adapters.kafka.reader import BULK, PartitionConsumer
from adapters.kafka.topic_table import PROCESSES, TopicRow
from adapters.marks.signature import Signer
from adapters.processes.announcement import Announcement
from adapters.processes.place import MOST_READ, Announced
from adapters.processes.signing import believed, signed
from adapters.signed_topic import SIGNATURE, SignedTopic

_SECONDS: Final = 5.0
_MOST_BYTES: Final = 100_000
_NUMBER: Final = 0


@dataclass(frozen=True, slots=True)
class ProcessTopic(SignedTopic):
    """See `SignedTopic`."""

    row: ClassVar[TopicRow] = PROCESSES


class ProcessTopicPlace:
    """See `ProcessPlace`. The topic is made where it is missing when something is announced; a reader makes none."""

    def __init__(self, topic: ProcessTopic, signer: Signer) -> None:
        self._topic, self._signer = topic, signer
        self._clients = topic.clients(_SECONDS)
        self._partition = TopicPartition(topic.name, _NUMBER)
        self._lock = threading.Lock()
        self._producer: Producer | None = None
        self._at = -1
        self._known: dict[str, Announced] = {}

    def announce(self, announcement: Announcement) -> None:
        """See `ProcessPlace`."""
        value, signature = signed(announcement, self._topic.name, self._signer)
        self._send([(announcement.id, value)], {SIGNATURE: signature})

    def announced(self) -> Sequence[Announced]:
        """See `ProcessPlace`. Each call reads what was written since the last one."""
        with self._lock, self._topic.named():
            if self._topic.found(self._clients):
                self._read()
            return list(islice(reversed(self._known.values()), MOST_READ))

    def forget(self, ids: Collection[str]) -> None:
        """See `ProcessPlace`: the compaction removes them."""
        if ids:
            self._send([(one, None) for one in ids], {})

    def close(self) -> None:
        """See `ProcessPlace`."""
        with self._lock:
            if self._producer is not None:
                self._producer.flush(_SECONDS)
                self._producer = None

    def _send(self, records: Sequence[tuple[str, bytes | None]], headers: dict[str, bytes]) -> None:
        failures: list[str] = []
        with self._lock, self._topic.named():
            if self._producer is None:
                self._topic.partitions(self._clients)
                self._producer = self._clients.gapless_producer(_MOST_BYTES)
            for key, value in records:
                self._producer.produce(
                    self._topic.name,
                    value,
                    key.encode(),
                    partition=_NUMBER,
                    headers=list(headers.items()),
                    on_delivery=noted_in(failures),
                )
            check_acknowledged(self._producer, self._topic.name, failures, _SECONDS)

    def _read(self) -> None:
        begin = max(self._at, self._clients.begin_of(self._partition))
        end = self._clients.end_of(self._partition, IsolationLevel.READ_COMMITTED)
        if begin >= end:
            return
        with closing(PartitionConsumer(self._clients, self._partition, BULK)) as consumer:
            consumer.go_to(begin)
            for messages, at in consumer.until(end):
                for message in messages:
                    self._take(message)
                self._at = max(self._at, at)

    def _take(self, message: Message) -> None:
        key, value = (message.key() or b"").decode(errors="replace"), message.value()
        self._known.pop(key, None)
        if value is None:
            return
        headers = cast("Sequence[tuple[str, bytes]]", message.headers() or ())
        signature = next((held for name, held in headers if name == SIGNATURE), None)
        self._known[key] = believed(key, value, signature, self._topic.name, self._signer)
        while len(self._known) > MOST_READ:
            del self._known[next(iter(self._known))]
