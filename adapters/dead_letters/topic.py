"""Dead letters in a Kafka topic, which is only appended to: letters and their changes are records.

A letter's record has the original as its value and the letter as JSON in the header `letter`; a change has an empty
value, the change as JSON in the header `change` and its signature in the header `signature`. Both have the letter's id
as key. The order of the records decides which of two changes is the next one. Records of strangers are passed over,
counted and logged; a letter that nobody signed is listed, until the signed one with its id comes.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import msgspec
from confluent_kafka import IsolationLevel, Message, Producer, TopicPartition

from adapters.dead_letters.changes import Change, applied
from adapters.dead_letters.letter import Arrival, DeadLetter, unchanged
from adapters.dead_letters.signing import LetterSigner
from adapters.dead_letters.state import LetterSource, LetterState
from adapters.dead_letters.store import Counts, Wanted, not_believed, overtaken, unknown
from adapters.kafka.acknowledged import check_acknowledged, noted_in
from adapters.kafka.client import Clients
from adapters.kafka.errors import KafkaUnavailable
from adapters.kafka.reader import BULK, PartitionConsumer
from adapters.kafka.record import headers_in
from adapters.kafka.topic import made_topic
from adapters.kafka.topic_table import DEAD_LETTERS, LETTER_BYTES
from adapters.marks.key_folder import KeyFolder
from domain.errors import MarkRefused

_log = logging.getLogger(__name__)

LETTER, CHANGE, SIGNATURE = "letter", "change", "signature"
_MOST_REFUSED: Final = 20
"""The latest refused changes that are remembered of a letter."""
_ANSWER_SECONDS: Final = 10.0
_AT_ONCE: Final = 100
"""Records that wait for their acknowledgement at once: at most some 26 MiB."""


_Headers = Mapping[str, bytes]
_Record = tuple[str, bytes, _Headers]
"""Key, value and headers."""


@dataclass(slots=True)
class _Known:
    """A letter, the offset of its record, whether it is signed, its changes, and why others are not believed."""

    letter: DeadLetter
    offset: int
    is_signed: bool
    changes: list[Change] = field(default_factory=list[Change])
    refused: deque[str] = field(default_factory=lambda: deque(maxlen=_MOST_REFUSED))

    def take(self, change: Change) -> None:
        """A change that is not the next one of its letter was overtaken, and changes nothing."""
        after = applied(self.letter, change)
        if after is not None:
            self.letter = after
            self.changes.append(change)


class TopicLetters:
    """The letters of a topic of events. See `DeadLetters`. `client` holds librdkafka's settings for the cluster."""

    def __init__(self, servers: str, events: str, client: Mapping[str, str], keys: KeyFolder) -> None:
        self.topic, self._events, self._signer = DEAD_LETTERS.name(events), events, LetterSigner(keys)
        self._partition = TopicPartition(self.topic, 0)
        self._clients = Clients.of_cluster(servers, client, _ANSWER_SECONDS)
        self._lock = threading.RLock()
        self._consumer: PartitionConsumer | None = None
        self._producer: Producer | None = None
        self._is_made = False
        self._at, self.strangers = 0, 0
        self._known: dict[str, _Known] = {}
        self._kinds: Mapping[str, Callable[[_Headers, Message], None]] = {
            LETTER: self._take_letter,
            CHANGE: self._take_change,
        }

    def keep(self, arrivals: Sequence[Arrival]) -> None:
        """See `DeadLetters.keep`. All of them are acknowledged, or LogUnavailable is raised: then some may be there,
        and keeping them again changes nothing."""
        with self._lock:
            self._refresh()
            new = [one for one in arrivals if not self._has(one.letter.id)]
            self._ensure()
            for start in range(0, len(new), _AT_ONCE):
                self._send([self._record(one) for one in new[start : start + _AT_ONCE]])

    def letters(self, wanted: Wanted = Wanted()) -> Sequence[DeadLetter]:  # noqa: B008 - it is frozen
        """See `DeadLetters.letters`."""
        with self._lock:
            self._refresh()
            found = [known.letter for known in self._known.values() if wanted.has(known.letter)]
        return sorted(found, key=lambda one: (-one.received_at.timestamp(), one.id))[: wanted.most]

    def letter(self, letter_id: str) -> DeadLetter:
        """See `DeadLetters.letter`."""
        return self._found(letter_id).letter

    def original(self, letter_id: str) -> bytes:
        """See `DeadLetters.original`."""
        letter, original = self.letter(letter_id), self.unverified(letter_id)
        self._signer.check(letter, original)
        return original

    def unverified(self, letter_id: str) -> bytes:
        """See `DeadLetters.unverified`."""
        offset = self._found(letter_id).offset
        with self._lock:
            for message in self._read(offset, offset + 1):
                if message.offset() == offset:
                    return message.value() or b""
        raise unknown(letter_id)

    def changes(self, letter_id: str) -> Sequence[Change]:
        """See `DeadLetters.changes`."""
        return tuple(self._found(letter_id).changes)

    def refused(self, letter_id: str) -> Sequence[str]:
        """See `DeadLetters.refused`."""
        return tuple(self._found(letter_id).refused)

    def change(self, change: Change) -> DeadLetter:
        """See `DeadLetters.change`. Whether it was the next one is read back from the topic."""
        with self._lock:
            if self._found(change.letter).letter.changes + 1 != change.number:
                raise overtaken(change.letter)
            headers = {CHANGE: msgspec.json.encode(change), SIGNATURE: self._signer.signature(change)}
            self._send([(change.letter, b"", headers)])
            known = self._found(change.letter)
            if change not in known.changes:
                raise overtaken(change.letter)
            return known.letter

    def counts(self) -> Counts:
        """See `DeadLetters.counts`."""
        found = Counter[tuple[LetterSource, LetterState]]()
        with self._lock:
            self._refresh()
            found.update((known.letter.source, known.letter.state) for known in self._known.values())
        return found

    def close(self) -> None:
        """See `DeadLetters.close`."""
        with self._lock:
            if self._consumer is not None:
                self._consumer.close()
                self._consumer = None

    def _has(self, letter_id: str) -> bool:
        known = self._known.get(letter_id)
        return known is not None and known.is_signed

    def _found(self, letter_id: str) -> _Known:
        with self._lock:
            self._refresh()
            known = self._known.get(letter_id)
        if known is None:
            raise unknown(letter_id)
        return known

    def _record(self, arrival: Arrival) -> _Record:
        letter = self._signer.signed(arrival)
        return letter.id, arrival.original, {LETTER: msgspec.json.encode(letter)}

    def _refresh(self) -> None:
        """Takes in the records that were added since the last call."""
        if not self._exists():
            return
        end = self._clients.end_of(self._partition, IsolationLevel.READ_COMMITTED)
        if self._at < end:
            for message in self._read(self._at, end):
                self._take(message)
            self._at = end

    def _read(self, start: int, end: int) -> Iterator[Message]:
        if self._consumer is None:
            self._consumer = PartitionConsumer(self._clients, self._partition, BULK)
        self._consumer.go_to(start)
        for messages, _ in self._consumer.until(end):
            yield from (message for message in messages if (message.offset() or 0) < end)

    def _take(self, message: Message) -> None:
        headers = dict(headers_in(message))
        take = next((take for kind, take in self._kinds.items() if kind in headers), None)
        try:
            if take is not None:
                take(headers, message)
                return
            fault: Exception | str = "it is neither a letter nor a change"
        except (ValueError, KeyError, RecursionError, OverflowError, MarkRefused) as raised:
            fault = raised
        self.strangers += 1
        _log.warning("the record at offset %s of %s is passed over: %s", message.offset(), self.topic, fault)

    def _take_letter(self, headers: _Headers, message: Message) -> None:
        """The first signed record of a letter counts, else its first record: it may have been written twice."""
        letter = unchanged(msgspec.json.decode(headers[LETTER], type=DeadLetter))
        _check_time(letter.received_at)
        before = self._known.get(letter.id)
        if before is not None and before.is_signed:
            return
        is_signed = self._signer.is_genuine(letter, message.value() or b"")
        if before is None or is_signed:
            known = _Known(letter, message.offset() or 0, is_signed)
            for change in () if before is None else before.changes:
                known.take(change)
            self._known[letter.id] = known

    def _take_change(self, headers: _Headers, _message: Message) -> None:
        """Raises MarkRefused for a change that this installation did not sign."""
        change = msgspec.json.decode(headers[CHANGE], type=Change)
        _check_time(change.at)
        known = self._known[change.letter]
        if reason := self._signer.refusal(change, headers.get(SIGNATURE)):
            known.refused.append(not_believed(change, reason))
            raise MarkRefused(known.refused[-1])
        known.take(change)

    def _exists(self) -> bool:
        self._is_made = self._is_made or bool(self._clients.admin.topics([self.topic]))
        return self._is_made

    def _ensure(self) -> None:
        if not self._exists():
            made_topic(self._clients, DEAD_LETTERS, self._events)
            self._is_made = True

    def _send(self, records: Sequence[_Record]) -> None:
        """Sends the records; returns when each of them is durable. Raises LogUnavailable where one may not be."""
        failures: list[str] = []
        producer = self._sending()
        for key, value, headers in records:
            given = list[tuple[str, str | bytes | None]](headers.items())
            producer.produce(
                self.topic, value, key, headers=given, partition=0, on_delivery=noted_in(failures)
            )
        try:
            check_acknowledged(producer, self.topic, failures, _ANSWER_SECONDS)
        except KafkaUnavailable:
            self._producer = None
            raise

    def _sending(self) -> Producer:
        if self._producer is None:
            self._producer = self._clients.plain_producer(LETTER_BYTES)
        return self._producer


def _check_time(at: datetime) -> None:
    """Raises ValueError for a time without a zone, OverflowError for one that is no time in UTC."""
    if at.tzinfo is None:
        raise ValueError("its time has no zone")
    at.astimezone(UTC)
