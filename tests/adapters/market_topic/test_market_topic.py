"""Rows of a market on a real broker: durable and in order, each once, and none of a stranger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from confluent_kafka import Producer

from adapters.market_recordings.kind import Numbered
from adapters.market_recordings.reader import Wanted
from adapters.market_recordings.row import BookRow, MarketRow, TradeRow
from adapters.market_topic.place import MarketTopic
from adapters.market_topic.publisher import MarketPublisher
from adapters.market_topic.reader import MarketReader
from adapters.market_topic.wire import MarketRecord, market_bytes, read_market
from adapters.signed_topic import partition_of
from domain.book.frame import BookFrame
from domain.errors import InvalidInput

BTC, ETH = "BTCUSDT-LINEAR.BYBIT", "ETHUSDT-LINEAR.BYBIT"
FRAME = BookFrame(
    is_snapshot=True,
    first=7,
    last=7,
    sequence=9,
    matched_ms=3,
    bids=[("60000.10", "0.5")],
    asks=[("60000.2", "1")],
)


def rows(*numbers: int) -> list[Numbered]:
    """A book of one instrument and a trade of another, in turn."""
    return [(number, _row(number)) for number in numbers]


def _row(number: int) -> MarketRow:
    arrived = 1_700_000_000_000_000_000 + number
    if number % 2:
        return BookRow(arrived_ns=arrived, instrument=BTC, depth=50, frame=FRAME)
    return TradeRow(
        arrived_ns=arrived,
        instrument=ETH,
        id=str(number),
        price="3000.1",
        size="0.01",
        is_buy=True,
        matched_ms=number,
    )


@pytest.fixture
def topic(kafka_bootstrap_servers: str, kafka_topic: str) -> MarketTopic:
    return MarketTopic(kafka_bootstrap_servers, kafka_topic)


@pytest.fixture
def publisher(topic: MarketTopic) -> Iterator[MarketPublisher]:
    with closing(MarketPublisher(topic, 1)) as publisher:
        yield publisher


def read(
    topic: MarketTopic, wanted: Wanted | None = None, unread: list[str] | None = None
) -> list[MarketRow]:
    refused: list[str] = [] if unread is None else unread
    found = list(MarketReader(topic, refused.append).read(wanted))
    assert unread is not None or refused == []
    return found


def test_rows_are_read_in_the_order_of_their_numbers_over_all_partitions(
    topic: MarketTopic, publisher: MarketPublisher
) -> None:
    publisher.publish(rows(*range(1, 40)))
    publisher.publish(rows(*range(40, 60)))
    assert read(topic) == [row for _, row in rows(*range(1, 60))]
    assert read(topic, Wanted(instruments={ETH}, kinds={"trades"})) == [
        row for _, row in rows(*range(2, 60, 2))
    ]


def test_rows_that_are_published_again_are_read_once(topic: MarketTopic, publisher: MarketPublisher) -> None:
    publisher.publish(rows(1, 2, 3, 4))
    publisher.publish(rows(1, 2, 3, 4, 5, 6))
    assert read(topic) == [row for _, row in rows(1, 2, 3, 4, 5, 6)]


def test_a_session_follows_the_one_before(topic: MarketTopic, publisher: MarketPublisher) -> None:
    publisher.publish(rows(1, 2))
    later = [(number - 2, row) for number, row in rows(3, 4)]
    with closing(MarketPublisher(topic, 2)) as second:
        second.publish(later)
    assert read(topic) == [row for _, row in (*rows(1, 2), *later)]


def test_rows_of_recorders_of_different_instruments_are_read_in_the_order_of_their_arrival(
    topic: MarketTopic, publisher: MarketPublisher
) -> None:
    books = [(place, row) for place, (_, row) in enumerate(rows(1, 3, 5, 7), 1)]
    trades = [(place, row) for place, (_, row) in enumerate(rows(2, 4, 6, 8), 1)]
    with closing(MarketPublisher(topic, 2)) as second:
        publisher.publish(books)
        second.publish(trades)
    assert read(topic) == [row for _, row in rows(*range(1, 9))]


def test_of_two_recorders_of_an_instrument_the_one_that_began_later_counts_from_its_begin_on(
    topic: MarketTopic, publisher: MarketPublisher
) -> None:
    publisher.publish(rows(1))
    with closing(MarketPublisher(topic, 2)) as second:
        second.publish([(1, _row(3))])
        publisher.publish(rows(3, 5))
        second.publish([(2, _row(5))])
    unread = list[str]()
    assert read(topic, unread=unread) == [_row(1), _row(3), _row(5)]
    assert unread == [
        f"two recorders wrote {BTC}: rows of session 1 are left out from the begin of session 2 on"
    ]


def test_a_record_of_a_stranger_is_not_read_but_named(
    topic: MarketTopic, publisher: MarketPublisher, kafka_bootstrap_servers: str
) -> None:
    publisher.publish(rows(1, 2))
    stranger = Producer({"bootstrap.servers": kafka_bootstrap_servers})
    value = market_bytes(MarketRecord(session=1, number=3, row=_row(3)))
    partitions = len(stranger.list_topics(topic.name).topics[topic.name].partitions)
    stranger.produce(topic.name, value, BTC.encode(), partition=partition_of(BTC, partitions))
    assert stranger.flush(30) == 0
    unread = list[str]()
    assert read(topic, unread=unread) == [row for _, row in rows(1, 2)]
    assert [reason.split(": ")[1] for reason in unread] == [
        "it is not signed with a key of this installation"
    ]


def test_a_topic_that_is_missing_is_refused_and_not_made(topic: MarketTopic) -> None:
    for _ in range(2):
        with pytest.raises(InvalidInput, match=f"there is no topic {topic.name}"):
            read(topic)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (b"{}", "it is no message of a market"),
        (b"\xff", "it is no message of a market"),
        (
            market_bytes(MarketRecord(version=2, session=1, number=1, row=_row(1))),
            "version 2; this program reads 1",
        ),
    ],
)
def test_another_format_is_refused(written: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        read_market(written)
