"""One Kafka transaction: what several appends want written, sent and committed together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import cast

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from adapters.kafka.append import Append, Draft, Track
from adapters.kafka.config import KafkaSettings
from adapters.kafka.failure import failure_of

_Headers = list[tuple[str, str | bytes | None]]
DeliveryCallback = Callable[[KafkaError | None, Message], None]


class Transaction:
    """Sends through one producer; knows afterwards where the first and the last event have come to be."""

    def __init__(self, producer: Producer, settings: KafkaSettings) -> None:
        self._producer, self._settings = producer, settings
        self.first = self.last = -1

    def write(self, appends: Sequence[Append]) -> None:
        """Begin, send and commit. Raises KafkaException: what is in the log now, only the log can say."""
        self.begin()
        self.send(appends)
        self.commit()

    def begin(self) -> None:
        self._producer.begin_transaction()

    def send(self, appends: Sequence[Append]) -> None:
        events = [event for append in appends for event in append.events]
        self._send_events(events)
        self._send_snapshots(draft for append in appends for draft in append.snapshots)
        self._send_tracks(append.track for append in appends if append.track is not None)

    def commit(self) -> None:
        deadline = monotonic() + self._settings.commit_timeout
        while not self._committed(deadline):
            pass

    def _committed(self, deadline: float) -> bool:
        remaining = deadline - monotonic()
        try:
            self._producer.commit_transaction(max(remaining, 0.001))
        except KafkaException as error:
            if failure_of(error).retriable() and monotonic() < deadline:
                return False
            raise
        return True

    def _send_events(self, events: Sequence[Draft]) -> None:
        # A report for each record would cost a seventh of the rate; from the ends the rest is known well enough.
        end = len(events) - 1
        topic = self._settings.topic
        for number, (stream, _, _, state, timestamp, headers) in enumerate(events):
            report = self._note if number in {0, end} else None
            self._produce(topic, state, stream, report, timestamp, headers)

    def _send_snapshots(self, snapshots: Iterable[Draft]) -> None:
        topic = self._settings.snapshots_topic
        for stream, _, _, state, timestamp, headers in snapshots:
            self._produce(topic, state, stream, None, timestamp, headers)

    def _send_tracks(self, tracks: Iterable[Track]) -> None:
        topic = self._settings.tracking_topic
        for application, notification in tracks:
            self._produce(topic, b"%d" % notification, application, None, 0, [])

    def _produce(
        self,
        topic: str,
        value: bytes,
        key: str,
        report: DeliveryCallback | None,
        timestamp: int,
        headers: list[tuple[str, bytes]],
    ) -> None:
        # The stubs ask for a list of wider pairs; a list of these is one to read from.
        sent = cast(_Headers, headers)
        partition = self._settings.partition
        try:
            self._producer.produce(topic, value, key, partition, report, None, timestamp, sent)
        except BufferError:
            self._producer.flush(self._settings.commit_timeout)
            self._producer.produce(topic, value, key, partition, report, None, timestamp, sent)

    def _note(self, error: KafkaError | None, message: Message) -> None:
        # A record that could not be delivered makes the commit fail; here only its place is of interest.
        offset = message.offset()
        if error is None and offset is not None:
            self.first = offset if self.first < 0 else self.first
            self.last = offset
