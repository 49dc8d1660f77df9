"""The partitions of the topic of events that are leased to this process, as a member of a consumer group.

The accounts of a log are distributed by it: who leases a partition runs the engine of the account in it. A lease that
was renewed less than `VALID_SECONDS` ago is of no other process (`lease_group`). The committed offset is always 0, and
the text beside it names the owner.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Collection, Mapping
from typing import Final

from confluent_kafka import TopicPartition

from adapters.boot_clock import boot_seconds
from adapters.kafka.client import Clients
from adapters.kafka.lease_group import LeaseGroup, Membership

SESSION_MS: Final = 8_000
VALID_SECONDS: Final = 2.5
"""An exchange refuses a request 5 s after it was signed. A session is longer than both together, so a request that was
signed under a valid lease is refused by the time at which another process may own the partition."""
_RENEWAL_SECONDS: Final = 0.5
_LONGEST_STEP_MS: Final = 10_000


def leases_group(topic: str) -> str:
    """The consumer group of the processes that share the accounts of a topic of events."""
    return f"{topic}.accounts"


def lease_owners(clients: Clients, topic: str, partitions: int) -> Mapping[int, str]:
    """Who last leased each partition, as HOST PID; those that nobody has leased are left out. Raises LogUnavailable."""
    wanted = [TopicPartition(topic, number) for number in range(partitions)]
    found = clients.committed(leases_group(topic), wanted)
    return {one.partition: one.metadata for one in found if one.offset >= 0 and one.metadata}


class PartitionLeases:
    """A member of the group. One thread uses it, and calls `step` several times a second."""

    def __init__(self, clients: Clients, topic: str, seconds: Callable[[], float] = boot_seconds) -> None:
        """Joins the group. `seconds` is the clock of `Lease`. Raises LogUnavailable."""
        self._topic, self._seconds = topic, seconds
        self._owner = f"{socket.gethostname()} {os.getpid()}"
        self._held = set[int]()
        self.renewed_at = self._tried_at = float("-inf")
        terms = Membership(leases_group(topic), self._owner.replace(" ", "."), SESSION_MS, _LONGEST_STEP_MS)
        self._group = LeaseGroup(clients, topic, terms, self._forget, seconds)

    @property
    def held(self) -> Collection[int]:
        """The partitions that this process leases. One is held until the group takes it back or takes us for dead."""
        return self._held

    def step(self, seconds: float) -> None:
        """Follows the group for so long, and renews the leases. Raises LogUnavailable for a failure for good."""
        self._group.follow(seconds)
        if self._seconds() - self._tried_at >= _RENEWAL_SECONDS or self._group.assigned != self._held:
            self._renew()

    def close(self) -> None:
        """Leaves the group, which gives the partitions to other members at once."""
        self._held.clear()
        self._group.close()

    def _renew(self) -> None:
        self._tried_at = began = self._seconds()
        wanted = set(self._group.assigned)
        if not wanted:
            return
        places = [TopicPartition(self._topic, number, 0, self._owner) for number in sorted(wanted)]
        if self._group.renew(lambda: places):
            self._held = wanted & self._group.assigned
            self.renewed_at = began

    def _forget(self, partitions: Collection[int]) -> None:
        self._held.difference_update(partitions)
