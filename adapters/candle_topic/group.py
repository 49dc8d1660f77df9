"""A member of a consumer group that shares the candles.

Of each partition that it is assigned it reads the past first, and then what no member has committed.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, Message, TopicPartition

from adapters.candle_topic.place import CandleTopic, candle_of
from adapters.kafka.errors import KafkaUnavailable
from adapters.kafka.failure import failure_of
from adapters.marks.key_folder import KeyFolder
from adapters.marks.signature import Signer
from adapters.milliseconds import at_ms
from domain.candle import Candle
from domain.errors import InvalidInput, KeyMissing, MarkRefused

_log = logging.getLogger(__name__)
_S = TypeVar("_S")
_BATCH: Final = 500
_SESSION_MS: Final = 10_000
_LEAST_STEP: Final = timedelta(minutes=5)
_MOST_STEP: Final = timedelta(days=1)
"""The most that Kafka's client accepts."""
_COORDINATOR_SECONDS: Final = 30.0
_MOVED: Final = frozenset({
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError._STATE,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    KafkaError._ASSIGNMENT_LOST,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
})  # fmt: skip
"""Refusals of a commit whose partitions have moved, or are moving, to another member."""
_LEFT_GROUP: Final = KafkaError._MAX_POLL_EXCEEDED  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


class Committed(Protocol):
    """The part of `TopicPartition` that states what a group has committed."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def error(self) -> KafkaError | None: ...


class Span(NamedTuple):
    """How far back a member reads: `warm` is the past that is read before the first candle that counts. Where the group
    has committed nothing, candles count that closed within `fresh` before now."""

    warm: timedelta
    fresh: timedelta


@dataclass(slots=True)
class Held(Generic[_S]):
    """A partition that this member holds, with the state that its reader keeps for it.

    Records from the offset `counts_from` on count; those before it are its past.
    """

    partition: int
    state: _S
    counts_from: int
    done: int = 0
    """The offset after the last record that is finished; 0 before the first one that counts."""
    newest: datetime = field(default_factory=lambda: at_ms(0))
    """The greatest close of its candles so far."""


class Read(NamedTuple, Generic[_S]):
    """A record: its candle, and whether it counts, so that what follows from it has to happen."""

    held: Held[_S]
    offset: int
    candle: Candle
    counts: bool


class CandleGroup(Generic[_S]):
    """See the module. One thread uses it.

    A record counts again for another member until `commit` has returned for it: what follows must be idempotent.
    """

    def __init__(
        self,
        place: CandleTopic,
        scanner: str,
        span: Span,
        state: Callable[[], _S],
        unread: Callable[[str], None],
        now: Callable[[], datetime],
        keys: KeyFolder | None = None,
    ) -> None:
        """Joins the group; makes the topic where it is missing. `state` makes the state of a partition that was just
        assigned, and `unread` gets the reason of every record that is no candle of this installation.

        Raises LogUnavailable, InvalidSettings, KeyRefused.
        """
        self._signer, self._span, self._now = Signer(keys or KeyFolder()), span, now
        self._state, self._unread, self._topic = state, unread, place.name
        self._clients = place.clients()
        place.partitions(self._clients)
        self._held: dict[int, Held[_S]] = {}
        # A step lasts at most as long as a signal is valid; a member that hangs longer is replaced.
        step = min(max(_LEAST_STEP, span.fresh + timedelta(minutes=1)), _MOST_STEP)
        client_id = f"{socket.gethostname()}.{os.getpid()}"
        self._consumer: Consumer = self._clients.group_consumer(
            place.group(scanner), client_id, _SESSION_MS, round(step.total_seconds() * 1000)
        )
        with self._clients.errors(f"join the group of {place.name}"):
            self._consumer.subscribe(
                [place.name], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost
            )

    @property
    def held(self) -> Sequence[Held[_S]]:
        """The partitions that this member holds now."""
        return list(self._held.values())

    def read(self, seconds: float) -> Sequence[Read[_S]]:
        """The next records, in order for each partition; empty where none arrives within `seconds`.

        The group may move partitions meanwhile. Raises LogUnavailable.
        """
        found: list[tuple[Held[_S], Message]] = []
        with self._clients.errors(f"read {self._topic}"):
            message = self._consumer.poll(seconds)
            while message is not None:
                # poll() returns one record, so a partition is held as it was when its record was fetched.
                held = self._held.get(message.partition() or 0)
                if message.error() is not None:
                    self._check(message.error())
                elif held is not None:
                    found.append((held, message))
                message = self._consumer.poll(0) if len(found) < _BATCH else None
        return list(self._candles(one for one in found if self._held.get(one[0].partition) is one[0]))

    def commit(self, reads: Iterable[Read[_S]]) -> None:
        """States that the records are finished. Where a partition has moved, the other member reads them again.

        Raises LogUnavailable.
        """
        for read in reads:
            read.held.newest = max(read.held.newest, read.candle.close_time)
            if read.counts:
                read.held.done = read.offset + 1
        self._commit(list(self._held.values()))

    def lag(self) -> int:
        """The records of the partitions held that were not read yet, as far as the brokers have stated them."""
        with self._clients.errors(f"read {self._topic}"):
            places = self._consumer.position([TopicPartition(self._topic, number) for number in self._held])
            return sum(self._behind(one) for one in places)

    def close(self) -> None:
        """Leaves the group, which gives the partitions to other members at once."""
        self._consumer.close()

    def _behind(self, place: TopicPartition) -> int:
        _, high = self._consumer.get_watermark_offsets(place, cached=True)
        return max(high - place.offset, 0) if place.offset >= 0 and high >= 0 else 0

    def _candles(self, found: Iterable[tuple[Held[_S], Message]]) -> Iterable[Read[_S]]:
        for held, message in found:
            offset = message.offset() or 0
            try:
                candle = candle_of(message, self._signer)
            except (MarkRefused, KeyMissing, InvalidInput) as fault:
                self._unread(f"{self._topic} partition {held.partition} at offset {offset}: {fault}")
            else:
                yield Read(held, offset, candle, offset >= held.counts_from)

    def _commit(self, helds: Iterable[Held[_S]]) -> None:
        """A commit that was refused is part of the next one, as long as the partition is held."""
        done = [one for one in helds if one.done > one.counts_from]
        places = [
            TopicPartition(self._topic, one.partition, one.done, one.newest.isoformat()) for one in done
        ]
        if not places:
            return
        try:
            self._consumer.commit(offsets=places, asynchronous=False)
        except KafkaException as fault:
            if failure_of(fault).code() not in _MOVED:
                raise KafkaUnavailable(f"commit {self._topic}: {failure_of(fault).str()}") from fault
            _log.info("a commit waits for the next one: %s", failure_of(fault).str())
            return
        for one in done:
            one.counts_from = one.done

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        with self._clients.errors(f"read what is committed of {self._topic}"):
            committed = consumer.committed(partitions, timeout=_COORDINATOR_SECONDS)
        starts = [self._begun(one) for one in committed]
        consumer.incremental_assign(starts)
        _log.info("partitions assigned: %s", sorted(one.partition for one in partitions))

    def _begun(self, committed: TopicPartition) -> TopicPartition:
        """Where reading begins in this partition, which is held from now on."""
        done = committed_offset(committed)
        place = TopicPartition(self._topic, committed.partition)
        end = self._clients.end_of(place, IsolationLevel.READ_COMMITTED)
        if done is not None:
            counts_from = min(done, end)
            newest = _time_of(committed.metadata)
        else:
            newest = self._now() - self._span.fresh
            found = self._clients.offset_at(place, newest)
            counts_from = end if found is None else found
        first = self._clients.begin_of(place)
        if newest is not None:
            past = self._clients.offset_at(place, newest - self._span.warm)
            first = counts_from if past is None else min(past, counts_from)
        self._held[committed.partition] = Held(committed.partition, self._state(), counts_from)
        return TopicPartition(self._topic, committed.partition, first)

    def _revoked(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._commit([self._held[one.partition] for one in partitions if one.partition in self._held])
        self._forget(partitions)
        _log.info("partitions given to other members: %s", sorted(one.partition for one in partitions))

    def _lost(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._forget(partitions)
        _log.warning(
            "this member was taken for dead; partitions lost: %s", sorted(one.partition for one in partitions)
        )

    def _forget(self, partitions: Iterable[TopicPartition]) -> None:
        for one in partitions:
            self._held.pop(one.partition, None)

    def _check(self, error: KafkaError | None) -> None:
        if error is None:
            return
        if error.code() == _LEFT_GROUP:
            _log.warning("a step took so long that the group has replaced this member; it joins again")
            return
        raise KafkaUnavailable(f"read {self._topic}: {error.str()}")


def committed_offset(place: Committed) -> int | None:
    """The offset that the group has committed for a partition; None where it has committed nothing.

    Raises KafkaUnavailable where that is not known: taken for nothing, it would leave out candles.
    """
    if place.error is not None:
        raise KafkaUnavailable(
            f"read what is committed of {place.topic} partition {place.partition}: {place.error.str()}"
        )
    return place.offset if place.offset >= 0 else None


def _time_of(metadata: str | None) -> datetime | None:
    """The time that a commit states; None where it states none, as one of another tool."""
    try:
        return datetime.fromisoformat(metadata) if metadata else None
    except ValueError:
        return None
