"""Becoming the one writer of a partition: whole, in this order, at start and after any doubt.

1. Fence: `init_transactions()` on transactional id `.0`, then on `.1`. Each bumps its epoch: the predecessor's
   producers are refused from then on, and what they had open is aborted. Never one id alone: two owners who race
   could then hold one each.
2. Read `read_committed` until the last stable offset is the high watermark: nothing of the predecessor is undecided.
   (What hangs all the same has lost its markers, and is ended as its coordinator did: see `mend`.)
3. Serve, the first commit on `.0`. Whoever lost the race fails fatally there.
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

# The coordinator has called the predecessor's transactions complete by then: their markers are there, or never come.
_PATIENCE: Final = 0.5


class Taken(NamedTuple):
    """A takeover that went through: the producers to write with, the one to begin with first, the log's end then.

    `shaken` is set when a connection to a broker breaks.
    """

    producers: Sequence[Producer]
    end: int
    shaken: threading.Event


class Takeover:
    """One attempt to take the partition over. The steps are separate so that a test can put others between them."""

    def __init__(
        self,
        clients: Clients,
        settings: KafkaSettings,
        follower: Follower,
        max_bytes: int,
        stopped: threading.Event,
    ) -> None:
        self._clients, self._settings, self._follower = clients, settings, follower
        self._max_bytes, self._stopped = max_bytes, stopped
        self.producers: list[Producer] = []
        self.end = -1
        self._shaken = threading.Event()

    @property
    def steps(self) -> tuple[Callable[[], None], ...]:
        return (self.fence, self.fence, self.read)

    def whole(self) -> Taken:
        """All steps. Raises KafkaUnavailable: a step found no answer; nobody serves."""
        for step in self.steps:
            step()
        return Taken(self.producers, self.end, self._shaken)

    def fence(self) -> None:
        """Take the next of the two transactional ids."""
        with self._clients.errors(f"take over {self._settings.name}"):
            self.producers.append(self._initialised(self._names[len(self.producers)]))

    def read(self) -> None:
        """Bring the index to the end of the log that is certain."""
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
        producer = self._clients.producer(name, self._max_bytes, self._shaken)
        try:
            producer.init_transactions(self._clients.timeout)
        except BaseException:
            # The traceback would keep it alive, and it would go on trying: in the end it would fence off our own next.
            del producer
            raise
        return producer
