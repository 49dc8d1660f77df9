"""Reads the topic of markets up to its present end, in the order in which the messages arrived."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
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
        """The wanted rows in the order in which they arrived, each once.

        Recorders of different instruments may share the topic. Where two record the same instrument at the same time,
        the rows of the one that began later count from its first row on. Raises LogUnavailable, and InvalidInput
        without a topic.
        """
        rule = wanted or Wanted()
        clients = self._place.clients()
        count = self._place.found(clients)
        if count == 0:
            raise InvalidInput(f"there is no topic {self._place.name}; `whence record --to kafka` makes it")
        with self._place.named():
            named = rule.instruments
            numbers = set(range(count)) if named is None else {partition_of(one, count) for one in named}
            parts = [self._partition(clients, number, rule) for number in sorted(numbers)]
            for _, record in heapq.merge(*map(_by_arrival, parts), key=_place_of):
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
        owners = _Owners(self._unread)
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
                        if owners.has(record):
                            yield record


class _Owners:
    """The session of each instrument that began last. `unread` gets each older one that goes on beside it."""

    def __init__(self, unread: Callable[[str], None]) -> None:
        self._unread = unread
        self._newest, self._named = dict[str, int](), set[tuple[str, int]]()

    def has(self, record: MarketRecord) -> bool:
        """Whether the record is of the newest session of its instrument so far."""
        name = record.row.instrument
        newest = self._newest[name] = max(record.session, self._newest.get(name, 0))
        if record.session == newest:
            return True
        if (name, record.session) not in self._named:
            self._named.add((name, record.session))
            self._unread(
                f"two recorders wrote {name}: rows of session {record.session} are left out from the begin of session "
                f"{newest} on"
            )
        return False


_Arrived = tuple[int, MarketRecord]


def _by_arrival(records: Iterable[MarketRecord]) -> Iterator[_Arrived]:
    """The records of a partition with their times of arrival, which never go back where a clock does."""
    arrived_ns = 0
    for record in records:
        arrived_ns = max(arrived_ns, record.row.arrived_ns)
        yield arrived_ns, record


def _place_of(one: _Arrived) -> tuple[int, int, int]:
    arrived_ns, record = one
    return arrived_ns, record.session, record.number
