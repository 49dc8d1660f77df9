"""Members of a group on a real broker: what they read after an assignment, a commit and a stranger's record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from confluent_kafka import OFFSET_INVALID, KafkaError

from adapters.candle_topic.group import CandleGroup, Read, Span, committed_offset
from adapters.candle_topic.place import CandleTopic
from adapters.candle_topic.publisher import CandlePublisher
from adapters.candle_topic.wire import candle_bytes
from adapters.signed_topic import partition_of
from domain.candle import Candle
from domain.errors import LogUnavailable
from tests.adapters.candle_topic.candles import MINUTE, START, candle

PATIENCE = 30.0
SYMBOLS = ("BTC", "ETH", "SOL", "XRP", "ADA", "DOT")
Group = CandleGroup[list[Candle]]
DAY = timedelta(days=1)


@pytest.fixture
def topic(kafka_bootstrap_servers: str, kafka_topic: str) -> CandleTopic:
    return CandleTopic(kafka_bootstrap_servers, kafka_topic)


@pytest.fixture
def publisher(topic: CandleTopic) -> Iterator[CandlePublisher]:
    with closing(CandlePublisher(topic)) as publisher:
        yield publisher


def member(
    topic: CandleTopic,
    *,
    warm: timedelta = DAY,
    fresh: timedelta = DAY,
    unread: Callable[[str], None] = lambda _: None,
) -> Group:
    return CandleGroup(topic, "pump", Span(warm, fresh), list, unread, lambda: datetime.now(UTC))


def read(group: Group, count: int) -> list[Read[list[Candle]]]:
    """The next so many records."""
    found, deadline = list[Read[list[Candle]]](), time.monotonic() + PATIENCE
    while len(found) < count:
        assert time.monotonic() < deadline, f"{len(found)} of {count} records"
        found.extend(group.read(0.1))
    return found


def published(publisher: CandlePublisher, *bars: int) -> int:
    return publisher.publish(candle(bar, symbol) for bar in bars for symbol in SYMBOLS)


def bars_of(reads: list[Read[list[Candle]]], *, counts: bool) -> list[int]:
    return sorted((one.candle.open_time - START) // MINUTE for one in reads if one.counts is counts)


@dataclass(frozen=True)
class Stated:
    """What a coordinator states of a partition: an offset, or an error without one."""

    offset: int
    error: KafkaError | None = None
    topic: str = "whence.candles"
    partition: int = 3


def test_an_error_in_place_of_a_committed_offset_is_not_taken_for_a_new_group() -> None:
    assert committed_offset(Stated(17)) == 17
    assert committed_offset(Stated(OFFSET_INVALID)) is None
    unstable = Stated(OFFSET_INVALID, KafkaError(KafkaError.UNSTABLE_OFFSET_COMMIT))
    with pytest.raises(LogUnavailable, match=r"committed of whence\.candles partition 3: Broker: .*unstable"):
        committed_offset(unstable)


def test_a_new_group_counts_what_is_fresh_and_reads_the_past_before_it(
    topic: CandleTopic, publisher: CandlePublisher
) -> None:
    published(publisher, *range(10))
    fresh = datetime.now(UTC) - candle(6).close_time + timedelta(seconds=10)
    with closing(member(topic, warm=3 * MINUTE, fresh=fresh)) as group:
        reads = read(group, 7 * len(SYMBOLS))
        assert group.read(0.5) == []
    assert bars_of(reads, counts=True) == sorted([6, 7, 8, 9] * len(SYMBOLS))
    assert bars_of(reads, counts=False) == sorted([3, 4, 5] * len(SYMBOLS))


def test_candles_count_until_they_are_committed_and_are_the_past_afterwards(
    topic: CandleTopic, publisher: CandlePublisher
) -> None:
    published(publisher, 0, 1, 2)
    with closing(member(topic)) as group:
        read(group, 18)
    with closing(member(topic)) as group:
        reads = read(group, 18)
        assert all(one.counts for one in reads)
        group.commit(reads)
        assert group.lag() == 0
    published(publisher, 3)
    with closing(member(topic, warm=MINUTE + timedelta(seconds=1))) as group:
        again = read(group, 18)
        assert group.read(0.5) == []
    assert bars_of(again, counts=False) == sorted([1, 2] * len(SYMBOLS))
    assert bars_of(again, counts=True) == [3] * len(SYMBOLS)


def test_members_share_the_partitions_and_the_last_one_has_all_again(
    topic: CandleTopic, publisher: CandlePublisher
) -> None:
    published(publisher, 0)
    with ExitStack() as held:
        first = held.enter_context(closing(member(topic)))
        first.commit(read(first, len(SYMBOLS)))
        assert len(first.held) == 12
        with closing(member(topic)) as second:
            deadline = time.monotonic() + PATIENCE
            while {len(first.held), len(second.held)} != {6}:
                assert time.monotonic() < deadline
                first.commit(first.read(0.05))
                second.commit(second.read(0.05))
            shares = [{one.partition for one in group.held} for group in (first, second)]
            assert not shares[0] & shares[1]
            published(publisher, 1)
            found = dict[str, str]()
            while len(found) < len(SYMBOLS):
                assert time.monotonic() < deadline
                for name, group in (("first", first), ("second", second)):
                    reads = [one for one in group.read(0.05) if one.counts]
                    found |= {one.candle.instrument: name for one in reads}
                    group.commit(reads)
            assert {partition_of(one, 12) for one, name in found.items() if name == "first"} <= shares[0]
        deadline = time.monotonic() + PATIENCE
        while len(first.held) < 12:
            assert time.monotonic() < deadline
            assert not any(one.counts for one in first.read(0.05)), "a committed candle counts again"


def test_a_record_of_a_stranger_and_one_that_is_no_candle_are_passed_over_and_named(
    topic: CandleTopic, publisher: CandlePublisher
) -> None:
    published(publisher, 0)
    stranger = topic.clients().plain_producer(1_000_000)
    one = candle(1)
    key = one.instrument.encode()
    stranger.produce(topic.name, candle_bytes(one), key, partition=partition_of(one.instrument, 12))
    stranger.flush(10)
    published(publisher, 2)
    unread = list[str]()
    with closing(member(topic, unread=unread.append)) as group:
        reads = read(group, 2 * len(SYMBOLS))
        assert group.read(0.5) == []
    assert bars_of(reads, counts=True) == sorted([0, 2] * len(SYMBOLS))
    (reason,) = unread
    assert reason.startswith(f"{topic.name} partition {partition_of(one.instrument, 12)} at offset 1: ")
    assert "not signed" in reason


def test_a_publisher_that_is_started_again_publishes_only_what_the_topic_lacks(
    topic: CandleTopic, publisher: CandlePublisher
) -> None:
    assert published(publisher, 0, 1) == 12
    assert published(publisher, 1, 2) == 6
    with closing(CandlePublisher(topic)) as again:
        expected = again.recall(START)
        assert expected == {
            (candle(0, symbol).instrument, MINUTE): candle(2, symbol).close_time for symbol in SYMBOLS
        }
        assert published(again, 1, 2, 3) == 6
    with closing(member(topic)) as group:
        assert bars_of(read(group, 24), counts=True) == sorted([0, 1, 2, 3] * len(SYMBOLS))
        assert group.read(0.5) == []


def test_two_publishers_beside_each_other_repeat_candles_and_leave_none_out(
    topic: CandleTopic, publisher: CandlePublisher
) -> None:
    with closing(CandlePublisher(topic)) as other:
        assert published(publisher, 0, 1) == published(other, 0, 1) == 12
    with closing(member(topic)) as group:
        assert bars_of(read(group, 24), counts=True) == sorted([0, 0, 1, 1] * len(SYMBOLS))
