"""A log in one partition of a Kafka topic, built on `adapters/kafka`."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from eventsourcing.utils import Environment

from adapters.kafka import Factory
from adapters.kafka.append import Append
from adapters.kafka.client import Clients
from adapters.kafka.record import Entry, Record, mark_of
from adapters.kafka.recorders import input_drafts
from adapters.kafka.rule import Rule, marked_of
from adapters.log.address import KafkaAddress
from adapters.log.beside import Beside
from adapters.log.content import Content
from adapters.log.library import RecorderRows
from adapters.log.recorder_log import Codec, RecordedLog, RecorderLog, Refusals, Row
from adapters.marks.key_folder import KeyFolder, Keys
from adapters.marks.mark import Link, Mark
from domain.errors import LogUnavailable
from domain.log import Envelope

_ANSWER_SECONDS = 5.0
_FEW = 1_000
"""Up to this number of records, reading with the open consumer is faster than in batches with a new consumer."""

COPY: Final = "whence_copy"
"""The header of the records that `whence log copy` writes."""
_UNPROVEN: Final = b"unproven"
"""Its value where nothing proved the events that were copied; else it is `1`."""

Headers = Callable[[Envelope], list[tuple[str, bytes]]]


class KafkaRows(RecorderRows):
    """Reads many records in the batches of a new consumer, and few records as `RecorderRows` reads them."""

    def __init__(self, factory: Factory) -> None:
        super().__init__(factory.application_recorder())
        self._factory = factory

    def rows(self, after: int, upto: int) -> Iterator[Row]:
        """See `Rows`."""
        if upto - after <= _FEW:
            yield from self._few(after, upto)
            return
        for batch in self._factory.store.replay(after + 1):
            for record in batch:
                if record.ordinal > upto:
                    return
                yield record.ordinal, record.stream, record.version, record.state

    def _few(self, after: int, upto: int) -> Iterator[Row]:
        """Nothing is requested from a broker about records that have arrived already."""
        history = self._factory.store.history
        if upto > history.count:
            self._factory.store.refresh()
        for event in history.events_between(after + 1, upto):
            yield event.ordinal, event.stream, event.version, event.state

    def arrived(self) -> int:
        """See `Rows`: the last record that the tail or the writer of this process has received."""
        return self._factory.store.history.count

    def wait(self, after: int, seconds: float) -> bool:
        """See `Rows`: waits for the tail's notification, without requests to a broker before the time runs out."""
        history, news = self._factory.store.history, threading.Event()
        deadline = time.monotonic() + seconds
        history.listen(news)
        try:
            while history.count <= after:
                if not news.wait(max(deadline - time.monotonic(), 0.0)):
                    return self.head() > after
                news.clear()
        finally:
            history.unlisten(news)
        return True

    def storage(self) -> str:
        """See `Rows`: cluster, topic and partition; a topic that is created again has another id."""
        return self._factory.store.storage

    def is_copy(self) -> bool:
        """See `Rows`: by the header `whence_copy` of the last record, which nobody can change."""
        return self._copied() is not None

    def is_unproven(self) -> bool:
        """See `Rows`: by the same header of the last record."""
        return self._copied() == _UNPROVEN

    def refused(self) -> Mapping[int, str]:
        """See `Rows`."""
        return self._factory.store.refused

    def refusals(self) -> Refusals:
        """See `Rows`."""
        return Refusals(*self._factory.store.refusals())

    def unverified(self) -> str:
        """See `Rows`."""
        return self._factory.store.proof.unverified

    def link(self, ordinal: int) -> Link | None:
        """See `Rows`: at the end from memory, else from the mark in the record's header, which the store confirms."""
        store = self._factory.store
        end, proof = store.history.count, store.proof
        if not proof.is_marked or not proof.sealed < ordinal <= end:
            return None
        if proof.link.ordinal == ordinal:
            return proof.link
        record = self._record(ordinal)
        if record is None or (stored := mark_of(record.headers)) is None:
            return None
        mark = Mark.unpacked(stored)
        return Link(proof.link.log_id, ordinal, mark.code, mark.epoch, mark.next_key)

    def close(self) -> None:
        """See `Rows`."""
        self._factory.close()

    def _copied(self) -> bytes | None:
        """The header of a copy in the last record; None where the record is no copy's."""
        end = self.head()
        record = self._record(end) if end else None
        return None if record is None else dict(record.headers).get(COPY)

    def _record(self, ordinal: int) -> Record | None:
        """The record of the event at this ordinal, with its headers."""
        with closing(self._factory.store.replay(ordinal)) as batches:
            return next((batch[0] for batch in batches if batch), None)


def open_kafka(
    address: KafkaAddress,
    codec: Codec,
    headers: Headers,
    client: Mapping[str, str],
    index: Path | None = None,
    release: Callable[[], None] | None = None,
    keys: KeyFolder | None = None,
    *,
    copies: bool = False,
    unproven: bool = False,
) -> RecorderLog:
    """Opens and owns the log in this partition; `client` holds librdkafka's settings, `index` is the index's folder.

    With `copies` its records have the header of a copy, with `unproven`, too, of events that nothing proved.

    `release` is called when the log has been closed. `keys` is the folder of keys, by default this user's; the first
    key is made for a log without marks.
    Raises LogOwned (the message names the owner), LogUnsafe (the message holds the command that corrects the topic),
    LogUnavailable, NotSealed, KeyRefused or KeyMissing.
    """
    rule = owners_rule(keys or KeyFolder(), codec)
    factory = _factory(address, client, {"KAFKA_EXCLUSIVE": "true"}, index, rule)
    recorder = factory.application_recorder()

    def alone(body: bytes) -> None:
        factory.store.append(Append(inputs=input_drafts((body,))))

    beside, added = Beside(alone), [(COPY, _UNPROVEN if unproven else b"1")] if copies else []

    def extras(envelopes: Sequence[Envelope]) -> dict[str, Any]:
        return {
            "inputs": beside.bodies,
            "headers": [[*headers(envelope), *added] for envelope in envelopes],
            "timestamps": [int(envelope.meta.recorded_at.timestamp() * 1000) for envelope in envelopes],
        }

    store = factory.store
    return RecorderLog(
        recorder,
        KafkaRows(factory),
        codec,
        extras=extras,
        release=release,
        check=store.check,
        confirm=store.confirm,
        check_answers=store.check_answers,
        beside=beside,
    )


def read_kafka(
    address: KafkaAddress,
    codec: Codec,
    client: Mapping[str, str],
    release: Callable[[], None] | None = None,
    keys: KeyFolder | None = None,
) -> RecordedLog:
    """Opens the log in this partition for reading, whether it is owned or not.

    Raises LogUnavailable, LogCorrupt, KeyRefused. Without the log's key the log is read as unverified.
    """
    rule = _rule((keys or KeyFolder()).read(), codec, None)
    factory = _factory(address, client, {"KAFKA_READ_ONLY": "true"}, None, rule)
    return RecordedLog(KafkaRows(factory), codec, release)


def owners_rule(folder: KeyFolder, codec: Codec) -> Rule:
    """The rule of a log's owner, which signs with the newest key. Raises KeyRefused."""
    return _rule(folder.read(), codec, folder)


def _rule(keys: Keys, codec: Codec, folder: KeyFolder | None) -> Rule:
    content = Content(codec)

    def check(log_id: bytes, ordinal: int, entry: Entry) -> None:
        content.check(log_id, ordinal, marked_of(entry), dict(entry.headers).get("ce_id"))

    return Rule(keys, content.log_id_of, check, folder)


def _factory(
    address: KafkaAddress,
    client: Mapping[str, str],
    how: Mapping[str, str],
    index: Path | None,
    rule: Rule,
) -> Factory:
    """The recorders of this partition, with the library's settings in `how`. Raises LogUnavailable."""
    factory = Factory(environment_of(address, client, how, index), rule)
    _check_answers(factory, address)
    return factory


def environment_of(
    address: KafkaAddress, client: Mapping[str, str], how: Mapping[str, str], index: Path | None
) -> Environment:
    """The library's environment for this partition; `how` adds to it."""
    settings = {
        "PERSISTENCE_MODULE": "adapters.kafka",
        "ORIGINATOR_ID_TYPE": "text",
        "KAFKA_TOPIC": address.topic,
        "KAFKA_PARTITION": str(address.partition),
        "KAFKA_CONFIG": json.dumps({**client, "bootstrap.servers": address.servers}),
        **how,
    }
    if index is not None:
        settings["KAFKA_INDEX_PATH"] = str(index)
    return Environment(env=settings)


def _check_answers(factory: Factory, address: KafkaAddress) -> None:
    """Raises LogUnavailable after a few seconds where no broker responds. Later requests have a longer timeout."""
    try:
        Clients(factory.settings.client, _ANSWER_SECONDS).admin.cluster()
    except LogUnavailable as fault:
        raise LogUnavailable(f"Kafka at {address.servers} does not answer: {fault}") from fault
