"""Following a log that another process writes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

from confluent_kafka import TopicPartition

from adapters.kafka.catch_up import catch_up
from adapters.kafka.client import Clients
from adapters.kafka.config import KafkaSettings
from adapters.kafka.errors import KafkaUnavailable
from adapters.kafka.follower import Follower
from adapters.kafka.reader import TAIL, PartitionConsumer, sorted_out

_PAUSE_SECONDS = 0.5


class Tail:
    """A thread that adds each committed event to the index."""

    def __init__(
        self, clients: Clients, settings: KafkaSettings, follower: Follower, notify: Callable[[], None]
    ) -> None:
        self._clients, self._settings, self._follower, self._notify = clients, settings, follower, notify
        self._topic = settings.topic
        self._partition = TopicPartition(settings.topic, settings.partition)
        self._moved = threading.Condition()
        self._stopped = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=f"follow {settings.name}", daemon=True)
        self._thread.start()

    def wait_for(self, offset: int) -> None:
        """Waits until the index holds everything before `offset`. Raises KafkaUnavailable, KafkaLogCorrupt."""
        deadline = monotonic() + self._clients.timeout
        with self._moved:
            while self._follower.index.reached(self._topic) < offset:
                if self._failure is not None:
                    raise self._failure.with_traceback(None)
                if not self._moved.wait(deadline - monotonic()):
                    raise KafkaUnavailable(f"{self._topic}: offset {offset} did not arrive in time")

    def close(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        """Follows until it is stopped.

        After a broker's error the consumer is replaced, and a damaged index is rebuilt, as often as it takes. Any other
        error ends it.
        """
        while not self._stopped.is_set():
            try:
                if self._follower.index.damaged:
                    catch_up(self._clients, self._settings, self._follower, self._stopped)
                with PartitionConsumer(self._clients, self._partition, TAIL) as consumer:
                    self._follow(consumer)
            except KafkaUnavailable as failure:
                self._fail(failure)
                self._stopped.wait(_PAUSE_SECONDS)
            except Exception as failure:  # noqa: BLE001 - `wait_for` raises it
                self._fail(failure)
                return

    def _fail(self, failure: Exception) -> None:
        with self._moved:
            self._failure = failure
            self._moved.notify_all()

    def _follow(self, consumer: PartitionConsumer) -> None:
        consumer.go_to(self._follower.index.reached(self._topic))
        self._failure = None
        while not self._stopped.is_set():
            self._follower.index.check()
            messages, reached = sorted_out(consumer.messages(0.2), self._topic)
            if reached >= 0:
                self._follower.absorb[self._topic](messages, reached)
                self._follower.report_refused()
                with self._moved:
                    self._moved.notify_all()
            if messages:
                self._notify()
