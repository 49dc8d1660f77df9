"""Publishes readings of books under the epochs of their leases."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Final

from confluent_kafka import KafkaError, Message

from adapters.book_topic.place import BookTopic
from adapters.book_topic.wire import ReadingRecord, reading_bytes
from adapters.marks.key_folder import KeyFolder
from adapters.marks.signature import Signer
from adapters.signed_topic import partition_of, signature
from domain.market import BookReading

_log = logging.getLogger(__name__)
_MOST_BYTES: Final = 1_000_000
_DELIVERY_MS: Final = 3_000
"""A reading that no broker took by then is dropped: a newer one follows it."""


class ReadingPublisher:
    """One thread uses a publisher. What could not be delivered in time is counted in `dropped`."""

    def __init__(self, place: BookTopic, now_ms: Callable[[], int], keys: KeyFolder | None = None) -> None:
        """Makes the topic where it is missing. `keys` is by default this user's folder.

        Raises LogUnavailable, InvalidSettings, KeyRefused.
        """
        self._place, self._now_ms, self._signer = place, now_ms, Signer(keys or KeyFolder())
        clients = place.clients()
        self._partitions = place.partitions(clients)
        self._producer = clients.gapless_producer(
            _MOST_BYTES,
            {"delivery.timeout.ms": _DELIVERY_MS, "compression.type": "lz4", "linger.ms": 2},
        )
        self.dropped = 0

    def publish(self, epoch: int, readings: Iterable[BookReading]) -> None:
        """Sends the readings; returns before they are delivered."""
        for reading in readings:
            now = self._now_ms()
            key = reading.instrument.encode()
            value = reading_bytes(ReadingRecord(epoch=epoch, published_ms=now, reading=reading))
            self._producer.produce(
                self._place.name,
                value,
                key,
                partition=partition_of(reading.instrument, self._partitions),
                timestamp=now,
                headers=[signature(self._signer, self._place.name, key, value)],
                on_delivery=self._delivered,
            )
        self._producer.poll(0)

    def close(self) -> None:
        """Waits until what was sent is delivered or dropped."""
        self._producer.flush(_DELIVERY_MS / 1_000)

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is None:
            return
        if not self.dropped:
            _log.warning("readings are dropped, because no broker takes them: %s", error.str())
        self.dropped += 1
