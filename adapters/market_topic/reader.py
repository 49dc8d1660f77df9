"""Reads the topic of markets up to its present end, in the order in which the messages arrived."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime

from confluent_kafka import IsolationLevel, TopicPartition

from adapters.kafka.client import Clients
from adapters.kafka.reader import BULK, PartitionConsumer
from adapters.market_recordings.kind import kind_of
from adapters.market_recordings.reader import Wanted
from adapters.market_recordings.row import MarketRow
from adapters.market_topic.place import MarketTopic, record_of
from adapters.market_topic.wire import MarketRecord
from adapters.marks.key_folder import KeyFolder
from adapters.marks.signature import Signer
from adapters.signed_topic import partition_of
from domain.errors import InvalidInput, KeyMissing, MarkRefused

_NS_IN_S = 1_000_000_000


class MarketReader:
    """`unread` gets the reason of every record that is no message of a market from this installation."""

    def __init__(
        self, place: MarketTopic, unread: Callable[[str], None], keys: KeyFolder | None = None
    ) -> None:
        """Raises KeyRefused."""
        self._place, self._unread, self._signer = place, unread, Signer(keys or KeyFolder())

    def read(self, wanted: Wanted | None = None) -> Iterator[MarketRow]:
        """The wanted rows by session and number, each once. Raises LogUnavailable, and InvalidInput without a topic."""
        rule = wanted or Wanted()
        clients = self._place.clients()
        count = self._place.found(clients)
        if count == 0:
            raise InvalidInput(f"there is no topic {self._place.name}; `whence record --to kafka` makes it")
        with self._place.named():
            named = rule.instruments
            numbers = set(range(count)) if named is None else {partition_of(one, count) for one in named}
            parts = [self._partition(clients, number, rule) for number in sorted(numbers)]
            for record in heapq.merge(*parts, key=lambda one: (one.session, one.number)):
                if rule.has(record.row) and (rule.kinds is None or kind_of(record.row).name in rule.kinds):
                    yield record.row

    def _partition(self, clients: Clients, number: int, wanted: Wanted) -> Iterator[MarketRecord]:
        partition = TopicPartition(self._place.name, number)
        end = clients.end_of(partition, IsolationLevel.READ_COMMITTED)
        begin = clients.begin_of(partition)
        if wanted.begin:
            found = clients.offset_at(partition, datetime.fromtimestamp(wanted.begin // _NS_IN_S, UTC))
            begin = end if found is None else found
        if begin >= end:
            return
        last = dict[int, int]()
        with closing(PartitionConsumer(clients, partition, BULK)) as consumer:
            consumer.go_to(begin)
            for messages, _ in consumer.until(end):
                for message in messages:
                    try:
                        record = record_of(message, self._signer)
                    except (MarkRefused, KeyMissing, InvalidInput) as fault:
                        self._unread(f"{self._place.name} {number}/{message.offset()}: {fault}")
                        continue
                    if record.number > last.get(record.session, 0):
                        last[record.session] = record.number
                        yield record
