"""Publishes the rows of one session of a recorder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from adapters.kafka.acknowledged import check_acknowledged, noted_in
from adapters.market_recordings.kind import Numbered
from adapters.market_topic.place import MarketTopic
from adapters.market_topic.wire import MarketRecord, market_bytes
from adapters.marks.key_folder import KeyFolder
from adapters.marks.signature import Signer
from adapters.signed_topic import PATIENCE_SECONDS, partition_of, signature

_MOST_BYTES: Final = 4 * 2**20
_NS_IN_MS: Final = 1_000_000
_POLLED: Final = 1_000
"""The producer's callbacks are run after so many records."""


class MarketPublisher:
    """`session` is the time of the start in nanoseconds since 1970. One thread uses a publisher."""

    def __init__(self, place: MarketTopic, session: int, keys: KeyFolder | None = None) -> None:
        """Makes the topic where it is missing. `keys` is by default this user's folder.

        Raises LogUnavailable, InvalidSettings, KeyRefused.
        """
        self._place, self._session, self._signer = place, session, Signer(keys or KeyFolder())
        clients = place.clients()
        self._partitions = place.partitions(clients)
        self._producer = clients.gapless_producer(_MOST_BYTES, {"compression.type": "zstd", "linger.ms": 20})

    def publish(self, rows: Sequence[Numbered]) -> None:
        """Returns once all of the rows are durable.

        Raises LogUnavailable where a row may not be durable. Published again, a row is in the topic twice and is read
        once. An instrument's later row is never in the topic without the earlier ones.
        """
        failures: list[str] = []
        noted = noted_in(failures)
        for place, (number, row) in enumerate(rows):
            key = row.instrument.encode()
            value = market_bytes(MarketRecord(session=self._session, number=number, row=row))
            self._producer.produce(
                self._place.name,
                value,
                key,
                partition=partition_of(row.instrument, self._partitions),
                timestamp=row.arrived_ns // _NS_IN_MS,
                headers=[signature(self._signer, self._place.name, key, value)],
                on_delivery=noted,
            )
            if place % _POLLED == 0:
                self._producer.poll(0)
        with self._place.named():
            check_acknowledged(self._producer, self._place.name, failures, PATIENCE_SECONDS)

    def close(self) -> None:
        """Ends the producer; what `publish` has returned is durable already."""
        self._producer.flush(PATIENCE_SECONDS)
