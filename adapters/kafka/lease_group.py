"""A member of a consumer group whose assigned partitions are leases, renewed by commits.

The group's coordinator accepts a commit of a member of the present generation alone, and does not take that member for
dead for a session after it. So a lease that was renewed less than a session ago is of no other process. No record is
read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final, NamedTuple

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, TopicPartition

from adapters.boot_clock import boot_seconds
from adapters.kafka.client import Clients
from adapters.kafka.errors import KafkaUnavailable
from adapters.kafka.failure import failure_of

_log = logging.getLogger(__name__)
_PASSING: Final = frozenset({
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError._STATE,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    KafkaError._TIMED_OUT,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    KafkaError._TRANSPORT,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    KafkaError._WAIT_COORD,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    KafkaError._ASSIGNMENT_LOST,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
})  # fmt: skip
"""What passes by itself, however long it lasts."""
_FINAL: Final = frozenset({
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError.INVALID_GROUP_ID,
    KafkaError.INCONSISTENT_GROUP_PROTOCOL,
    KafkaError.UNSUPPORTED_VERSION,
})  # fmt: skip
"""What does not pass before a person changes something."""
_PATIENCE_SECONDS: Final = 60.0
"""For how long every other error may last. A topic is unknown for a moment while its brokers change, for example."""
_LEFT_GROUP: Final = KafkaError._MAX_POLL_EXCEEDED  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
"""The member was replaced, because its thread did not poll."""


class Membership(NamedTuple):
    """The terms of a member: its group, its name as a client, and after how many milliseconds without a heartbeat, or
    without a poll, it is taken for dead."""

    group: str
    client: str
    session_ms: int
    longest_step_ms: int


class Trouble:
    """Judges errors of a member by their kind, and by how long they last."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._first = self._last = float("-inf")

    def is_over(self) -> None:
        """A renewal has succeeded."""
        self._last = float("-inf")

    def is_final(self, error: KafkaError) -> bool:
        """Whether the member should give up: the error does not pass by itself, or is of an unknown kind and has lasted
        for a minute. Errors that are a minute apart are of different troubles.
        """
        if error.fatal() or error.code() in _FINAL:
            return True
        if error.code() in _PASSING:
            return False
        now = self._seconds()
        if now - self._last > _PATIENCE_SECONDS:
            self._first = now
        self._last = now
        return now - self._first > _PATIENCE_SECONDS


class LeaseGroup:
    """One thread uses it. Partitions move one by one: see `Clients.group_consumer`."""

    def __init__(
        self,
        clients: Clients,
        topic: str,
        terms: Membership,
        forget: Callable[[Collection[int]], None],
        seconds: Callable[[], float] = boot_seconds,
    ) -> None:
        """Joins the group. `forget` is called with partitions that the group takes back. Raises LogUnavailable."""
        self._clients, self._topic, self._forget = clients, topic, forget
        self._trouble = Trouble(seconds)
        self.assigned = set[int]()
        self.consumer: Consumer = clients.group_consumer(*terms)
        with clients.errors(f"join the group of {topic}"):
            self.consumer.subscribe(
                [topic], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
            )

    def follow(self, seconds: float) -> None:
        """Follows the group for so long. Raises LogUnavailable for a failure for good."""
        with self._clients.errors(f"follow the group of {self._topic}"):
            message = self.consumer.poll(seconds)
        if message is not None:
            self._check(message.error())

    def renew(self, places: Callable[[], Sequence[TopicPartition]]) -> bool:
        """Commits these places, which renews the leases; false where a later renewal may succeed.

        A callback of the commit may take partitions back meanwhile. Raises KafkaUnavailable for a failure for good.
        """
        try:
            _check_each(self.consumer.commit(offsets=list(places()), asynchronous=False) or ())
        except KafkaUnavailable as fault:
            _log.info("the leases are renewed later: %s", fault)
            return False
        except KafkaException as fault:
            error = failure_of(fault)
            if self._trouble.is_final(error):
                raise KafkaUnavailable(f"renew leases of {self._topic}: {error.str()}") from fault
            _log.info("the leases are renewed later: %s", error.str())
            return False
        self._trouble.is_over()
        return True

    def close(self) -> None:
        """Leaves the group, which gives the leases to other members at once."""
        self.consumer.close()

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        places = [TopicPartition(self._topic, one.partition, OFFSET_END) for one in partitions]
        consumer.incremental_assign(places)
        consumer.pause(places)
        self.assigned |= {one.partition for one in partitions}

    def _on_revoke(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        gone = {one.partition for one in partitions}
        self.assigned -= gone
        self._forget(gone)

    def _on_lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._on_revoke(consumer, partitions)
        numbers = sorted(one.partition for one in partitions)
        _log.warning("this process was taken for dead; its leases %s go to others", numbers)

    def _check(self, error: KafkaError | None) -> None:
        if error is None:
            return
        if error.code() == _LEFT_GROUP:
            _log.warning("a step took so long that the group has replaced this process; it joins again")
            return
        if self._trouble.is_final(error):
            raise KafkaUnavailable(f"follow the group of {self._topic}: {error.str()}")
        # The client goes on by itself; without renewals nothing is sent or published meanwhile.
        _log.warning("the group of %s cannot be followed now: %s", self._topic, error.str())


def _check_each(places: Iterable[TopicPartition]) -> None:
    """Raises KafkaException where the commit of a partition was refused."""
    for place in places:
        if place.error is not None:
            raise KafkaException(place.error)
