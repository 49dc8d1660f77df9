"""The leases of order books that this process holds: partitions of a topic, assigned by a consumer group.

A lease is renewed by committing its epoch. One that was renewed within `VALID_SECONDS` is of no other process
(`adapters.kafka.lease_group`). The epoch is committed in the place of an offset: a later owner reads it, and takes a
greater one. Beside it stands what the owner publishes of the lease, so that others see whether it has their
instruments.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from confluent_kafka import KafkaException, TopicPartition
from msgspec import Struct

from adapters.book_topic.owner import Owner, owner_text, read_owner
from adapters.book_topic.place import LeaseTopic
from adapters.boot_clock import boot_seconds
from adapters.candle_topic.group import committed_offset
from adapters.kafka.failure import failure_of
from adapters.kafka.lease_group import LeaseGroup, Membership

_log = logging.getLogger(__name__)
SESSION_MS: Final = 6_000
"""Without a heartbeat for so long, a member is taken for dead: the least that brokers accept by default."""
VALID_SECONDS: Final = 5.0
_RENEWAL_SECONDS: Final = 1.0
_LOOK_SECONDS: Final = 10.0
"""Between two looks at what the owners of the other leases publish."""
_LONGEST_STEP_MS: Final = 9_000
"""A process whose thread hangs for so long is replaced, too."""

_COMMITTED_SECONDS: Final = 3.0


class Lease(Struct, frozen=True, gc=False):
    """A partition that this process holds, and the epoch under which it publishes."""

    partition: int
    epoch: int


class BookLeases:
    """A member of the group. One thread uses it, and calls `step` at least once a second.

    Partitions move one by one (cooperative): with eager assignment every member would give up all books, and close
    their sockets, whenever a process starts or ends.
    """

    def __init__(
        self,
        place: LeaseTopic,
        exchange: str,
        now_ms: Callable[[], int],
        seconds: Callable[[], float] = boot_seconds,
        *,
        source: str = "",
    ) -> None:
        """`source` is where this process has its books from; it is stated to the others, without a space.

        Joins the group; makes the topic where it is missing. `now_ms` returns the Unix time in milliseconds,
        `seconds` that of a clock that never goes back and goes on while the process is stopped.

        Raises LogUnavailable, InvalidSettings.
        """
        self._topic, self._now_ms, self._seconds = place.name, now_ms, seconds
        self._clients = place.clients()
        self.partitions = place.partitions(self._clients)
        self._held = dict[int, Lease]()
        self._source, self._texts = source or exchange, dict[int, str]()
        self._owners: Mapping[int, Owner] = {}
        self._looked_at = float("-inf")
        self._renewed_at = self._tried_at = float("-inf")
        terms = Membership(
            place.group(exchange), f"{socket.gethostname()}.{os.getpid()}", SESSION_MS, _LONGEST_STEP_MS
        )
        self._group = LeaseGroup(self._clients, self._topic, terms, self._forget)

    @property
    def held(self) -> Mapping[int, Lease]:
        """The leases by partition. One is held until the group takes it back or it expires."""
        return self._held

    @property
    def are_valid(self) -> bool:
        """Whether the leases held were renewed lately, so that no other process has them."""
        return self._seconds() - self._renewed_at < VALID_SECONDS

    @property
    def owners(self) -> Mapping[int, Owner]:
        """What others publish of the leases that they hold, by partition, as of the last look."""
        return {number: one for number, one in self._owners.items() if number not in self._held}

    def state(self, instruments: Mapping[int, Sequence[str]]) -> None:
        """States to the others what this process publishes of each lease. Raises InvalidInput."""
        self._texts = {number: owner_text(self._source, names) for number, names in instruments.items()}

    def step(self, seconds: float) -> None:
        """Follows the group for so long, and renews the leases. Raises LogUnavailable for a failure for good."""
        self._group.follow(seconds)
        if self._seconds() - self._tried_at >= _RENEWAL_SECONDS or self._group.assigned - set(self._held):
            self._renew()
        if self._seconds() - self._looked_at >= _LOOK_SECONDS:
            self._look()

    def close(self) -> None:
        """Leaves the group, which gives the leases to other members at once."""
        self._held.clear()
        self._group.close()

    def _renew(self) -> None:
        """Commits the epochs of the leases, and with them the first epochs of partitions that were just assigned."""
        self._tried_at = began = self._seconds()
        wanted, leases = set(self._group.assigned), dict(self._held)
        if not wanted:
            return

        def places() -> list[TopicPartition]:
            leases.update(self._first_epochs(wanted - set(self._held)))
            return [self._stated(one) for one in leases.values()]

        if self._group.renew(places):
            self._held = {number: one for number, one in leases.items() if number in self._group.assigned}
            self._renewed_at = began

    def _stated(self, lease: Lease) -> TopicPartition:
        text = self._texts.get(lease.partition, self._source)
        return TopicPartition(self._topic, lease.partition, lease.epoch, text)

    def _look(self) -> None:
        """Reads what the owners have stated; while the coordinator does not respond, that of before stays."""
        self._looked_at = self._seconds()
        wanted = [TopicPartition(self._topic, number) for number in range(self.partitions)]
        try:
            found = self._group.consumer.committed(wanted, timeout=_COMMITTED_SECONDS)
        except KafkaException as fault:
            _log.info("what others publish is not known now: %s", failure_of(fault).str())
            return
        stated = {one.partition: read_owner(one.metadata or "") for one in found}
        self._owners = {number: one for number, one in stated.items() if one is not None}

    def _first_epochs(self, partitions: Iterable[int]) -> Mapping[int, Lease]:
        """Epochs above those of all earlier owners: the time, which is above them also where Kafka has forgotten them,
        as it does for a group that was empty for a week."""
        wanted = [TopicPartition(self._topic, number) for number in sorted(partitions)]
        if not wanted:
            return {}
        found = self._group.consumer.committed(wanted, timeout=_COMMITTED_SECONDS)
        now = self._now_ms()
        return {
            one.partition: Lease(one.partition, max(now, (committed_offset(one) or 0) + 1)) for one in found
        }

    def _forget(self, partitions: Collection[int]) -> None:
        self._held = {number: one for number, one in self._held.items() if number not in partitions}
