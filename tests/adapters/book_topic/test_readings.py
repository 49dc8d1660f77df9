"""Readings of books over a real broker: the newest one wins, and none of a stranger, an earlier owner or long ago."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from threading import Event

import pytest
from confluent_kafka import Producer

from adapters.book_topic.place import BookTopic
from adapters.book_topic.publisher import ReadingPublisher
from adapters.book_topic.reader import Outcome, TopicReadings
from adapters.book_topic.wire import ReadingRecord, read_reading, reading_bytes
from adapters.signed_topic import partition_of
from domain.book.analysis.table import FIGURES
from domain.errors import InvalidInput
from domain.market import BookReading, Level

BTC, ETH = "BTCUSDT-LINEAR.BYBIT", "ETHUSDT-LINEAR.BYBIT"
AT = datetime(2026, 3, 1, tzinfo=UTC)
PATIENCE = 30.0


def reading(instrument: str, update: int) -> BookReading:
    return BookReading(
        instrument=instrument,
        at=AT,
        update_id=update,
        is_known=True,
        bids=(Level(Decimal("60000.10"), Decimal("0.5")),),
        asks=(Level(Decimal("60000.2"), Decimal(1)),),
        figures="book.1",
        values=(0.25, *[None] * (len(FIGURES) - 1)),
    )


def clock_behind(milliseconds: int) -> Callable[[], int]:
    """A publisher's clock, so much behind."""
    return lambda: _now_ms() - milliseconds


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


class Reader:
    """A reader of both instruments that is at the end of the topic."""

    def __init__(self, place: BookTopic, publisher: ReadingPublisher) -> None:
        self.seconds, self._arrival = Seconds(), Event()
        self.readings = TopicReadings(place, (BTC, ETH), seconds=self.seconds, on_arrival=self._arrival.set)
        self.readings.start()
        self._publisher = publisher
        found = dict[str, BookReading]()
        while set(found) != {BTC, ETH}:
            publisher.publish(1, [reading(BTC, 1), reading(ETH, 1)])
            self._arrival.wait(0.5)
            self._arrival.clear()
            found |= {one.instrument: one for one in self.readings.readings()}
        self.until(lambda: True)

    def until(self, reached: Callable[[], bool]) -> None:
        """Waits until what was published so far has been read, and this is so."""
        end = time.monotonic() + PATIENCE
        mark = self.readings.outcomes.get(Outcome.TAKEN, 0)
        while not reached() or self.readings.outcomes.get(Outcome.TAKEN, 0) == mark:
            assert time.monotonic() < end, self.readings.outcomes
            self._publisher.publish(1, [reading(ETH, 1)])
            self._arrival.wait(0.5)
            self._arrival.clear()

    def counts(self, outcome: Outcome) -> Callable[[], bool]:
        return lambda: self.readings.outcomes.get(outcome, 0) > 0


@pytest.fixture
def place(kafka_bootstrap_servers: str, kafka_topic: str) -> BookTopic:
    return BookTopic(kafka_bootstrap_servers, kafka_topic)


@pytest.fixture
def publisher(place: BookTopic) -> Iterator[ReadingPublisher]:
    with closing(ReadingPublisher(place, _now_ms)) as made:
        yield made


@pytest.fixture
def reader(place: BookTopic, publisher: ReadingPublisher) -> Iterator[Reader]:
    made = Reader(place, publisher)
    with closing(made.readings):
        yield made


def test_the_newest_reading_is_returned_once_as_it_was_published(
    reader: Reader, publisher: ReadingPublisher
) -> None:
    publisher.publish(1, [reading(BTC, number) for number in range(2, 9)])
    found: list[BookReading] = []

    def is_read() -> bool:
        found.extend(reader.readings.readings())
        return any(one.update_id == 8 for one in found)

    reader.until(is_read)
    assert [one for one in found if one.update_id == 8] == [reading(BTC, 8)]
    publisher.publish(1, [reading(BTC, 8)])
    reader.until(lambda: True)
    assert reader.readings.readings() == []


def test_a_reading_of_an_earlier_owner_is_refused_after_one_of_the_later(
    reader: Reader, publisher: ReadingPublisher
) -> None:
    publisher.publish(3, [reading(BTC, 5)])
    publisher.publish(2, [reading(BTC, 6)])
    reader.until(reader.counts(Outcome.FENCED))
    assert [one.update_id for one in reader.readings.readings() if one.instrument == BTC] == [5]


def test_a_reading_that_was_published_long_ago_is_refused(reader: Reader, place: BookTopic) -> None:
    with closing(ReadingPublisher(place, lambda: _now_ms() - 3_100)) as late:
        late.publish(9, [reading(BTC, 5)])
    reader.until(reader.counts(Outcome.LATE))
    assert [one for one in reader.readings.readings() if one.instrument == BTC] == []


def test_a_record_that_was_published_before_the_last_one_of_its_owner_is_refused(
    reader: Reader, place: BookTopic
) -> None:
    """As a stranger's copy of a record, whose signature is right."""
    for update, before_ms in ((6, 0), (5, 1_500)):
        with closing(ReadingPublisher(place, clock_behind(before_ms))) as owner:
            owner.publish(9, [reading(BTC, update)])
    reader.until(reader.counts(Outcome.LATE))
    assert [one.update_id for one in reader.readings.readings() if one.instrument == BTC] == [6]


def test_a_reading_with_figures_of_another_version_is_not_taken_and_counted(
    reader: Reader, publisher: ReadingPublisher
) -> None:
    other = BookReading(
        instrument=BTC, at=AT, update_id=2, is_known=True, figures="book.0", values=(0.25, None)
    )
    publisher.publish(1, [other])
    reader.until(reader.counts(Outcome.UNREAD))
    assert list(reader.readings.readings()) == []


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        (
            reading_bytes(
                ReadingRecord(epoch=9, published_ms=int(time.time() * 1_000), reading=reading(BTC, 5))
            ),
            Outcome.FOREIGN,
        ),
    ],
)
def test_a_reading_that_a_stranger_signed_or_nobody_is_refused_and_counted(
    reader: Reader, place: BookTopic, kafka_bootstrap_servers: str, value: bytes, outcome: Outcome
) -> None:
    stranger = Producer({"bootstrap.servers": kafka_bootstrap_servers})
    partitions = len(stranger.list_topics(place.name).topics[place.name].partitions)
    stranger.produce(place.name, value, BTC.encode(), partition=partition_of(BTC, partitions))
    assert stranger.flush(30) == 0
    reader.until(reader.counts(outcome))
    assert [one for one in reader.readings.readings() if one.instrument == BTC] == []


def test_the_same_symbol_of_another_exchange_is_another_instrument(
    reader: Reader, publisher: ReadingPublisher
) -> None:
    reader.readings.readings()
    publisher.publish(9, [reading("BTCUSDT-LINEAR.BINANCE", 5), reading("BTCUSDT-SPOT.BYBIT", 5)])
    publisher.publish(1, [reading(BTC, 6)])
    reader.until(lambda: True)
    assert [one.update_id for one in reader.readings.readings() if one.instrument == BTC] == [6]


def test_a_silent_owner_makes_its_book_unknown_once_until_it_publishes_again(
    reader: Reader, publisher: ReadingPublisher
) -> None:
    reader.readings.readings()
    reader.seconds.at += 3.0
    (btc, eth) = reader.readings.readings()
    assert (btc.instrument, btc.is_known, btc.why, btc.update_id, btc.bids) == (
        BTC,
        False,
        "no process has published its book for 3 s",
        1,
        (),
    )
    assert not eth.is_known
    assert reader.readings.readings() == []
    publisher.publish(1, [reading(BTC, 1)])
    reader.until(lambda: True)
    assert [one.is_known for one in reader.readings.readings() if one.instrument == BTC] == [True]


class Silent:
    """Keeps the last number of instruments whose books nobody publishes."""

    count = -1

    def read_record(self, outcome: str) -> None: ...

    def unpublished(self, count: int) -> None:
        self.count = count


def test_the_instruments_whose_owner_is_silent_are_counted_at_each_look() -> None:
    seconds, silent = Seconds(), Silent()
    nowhere = BookTopic("127.0.0.1:1", "unused")
    readings = TopicReadings(nowhere, (BTC, ETH), seconds=seconds, records=silent)
    readings.readings()
    assert silent.count == 0
    seconds.at += 3.0
    readings.readings()
    assert silent.count == 2


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (b"{}", "it is no reading of a book"),
        (b"\xff", "it is no reading of a book"),
        (
            reading_bytes(ReadingRecord(version=2, epoch=1, published_ms=1, reading=reading(BTC, 1))),
            "version 2; this program reads 1",
        ),
    ],
)
def test_another_format_is_refused(written: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        read_reading(written)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
