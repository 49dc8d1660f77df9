"""One Kafka transaction, which writes several appends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from time import monotonic
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from adapters.kafka.append import Append, Draft, Track
from adapters.kafka.config import KafkaSettings
from adapters.kafka.failure import failure_of

DeliveryCallback = Callable[[KafkaError | None, Message], None]

Marking = Callable[[Sequence[Draft]], Sequence[Draft]]

# The stubs require a list of a wider pair type for headers, though `produce` only reads the list.
_Produce = Callable[..., Any]


class Transaction:
    """A transaction of one producer.

    `first` and `last` are the offsets of the first and the last delivered event; -1 before any was delivered.
    """

    def __init__(
        self, producer: Producer, settings: KafkaSettings, marking: Marking = lambda drafts: drafts
    ) -> None:
        """`marking` adds the marks to the events, whose ordinals are known only now."""
        self._producer, self._settings, self._marking = producer, settings, marking
        self.first = self.last = -1

    def write(self, appends: Sequence[Append]) -> None:
        """Begins, sends and commits. Raises KafkaException; the log then shows whether it was committed."""
        self.begin()
        self.send(appends)
        self.commit()

    def begin(self) -> None:
        self._producer.begin_transaction()

    def send(self, appends: Sequence[Append]) -> None:
        events = [event for append in appends for event in append.events]
        self._send_events(self._marking(events))
        self._send_snapshots(draft for append in appends for draft in append.snapshots)
        self._send_tracks(append.track for append in appends if append.track is not None)
        self._send_inputs(draft for append in appends for draft in append.inputs)

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
        # Only the first and the last offset are needed. Delivery reports for all records would cost a seventh of the
        # records per second.
        ends = {0, len(events) - 1}
        reports = (self._note if number in ends else None for number in range(len(events)))
        self._send(self._settings.topic, zip(events, reports, strict=True))

    def _send_snapshots(self, snapshots: Iterable[Draft]) -> None:
        self._send(self._settings.snapshots_topic, zip(snapshots, repeat(None), strict=False))

    def _send_tracks(self, tracks: Iterable[Track]) -> None:
        drafts = (Draft(app, 0, "", b"%d" % notification, 0, []) for app, notification in tracks)
        self._send(self._settings.tracking_topic, zip(drafts, repeat(None), strict=False))

    def _send_inputs(self, inputs: Iterable[Draft]) -> None:
        self._send(self._settings.inputs_topic, zip(inputs, repeat(None), strict=False))

    def _send(self, topic: str, records: Iterable[tuple[Draft, DeliveryCallback | None]]) -> None:
        produce: _Produce = self._producer.produce
        partition = self._settings.partition
        for (stream, _, _, state, timestamp, headers), report in records:
            try:
                produce(topic, state, stream, partition, report, None, timestamp, headers)
            except BufferError:
                self._producer.flush(self._settings.commit_timeout)
                produce(topic, state, stream, partition, report, None, timestamp, headers)

    def _note(self, error: KafkaError | None, message: Message) -> None:
        # A record that was not delivered makes the commit fail, so only the offset matters here.
        offset = message.offset()
        if error is None and offset is not None:
            self.first = offset if self.first < 0 else self.first
            self.last = offset
