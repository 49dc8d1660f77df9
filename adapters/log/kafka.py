"""A log in one partition of a Kafka topic; see `adapters/kafka` for what makes it one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from eventsourcing.utils import Environment

from adapters.kafka import Factory
from adapters.kafka.client import Clients
from adapters.log.address import KafkaAddress
from adapters.log.library import RecorderRows
from adapters.log.recorder_log import Codec, RecordedLog, RecorderLog, Row
from domain.errors import LogUnavailable
from domain.log import Envelope

_ANSWER_SECONDS = 5.0
_FEW = 1_000
"""Records that are sooner fetched by a consumer that is there than by batches of a new one."""

Headers = Callable[[Envelope], list[tuple[str, bytes]]]


class KafkaRows(RecorderRows):
    """Reads committed records by batches, at the speed of the consumer; the rest as any recorder does."""

    def __init__(self, factory: Factory) -> None:
        super().__init__(factory.application_recorder())
        self._factory = factory

    def rows(self, after: int, upto: int) -> Iterator[Row]:
        """See `Rows`."""
        if upto - after <= _FEW:
            yield from super().rows(after, upto)
            return
        for batch in self._factory.store.replay(after + 1):
            for record in batch:
                if record.ordinal > upto:
                    return
                yield record.ordinal, record.stream, record.version, record.state

    def close(self) -> None:
        """See `Rows`."""
        self._factory.close()


def open_kafka(
    address: KafkaAddress,
    codec: Codec,
    headers: Headers,
    client: Mapping[str, str],
    index: Path | None = None,
    release: Callable[[], None] | None = None,
) -> RecorderLog:
    """Owns the log in this partition; `client` are librdkafka's own settings, `index` a folder for the index.

    `release` is called when the log has been closed.
    Raises LogOwned naming the owner, LogUnsafe with the line that mends the topic, LogUnavailable.
    """
    factory = _factory(address, client, {"KAFKA_EXCLUSIVE": "true"}, index)
    recorder = factory.application_recorder()

    def beside(envelopes: Sequence[Envelope]) -> dict[str, Any]:
        return {
            "headers": [headers(envelope) for envelope in envelopes],
            "timestamps": [int(envelope.meta.recorded_at.timestamp() * 1000) for envelope in envelopes],
        }

    return RecorderLog(recorder, KafkaRows(factory), codec, beside=beside, release=release)


def read_kafka(
    address: KafkaAddress,
    codec: Codec,
    client: Mapping[str, str],
    release: Callable[[], None] | None = None,
) -> RecordedLog:
    """Reads the log in this partition, whoever owns it. Raises LogUnavailable, LogCorrupt."""
    factory = _factory(address, client, {"KAFKA_READ_ONLY": "true"}, None)
    return RecordedLog(KafkaRows(factory), codec, release)


def _factory(
    address: KafkaAddress, client: Mapping[str, str], how: Mapping[str, str], index: Path | None
) -> Factory:
    told = {
        "PERSISTENCE_MODULE": "adapters.kafka",
        "ORIGINATOR_ID_TYPE": "text",
        "KAFKA_TOPIC": address.topic,
        "KAFKA_PARTITION": str(address.partition),
        "KAFKA_CONFIG": json.dumps({**client, "bootstrap.servers": address.servers}),
        **how,
    }
    if index is not None:
        told["KAFKA_INDEX_PATH"] = str(index)
    factory = Factory(Environment(env=told))
    _check_answers(factory, address)
    return factory


def _check_answers(factory: Factory, address: KafkaAddress) -> None:
    """A broker that was never there is said within seconds; one that goes away later is given more time."""
    try:
        Clients(factory.settings.client, _ANSWER_SECONDS).admin.cluster()
    except LogUnavailable as fault:
        raise LogUnavailable(f"Kafka at {address.servers} does not answer: {fault}") from fault
