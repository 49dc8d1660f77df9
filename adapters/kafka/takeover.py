"""Becoming the only writer of a partition, at start and after every failed commit, in these steps:

1. Fence: `init_transactions()` on transactional id `.0`, then on `.1`. Each call increases the id's epoch: the broker
   refuses the predecessor's producers from then on and aborts their open transactions. Both ids are always taken,
   because two owners that race could otherwise hold one id each.
2. Read `read_committed` until the last stable offset is the high watermark: every transaction of the predecessor has
   then ended. (A transaction that is still open has lost its markers; `mend` ends it as its coordinator recorded.)
3. Write. The first commit uses `.0`. If another writer has fenced this one off meanwhile, this commit fails, and this
   writer does not take the partition over again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from confluent_kafka import Producer, TopicPartition

from adapters.kafka.catch_up import catch_up
from adapters.kafka.client import Clients
from adapters.kafka.config import KafkaSettings
from adapters.kafka.follower import Follower
from adapters.kafka.mend import mend
from adapters.kafka.reader import hangs

# Seconds in which the coordinator completes the predecessor's transactions. A marker that is missing then is lost.
_PATIENCE: Final = 0.5


class Taken(NamedTuple):
    """A successful takeover: the producers to use in turn, and the end offset of the log at that time.

    `disconnected` is set when a connection to a broker breaks.
    """

    producers: Sequence[Producer]
    end: int
    disconnected: threading.Event


class Takeover:
    """One attempt to take the partition over. The steps are separate so that tests can interleave two takeovers."""

    def __init__(
        self,
        clients: Clients,
        settings: KafkaSettings,
        follower: Follower,
        max_bytes: int,
        stopped: threading.Event,
        look: Callable[[], None] = lambda: None,
    ) -> None:
        """`look` raises where the topic is not the one that this writer took over before; an index would be rebuilt."""
        self._look = look
        self._clients, self._settings, self._follower = clients, settings, follower
        self._max_bytes, self._stopped = max_bytes, stopped
        self.producers: list[Producer] = []
        self.end = -1
        self._disconnected = threading.Event()

    @property
    def steps(self) -> tuple[Callable[[], None], ...]:
        return (self.fence, self.fence, self.read)

    def whole(self) -> Taken:
        """Runs all steps. Raises KafkaUnavailable where a step gets no response; the partition then has no writer."""
        for step in self.steps:
            step()
        return Taken(self.producers, self.end, self._disconnected)

    def fence(self) -> None:
        """Takes the next of the two transactional ids."""
        with self._clients.errors(f"take over {self._settings.name}"):
            self.producers.append(self._initialised(self._names[len(self.producers)]))

    def read(self) -> None:
        """Reads the log into the index up to its certain end. Raises what `look` raises."""
        self._look()
        partitions = [TopicPartition(topic, self._settings.partition) for topic in self._follower.absorb]
        if hanging := [
            part.topic for part in partitions if hangs(self._clients, part, self._stopped, _PATIENCE)
        ]:
            mend(self._clients, self._settings, hanging, dict(zip(self._names, self.producers, strict=True)))
        self.end = catch_up(self._clients, self._settings, self._follower, self._stopped)

    @property
    def _names(self) -> tuple[str, str]:
        name = f"{self._settings.topic}.{self._settings.partition}"
        return f"{name}.0", f"{name}.1"

    def _initialised(self, name: str) -> Producer:
        producer = self._clients.producer(name, self._max_bytes, self._disconnected)
        try:
            producer.init_transactions(self._clients.timeout)
        except BaseException:
            # Otherwise the traceback would keep this producer alive, and its retries would fence off the next producer
            # of this process.
            del producer
            raise
        return producer
