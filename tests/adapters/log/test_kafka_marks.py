"""Records of strangers in a log on Kafka: no reader accepts them, and the engine writes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from adapters.avro import AvroCodec, headers_of
from adapters.kafka.record import MARK, headers_in
from adapters.kafka.record import headers_of as record_headers
from adapters.log.recorder_log import RecordedLog, RecorderLog, Refusals
from adapters.marks.key_folder import KeyFolder
from adapters.marks.mark import Mark
from adapters.marks.sealed import Kind, Sealed
from domain.account import BalanceChanged, BalanceReason
from domain.errors import KeyMissing, LogCorrupt, NotSealed
from domain.events import schema_version
from domain.log import Envelope, Meta
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader, seal
from tests.adapters.log.days import day, days, opened
from tests.replacing import replace

A = "account-main"
_HEADERS = list[tuple[str, str | bytes | None]]


def forged(version: int, event_id: UUID | None = None) -> Envelope:
    """A million for the account, with the id of its place or another one."""
    meta: Meta = replace(day(A, version).meta, schema_version=schema_version(BalanceChanged))
    event = BalanceChanged(
        amount=Decimal(1_000_000), balance=Decimal(1_010_000), reason=BalanceReason.FUNDING
    )
    return Envelope(meta if event_id is None else replace(meta, event_id=event_id), event)


@dataclass
class Place:
    """The place of one log, with the logs that were opened at it."""

    servers: str
    topic: str
    held: ExitStack
    keys: Path | None = None

    @property
    def settings(self) -> WhenceSettings:
        return WhenceSettings(log=f"kafka://{self.servers}/{self.topic}", keys=self.keys)

    def own(self) -> RecorderLog:
        return self.held.enter_context(closing(open_owned(self.settings)))

    def read(self) -> RecordedLog:
        return self.held.enter_context(closing(open_reader(self.settings)))

    def produce(self, value: bytes, key: str, headers: Sequence[tuple[str, bytes]]) -> None:
        """Writes a record, as everybody who may write to the topic can."""
        producer = Producer({"bootstrap.servers": self.servers})
        producer.produce(self.topic, value, key, 0, headers=_HEADERS(headers))
        assert producer.flush(20) == 0

    def forge(self, envelope: Envelope, *more: tuple[str, bytes]) -> None:
        """Writes an event as the program would, without a mark of the program."""
        meta = envelope.meta
        kind = dict(headers_of(envelope))["ce_type"].decode()
        headers = record_headers(kind, meta.version, headers_of(envelope))
        self.produce(AvroCodec().encode(envelope), meta.stream, [*headers, *more])

    def copy(self, record: Message, topic: str = "") -> None:
        """Writes a record of the topic again."""
        key, value = record.key() or b"", record.value() or b""
        producer = Producer({"bootstrap.servers": self.servers})
        producer.produce(topic or self.topic, value, key, 0, headers=_HEADERS(headers_in(record)))
        assert producer.flush(20) == 0

    def records(self, count: int) -> Sequence[Message]:
        """The first records of the topic."""
        consumer = Consumer(
            {"bootstrap.servers": self.servers, "group.id": "thief", "isolation.level": "read_committed"}
        )
        consumer.assign([TopicPartition(self.topic, 0, 0)])
        found = list[Message]()
        while len(found) < count:
            found += consumer.consume(count - len(found), 5)
        consumer.close()
        return found


@pytest.fixture
def place(kafka_bootstrap_servers: str, kafka_topic: str) -> Iterator[Place]:
    with ExitStack() as held:
        yield Place(kafka_bootstrap_servers, kafka_topic, held)


def contents(log: RecordedLog) -> Sequence[Envelope]:
    return [one.envelope for one in log.read()]


def attacks(place: Place, version: int) -> int:
    """Every record of a stranger that claims to be the next event; returns their number."""
    first, second = place.records(2)
    mark = dict(headers_in(second))[MARK]
    turned = bytes([*mark[:-1], mark[-1] ^ 1])
    place.forge(forged(version, uuid4()))
    place.forge(forged(version))
    place.forge(forged(version), (MARK, mark))
    place.forge(forged(version), (MARK, turned))
    place.forge(forged(version), (MARK, b"short"))
    place.forge(forged(1))
    place.copy(first)
    place.copy(second)
    kind = [("ce_type", b"whence.account.BalanceChanged"), ("ce_sequence", b"1")]
    for value in (b"", b"garbage", b"\x00\x00\x00\x00\x07x", b"\xc3\x01" + bytes(20)):
        place.produce(value, "whatever", kind)
    place.produce(b"garbage", "whatever", [("ce_type", b"\xff"), ("ce_sequence", b"one")])
    place.produce(b"", "whence-seal", [(MARK, mark)])
    place.produce(b"", "whence-seal", [])
    return 15


def test_refused_records_are_reported_in_one_line_with_their_number(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """The last record has a mark at the right place, and a stream's name that a mark cannot cover."""
    with closing(open_owned(place.settings)) as owner:
        owner.append([opened(), day(A, 1)])
    place.produce(b"x", "order-1", [])
    place.produce(b"x", "\x1b[2J", [])
    _first, second = place.records(2)
    last = Mark.unpacked(dict(headers_in(second))[MARK])
    next_one = last._replace(ordinal=3, previous=last.code)
    kind = [("ce_type", b"whence.account.BalanceChanged"), ("ce_sequence", b"1")]
    place.produce(b"x", "x" * 70_000, [*kind, (MARK, next_one.packed)])
    caplog.clear()
    refused = list(place.read().refused().values())
    assert [one.partition(": ")[0][:40] for one in refused[:2]] == [
        "a record with the key order-1",
        "a record with the key \N{REPLACEMENT CHARACTER}[2J",
    ]
    assert refused[2].endswith("its stream's name has more than 65,535 bytes")
    [line] = [one.getMessage() for one in caplog.records if "refuses" in one.getMessage()]
    assert "every reader refuses 3 records" in line


def test_no_record_of_a_stranger_is_accepted_by_the_owner_a_reader_or_a_later_owner(place: Place) -> None:
    owner, following = place.own(), place.read()
    genuine = [opened(), *days(A, 1, 3)]
    owner.append(genuine)
    count = attacks(place, 4)
    assert following.head() == 4
    assert list(following.refused()) != []
    owner.append(days(A, 4, 5))
    owner.append(days(A, 6, 6))
    genuine += days(A, 4, 6)
    assert contents(owner) == contents(following) == genuine
    assert len(following.refused()) == len(owner.refused()) == count
    assert following.refusals() == owner.refusals() == Refusals(count, max(owner.refused()))
    owner.close()
    later = place.own()
    assert later.refusals() == Refusals(count, max(later.refused()))
    later.append(days(A, 7, 7))
    assert contents(later) == contents(place.read()) == contents(following) == [*genuine, day(A, 7)]
    assert list(later.read_stream(A)) == days(A, 1, 7)


def test_the_reasons_name_what_a_refused_record_claims(place: Place) -> None:
    place.own().append([opened(), *days(A, 1, 1)])
    place.forge(forged(2))
    place.produce(b"garbage", "x", [("ce_type", b"whence.account.DayOpened"), ("ce_sequence", b"1")])
    assert list(place.read().refused().values()) == [
        "whence.account.BalanceChanged, version 2 of account-main: it has no mark",
        "whence.account.DayOpened, version 1 of x: it has no mark",
    ]


def test_a_record_that_does_not_decode_before_the_first_event_is_passed_over(place: Place) -> None:
    place.own().close()
    for stream in ("log", A):
        place.produce(b"garbage", stream, [("ce_type", b"whence.log.LogOpened"), ("ce_sequence", b"1")])
    place.forge(forged(1))
    owner = place.own()
    owner.append([opened(), *days(A, 1, 2)])
    assert contents(owner) == contents(place.read()) == [opened(), *days(A, 1, 2)]
    assert [reason.partition(": ")[2][:19] for reason in place.read().refused().values()] == [
        "it does not decode:",
        "it does not decode:",
        "a log begins with L",
    ]


def test_records_of_another_log_with_the_same_key_are_refused(place: Place) -> None:
    other = Place(place.servers, f"{place.topic}.other", place.held)
    other.own().append([opened(), *days(A, 1, 3)])
    place.own().append([opened(), *days("account-b", 1, 1), *days(A, 1, 1)])
    for record in other.records(4):
        other.copy(record, place.topic)
    assert contents(place.read()) == [opened(), *days("account-b", 1, 1), *days(A, 1, 1)]
    assert len(place.read().refused()) == 4


def test_a_log_is_read_as_unverified_and_not_owned_without_its_key(place: Place, tmp_path: Path) -> None:
    place.own().append([opened(), *days(A, 1, 2)])
    key = [*KeyFolder().read()][-1].hex()
    place.held.close()
    place.keys = tmp_path / "none"
    assert f"made with key {key}, which is not in the folder" in place.read().unverified()
    place.forge(forged(3))
    assert contents(place.read()) == [opened(), *days(A, 1, 2)]
    with pytest.raises(KeyMissing, match=key):
        place.own()
    KeyFolder(place.keys).made()
    with pytest.raises(KeyMissing, match=key):
        place.own()


def test_the_newest_key_signs_and_the_earlier_ones_verify(place: Place, tmp_path: Path) -> None:
    place.keys = tmp_path / "keys"
    place.own().append([opened(), *days(A, 1, 2)])
    place.held.close()
    KeyFolder(place.keys).renewed()
    for version in (3, 4):
        place.own().append([day(A, version)])
        place.held.close()
    assert contents(place.read()) == [opened(), *days(A, 1, 4)]
    assert place.read().unverified() == ""
    assert len({dict(headers_in(one))[MARK][:8] for one in place.records(5)}) == 2
    next(iter(sorted(place.keys.iterdir(), reverse=True))).unlink()
    with pytest.raises(KeyMissing):
        place.own()


def unmarked(place: Place, envelopes: Sequence[Envelope]) -> None:
    """Writes events as the version before marks did."""
    place.own().close()
    for envelope in envelopes:
        place.forge(envelope)


def test_a_log_from_before_marks_is_read_and_owned_once_it_is_sealed(place: Place) -> None:
    unmarked(place, [opened(), *days(A, 1, 3)])
    place.produce(b"garbage", "x", [("ce_type", b"whence.account.DayOpened"), ("ce_sequence", b"1")])
    place.forge(forged(4, uuid4()))
    assert contents(place.read()) == [opened(), *days(A, 1, 3)]
    assert "4 events without marks" in place.read().unverified()
    with pytest.raises(NotSealed, match="whence log seal"):
        place.own()
    assert seal(place.settings) == Sealed(Kind.EVENTS, 4)
    assert seal(place.settings) == Sealed(Kind.MARKED)
    place.forge(forged(4))
    place.own().append([day(A, 4)])
    assert contents(place.read()) == [opened(), *days(A, 1, 4)]
    assert place.read().unverified() == ""
    assert len(place.read().refused()) == 3


def test_a_log_whose_first_records_were_deleted_is_not_read(place: Place) -> None:
    place.own().append([opened(), *days(A, 1, 3)])
    place.held.close()
    admin = AdminClient({"bootstrap.servers": place.servers})
    # The client declares Future without its type argument.
    deletions = admin.delete_records([TopicPartition(place.topic, 0, 2)])  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    for deletion in cast(dict[TopicPartition, Future[object]], deletions).values():
        deletion.result(20)
    with pytest.raises(LogCorrupt, match="committed records are missing"):
        place.read()
