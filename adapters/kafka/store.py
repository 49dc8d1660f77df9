"""The log of one partition, shared by its recorders: one writer, one index, one reader."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Generator, Sequence
from pathlib import Path

from confluent_kafka import IsolationLevel, TopicPartition

from adapters.kafka.append import Append
from adapters.kafka.catch_up import catch_up
from adapters.kafka.client import Clients
from adapters.kafka.config import KafkaSettings
from adapters.kafka.errors import KafkaLogLost, KafkaReadOnly, KafkaUnavailable
from adapters.kafka.follower import Follower
from adapters.kafka.history import History
from adapters.kafka.index import Index, IndexDamaged
from adapters.kafka.ownership import Claim
from adapters.kafka.reader import BULK, PartitionConsumer, PlaceReader, certain_end, events_of
from adapters.kafka.record import Entry, Record
from adapters.kafka.rule import Proof, Rule
from adapters.kafka.tail import Tail
from adapters.kafka.takeover import Taken, Takeover
from adapters.kafka.topic import ensure_topics
from adapters.kafka.watch import Watch
from adapters.kafka.writer import Writer

_log = logging.getLogger(__name__)

_FLUSH_EVERY = 0.2
_AGAIN_SECONDS = 10.0
"""The longest wait for a response in a takeover after a failed commit, whose callers wait for its outcome."""


class PartitionStore:
    """An open log, to which its caller appends and from which it reads.

    A store that is not closed explicitly is closed when it is garbage-collected.
    """

    def __init__(self, settings: KafkaSettings, rule: Rule | None = None) -> None:
        """`rule` accepts records as events by their marks."""
        self.settings = settings
        self._partition = TopicPartition(settings.topic, settings.partition)
        self._clients = Clients(settings.client, settings.timeout)
        self._topics = ensure_topics(self._clients, settings)
        self._inner = _Inner(settings, self._clients, self._topics.identity, self._topics.max_bytes, rule)
        self._finalizer = weakref.finalize(self, self._inner.close)
        try:
            self._inner.open()
        except BaseException:
            self.close()
            raise

    @property
    def storage(self) -> str:
        """The partition with the ids of its topic and its cluster, as one text."""
        topic, identity = self.settings.topic, self._topics.identity
        place = f"topic {topic} ({identity[topic]}), partition {self.settings.partition}"
        return f"Kafka cluster {identity['cluster']}, {place}"

    @property
    def history(self) -> History:
        return self._inner.history

    def append(self, append: Append) -> Sequence[int]:
        """Appends, and returns the ordinals of the events once they are durable.

        Raises KafkaReadOnly where the log was opened read-only, and what `Writer.append` raises.
        """
        if self._inner.writer is None:
            raise KafkaReadOnly(f"{self.settings.name} was opened read-only")
        return self._inner.writer.append(append)

    def check(self) -> None:
        """Raises KafkaOwnershipLost or KafkaLogLost where an append would; sends no request."""
        writer = self._inner.writer
        if writer is not None and writer.lost is not None:
            raise writer.lost.with_traceback(None)

    def check_answers(self) -> None:
        """Raises KafkaUnavailable where no broker has answered for the log's timeout; sends no request."""
        self._inner.check_answers()

    def confirm(self) -> None:
        """Raises what `check` raises, after a look at the topic; does nothing where no broker responds."""
        self._inner.confirm()
        self.check()

    def refresh(self) -> None:
        """Adds to the index the events that another writer has committed. Raises KafkaUnavailable, KafkaLogCorrupt."""
        self._inner.refresh()

    @property
    def proof(self) -> Proof:
        """What is known of the marks of the events that were read so far."""
        return self._inner.proof

    @property
    def refused(self) -> dict[int, str]:
        """The offset and a description of each record that breaks the order of versions or is not an event."""
        return self.history.index.refused()

    def refusals(self) -> tuple[int, int]:
        """The number of refused records and the offset of the last one, -1 where there is none; kept in memory."""
        index = self.history.index
        return len(index.refused_at), index.last_refused

    def replay(self, start: int = 1) -> Generator[list[Record]]:
        """Batches of committed events from ordinal `start` to the end of the log at the time of the call.

        Raises KafkaUnavailable, KafkaLogCorrupt.
        """
        self.refresh()
        last, first = self.history.count, self.history.index.place_at(max(start, 1))
        if first is None:
            return
        with PartitionConsumer(self._clients, self._partition, BULK) as consumer:
            consumer.go_to(first.offset)
            for batch in events_of(consumer.batches(), first, self._inner.confirms):
                yield batch[: last + 1 - batch[0].ordinal] if batch else batch
                if batch and batch[-1].ordinal >= last:
                    return

    def close(self) -> None:
        """Finishes the current appends and releases everything."""
        self._finalizer()


class _Inner:
    """The part of the store that its threads refer to, so that they do not keep the store itself alive."""

    def __init__(
        self,
        settings: KafkaSettings,
        clients: Clients,
        identity: dict[str, str],
        max_bytes: int,
        rule: Rule | None,
    ) -> None:
        self._settings, self._clients, self._max_bytes = settings, clients, max_bytes
        self._stopped = threading.Event()
        self._claim = Claim(clients, settings) if settings.exclusive else None
        self._partition = TopicPartition(settings.topic, settings.partition)
        self._reader = PlaceReader(clients, self._partition, self.confirms)
        self._index = _index_of(settings, identity, rule)
        self._follower = Follower(self._index, settings, list(identity), rule)
        self.history = History(settings, self._index, self._reader, rule)
        self.writer: Writer | None = None
        self._tail: Tail | None = None
        self._watch: Watch | None = None
        self._topic_id = identity[settings.topic]
        self._flusher = threading.Thread(target=self._flush, name=f"index {settings.name}", daemon=True)

    def open(self) -> None:
        """Becomes the owner of the partition or, where the log is read-only, begins to follow it."""
        self._flusher.start()
        if self._settings.read_only:
            self.read_again()
            self._tail = Tail(self._clients, self._settings, self._follower, self.history.notify)
            return
        if self._claim is not None:
            self._claim.make()
        self._watch = watch = Watch(self._settings, self._topic_id)
        self.writer = Writer(
            self._settings, self.history, self.take_over, self.read_again, self._end, watch.lost
        )
        self.writer.append(Append())
        self._clients = Clients(self._settings.client, min(self._settings.timeout, _AGAIN_SECONDS))
        watch.start(lambda: self._committed, self.writer.lose, self.writer.glance)

    @property
    def proof(self) -> Proof:
        return self._index.proof

    def confirms(self, ordinal: int, entry: Entry) -> bool:
        return self._follower.confirms(ordinal, entry)

    def take_over(self) -> Taken:
        if self._claim is not None:
            self._claim.check(self._clients)
        takeover = Takeover(
            self._clients, self._settings, self._follower, self._max_bytes, self._stopped, self._look
        )
        return takeover.whole()

    @property
    def _committed(self) -> int:
        return 0 if self.writer is None else self.writer.end

    def _look(self) -> None:
        if self._watch is not None:
            self._watch.look(self._committed)

    def check_answers(self) -> None:
        """See `Watch.check_answers`. A log that is only read is not watched."""
        if self._watch is not None:
            self._watch.check_answers()

    def confirm(self) -> None:
        """Looks at the topic at once. A loss is reported to the writer; a silent broker proves nothing."""
        if self.writer is None or self.writer.lost is not None:
            return
        try:
            self._look()
        except KafkaLogLost as loss:
            self.writer.lose(loss)
        except KafkaUnavailable as silence:
            _log.warning("%s: whether it is whole is not known: %s", self._settings.name, silence)

    def read_again(self) -> int:
        return catch_up(self._clients, self._settings, self._follower, self._stopped)

    def _end(self) -> int:
        return self._clients.end_of(self._partition, IsolationLevel.READ_UNCOMMITTED)

    def refresh(self) -> None:
        if self._tail is not None:
            # Acknowledged records may still lack their markers: the last stable offset could be before them.
            self._tail.wait_for(certain_end(self._clients, self._partition, self._stopped))
        elif self.writer is not None and self.writer.lost is not None:
            if isinstance(self.writer.lost, KafkaLogLost):
                raise self.writer.lost.with_traceback(None)
            self.read_again()

    def close(self) -> None:
        self._stopped.set()
        for part in (self._watch, self.writer, self._tail, self._claim, self._reader):
            if part is not None:
                part.close()
        if self._flusher.ident is not None:
            self._flusher.join()
        self._index.close()

    def _flush(self) -> None:
        while not self._stopped.wait(_FLUSH_EVERY):
            try:
                self._index.flush()
            except IndexDamaged as error:
                _log.warning("%s: %s", self._settings.name, error)


def _index_of(settings: KafkaSettings, identity: dict[str, str], rule: Rule | None) -> Index:
    index = Index(_index_file(settings))
    try:
        found = index.belongs_to({**identity, "rule": "versions" if rule is None else rule.name})
    except IndexDamaged as error:
        _log.warning("%s: %s", settings.name, error)
        found = False
    if not found:
        _log.warning(
            "the index of %s is damaged, or of another cluster, topic or key: it is rebuilt", settings.name
        )
        index.clear()
    return index


def _index_file(settings: KafkaSettings) -> Path | None:
    if settings.index_path is None:
        return None
    kind = ".reader" if settings.read_only else ""
    return settings.index_path / f"{settings.topic}.{settings.partition}{kind}.sqlite"
