"""A writer whose takeover of a partition is run step by step."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import repeat

from confluent_kafka import IsolationLevel, TopicPartition
from eventsourcing.utils import Environment

from adapters.kafka.append import Append, Draft
from adapters.kafka.catch_up import catch_up
from adapters.kafka.client import Clients
from adapters.kafka.config import settings_of
from adapters.kafka.errors import KafkaConflict, KafkaLogLost, KafkaOwnershipLost
from adapters.kafka.follower import Follower
from adapters.kafka.history import History
from adapters.kafka.index import Index
from adapters.kafka.reader import PlaceReader
from adapters.kafka.record import headers_of
from adapters.kafka.takeover import Taken, Takeover
from adapters.kafka.topic import ensure_topics
from adapters.kafka.writer import Writer


class Contender:
    """`steps` yields the steps of the takeover, then appends to one stream.

    `written` holds the versions that it has appended, `error` the error with which it lost its ownership.
    """

    def __init__(self, env: Environment, name: str, stream: str) -> None:
        self.name, self._stream = name, stream
        self._settings = settings_of(env)
        self._clients = Clients(self._settings.client, self._settings.timeout)
        topics = ensure_topics(self._clients, self._settings)
        self._partition = TopicPartition(self._settings.topic, self._settings.partition)
        self._reader = PlaceReader(self._clients, self._partition)
        self._index = Index()
        self._follower = Follower(self._index, self._settings, topics.identity)
        self._history = History(self._settings, self._index, self._reader)
        self._never = threading.Event()
        self._takeover = Takeover(
            self._clients, self._settings, self._follower, topics.max_bytes, self._never
        )
        self._writer: Writer | None = None
        self.written: list[int] = []
        self.error: KafkaOwnershipLost | None = None

    @property
    def steps(self) -> Iterator[Callable[[], None]]:
        yield from self._takeover.steps
        yield from repeat(self.append)

    def append(self) -> None:
        """Appends the version after the last one in this contender's index; does so again after a first conflict."""
        if self._writer is None:
            self._writer = Writer(
                self._settings, self._history, self._taken, self._read_again, self._end, KafkaLogLost
            )
        try:
            self._append(self._writer)
        except KafkaConflict:
            self._append(self._writer)

    def _append(self, writer: Writer) -> None:
        version = (self._index.last_version(self._stream) or 0) + 1
        try:
            writer.append(Append(events=[self._draft(version)]))
        except KafkaOwnershipLost as error:
            self.error = error
        else:
            assert self.error is None, "a contender that lost its ownership wrote again"
            self.written.append(version)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader.close()
        self._index.close()

    def _draft(self, version: int) -> Draft:
        headers = headers_of("whence.test.Happened", version, ())
        return Draft(self._stream, version, "whence.test.Happened", self.name.encode(), 0, headers)

    def _taken(self) -> Taken:
        return Taken(self._takeover.producers, self._takeover.end, threading.Event())

    def _end(self) -> int:
        return self._clients.end_of(self._partition, IsolationLevel.READ_UNCOMMITTED)

    def _read_again(self) -> int:
        return catch_up(self._clients, self._settings, self._follower, self._never)
