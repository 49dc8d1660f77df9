"""10,000 spoiled records in each topic of a log: no crash, no wrong state, and what is not believed is reported.

Requests: 10,000 are decoded, and 100 of those that cannot be read go through the topic.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from random import Random
from threading import Event
from time import monotonic

import msgspec
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from adapters.avro import AvroCodec, headers_of
from adapters.command_topic.topic_names import CommandTopic
from adapters.command_topic.topics import SIGNATURE
from adapters.command_topic.wire import read_request, request_bytes
from adapters.dead_letters.changes import discarded, due, failed
from adapters.dead_letters.letter import DeadLetter
from adapters.dead_letters.signing import LetterSigner
from adapters.dead_letters.state import LetterSource
from adapters.dead_letters.store import DeadLetters, Wanted
from adapters.inputs.batch import TapedInput
from adapters.kafka.record import headers_of as record_headers
from adapters.mailbox import Mailbox
from adapters.marks.key_folder import KeyFolder
from adapters.marks.signature import Message, Signer
from domain.errors import InvalidInput, KeyRefused, MarkRefused
from infra.config import WhenceSettings
from infra.dead_letters import open_letters
from infra.inputs import input_tape, taped_inputs
from infra.logs import open_owned, open_reader
from infra.run.commanding import commands_served
from infra.run.letters import letters_kept
from tests.adapters.command_topic.test_wire import REQUESTS, requested
from tests.adapters.dead_letters.lettering import NOON, came
from tests.adapters.log.days import day, days, opened
from tests.adversary.mutated import INPUTS, mutated
from tests.infra.run.taped import INSTANTS, TapedRun

RECORDS = 10_000
REQUEST_RECORDS = 100
"""Each is answered by three round trips to the broker; what 10,000 of them are read as is tested without a broker."""
REFUSED_RECORDS = 200
"""So many of the refused events are awaited as letters: each is read from the topic for itself."""
_PATIENCE = 60.0

Headers = Sequence[tuple[str, bytes]]


@pytest.fixture(autouse=True)
def _inputs(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv(INPUTS, str(RECORDS))
    caplog.set_level(logging.ERROR)


@pytest.fixture
def settings(kafka_bootstrap_servers: str, kafka_topic: str) -> WhenceSettings:
    return WhenceSettings(log=f"kafka://{kafka_bootstrap_servers}/{kafka_topic}.events", account="main")


class Stranger:
    """Writes records to topics of the cluster."""

    def __init__(self, servers: str) -> None:
        self._producer = Producer({"bootstrap.servers": servers, "queue.buffering.max.messages": 2 * RECORDS})

    def write(self, topic: str, value: bytes, key: str, headers: Headers) -> None:
        wide = list[tuple[str, str | bytes | None]](headers)
        self._producer.produce(topic, value, key, 0, headers=wide)

    def flush(self) -> None:
        assert self._producer.flush(_PATIENCE) == 0


@pytest.fixture
def stranger(kafka_bootstrap_servers: str) -> Stranger:
    return Stranger(kafka_bootstrap_servers)


def test_spoiled_records_in_the_topic_of_dead_letters_change_no_letter_and_make_none_due(
    settings: WhenceSettings, stranger: Stranger, kafka_topic: str
) -> None:
    with closing(open_letters(settings)) as letters:
        genuine = [came(number) for number in range(3)]
        letters.keep(genuine)
        letters.change(failed(genuine[0].letter, NOON, "tess", "in vain"))
        letters.change(discarded(genuine[1].letter, NOON, "tess", "known"))
        before = {one.id: one for one in letters.letters()}
        for seed, (value, headers) in _letter_records(genuine[2].letter, genuine[2].original):
            stranger.write(f"{kafka_topic}.dead-letters", value, f"{seed}", headers)
        stranger.flush()
        after = letters.letters()
        assert {one.id: one for one in after if one.id in before} == before
        assert list(letters.letters(Wanted(is_due=True))) == []
        _check_unread(letters, [one for one in after if one.id not in before])
        assert [letters.original(one.letter.id) for one in genuine] == [one.original for one in genuine]
        assert letters.change(failed(genuine[2].letter, NOON, "tess", "in vain")).retries == 1


def _letter_records(letter: DeadLetter, original: bytes) -> Iterator[tuple[int, tuple[bytes, Headers]]]:
    """Spoiled copies of a signed letter, and of changes with the signature of another change."""
    signer, chance = LetterSigner(KeyFolder()), Random(7)
    hides = [discarded(letter, NOON, "tess", "known"), due(letter, NOON, "tess", "readable")]
    signature = signer.signature(failed(letter, NOON, "tess", "in vain"))
    valid = [msgspec.json.encode(one) for one in (letter, *hides)]
    for seed, data in mutated(valid):
        kind = "letter" if b'"digest"' in data else "change"
        spoiled = chance.choice([signature, signature[:-1], chance.randbytes(24), b""])
        yield seed, (chance.choice([original, data]), [(kind, data), ("signature", spoiled)])


def _check_unread(letters: DeadLetters, forged: Sequence[DeadLetter]) -> None:
    for letter in forged[:20]:
        with pytest.raises((MarkRefused, KeyRefused)):
            letters.original(letter.id)


def test_spoiled_records_on_the_tape_topic_are_passed_over_and_the_inputs_are_those_that_were_fed(
    settings: WhenceSettings, stranger: Stranger, kafka_topic: str, kafka_bootstrap_servers: str
) -> None:
    with closing(open_owned(settings)) as log, input_tape(settings, log, lambda: INSTANTS[0][0]) as tape:
        TapedRun(log, tape, 0).trade(0, 60)
    before = _taped(settings)
    batches = list(_values(kafka_bootstrap_servers, f"{kafka_topic}.tape"))
    for seed, data in mutated(batches):
        if data not in batches:
            stranger.write(f"{kafka_topic}.tape", data, f"{seed}", [])
    stranger.flush()
    with closing(open_owned(settings)) as log, input_tape(settings, log, lambda: INSTANTS[0][0]) as tape:
        TapedRun(log, tape, 60).trade(60, 70)
    after = _taped(settings)
    assert after[: len(before)] == before
    assert len(after) > len(before)


def _taped(settings: WhenceSettings) -> Sequence[TapedInput]:
    return list(taped_inputs(settings))


def _values(servers: str, topic: str) -> Iterator[bytes]:
    """The values of the topic's records."""
    options = {"bootstrap.servers": servers, "group.id": topic, "enable.partition.eof": True}
    consumer = Consumer(options)
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        while (message := consumer.poll(_PATIENCE)) is not None and message.error() is None:
            yield message.value() or b""
    finally:
        consumer.close()


def test_spoiled_records_in_the_topic_of_events_are_refused_and_become_letters(
    settings: WhenceSettings, stranger: Stranger, kafka_topic: str
) -> None:
    codec, spoiled = AvroCodec(), set[bytes]()
    with closing(open_owned(settings)) as log, closing(open_letters(settings)) as letters:
        log.append([opened(), *days("account-main", 1, 3)])
        with letters_kept(settings, log):
            envelope = day("account-main", 4)
            given = headers_of(envelope)
            headers = record_headers(dict(given)["ce_type"].decode(), 4, given)
            for _, data in mutated([codec.encode(envelope)]):
                stranger.write(f"{kafka_topic}.events", data, "account-main", headers)
                spoiled.add(data)
            stranger.flush()
            log.append([envelope])
            found = _wait_for(letters, REFUSED_RECORDS)
        assert log.refusals().records == RECORDS
        assert {one.source for one in found} == {LetterSource.RECORD}
        assert {letters.original(one.id) for one in found[:50]} <= spoiled
    with closing(open_reader(settings)) as reader:
        read = [one.envelope for one in reader.read()]
    assert read == [opened(), *days("account-main", 1, 4)]


def test_spoiled_requests_are_declined_and_each_one_is_a_letter(
    settings: WhenceSettings, stranger: Stranger, kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    topic = CommandTopic(kafka_bootstrap_servers, f"{kafka_topic}.events").commands
    signer, chance, unread = Signer(KeyFolder()), Random(3), list[bytes]()
    with closing(open_owned(settings)) as log:
        log.append([opened()])
        with (
            letters_kept(settings, log) as keeper,
            closing(open_letters(settings)) as letters,
            commands_served(settings, Mailbox(), keeper),
        ):
            for data in _unreadable():
                is_signed = chance.random() < 0.5
                signature = signer.signature(Message(topic, b"main", b"", data)) if is_signed else b"none"
                stranger.write(topic, data, "main", [(SIGNATURE, signature)])
                unread.append(data)
            stranger.flush()
            found = _wait_for(letters, len(unread))
            assert sorted(letters.original(one.id) for one in found) == sorted(unread)
            assert {one.source for one in found} == {LetterSource.COMMAND}


def _unreadable() -> Iterator[bytes]:
    """Spoiled requests that are none."""
    whole = [request_bytes(requested(request)) for request in REQUESTS]
    for number, (_, data) in enumerate(mutated(whole)):
        try:
            read = read_request(data)
        except InvalidInput:
            if number < REQUEST_RECORDS:
                yield data
        else:
            assert read_request(request_bytes(read)) == read


def _wait_for(letters: DeadLetters, number: int) -> Sequence[DeadLetter]:
    pause, until = Event(), monotonic() + _PATIENCE
    while sum(letters.counts().values()) < number:
        assert monotonic() < until, letters.counts()
        pause.wait(0.05)
    return letters.letters()
