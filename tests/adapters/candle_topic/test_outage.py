"""Brokers that do not respond: the wait and the error name them, and after an outage a member reads on, each candle
once."""

from __future__ import annotations

import time
from contextlib import closing
from uuid import uuid4

import pytest

from adapters.candle_topic.place import CandleTopic
from adapters.candle_topic.publisher import CandlePublisher
from domain.errors import LogUnavailable
from infra.servers.kafka import KafkaBroker
from tests.adapters.candle_topic.candles import START, candle
from tests.adapters.candle_topic.test_group import PATIENCE, SYMBOLS, member, published, read


def test_a_member_reads_on_after_the_broker_was_killed_and_started_again(
    private_broker: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = CandleTopic(private_broker.url, f"test.{uuid4().hex}")
    with closing(CandlePublisher(topic)) as publisher, closing(member(topic)) as group:
        published(publisher, 0, 1)
        first = read(group, 2 * len(SYMBOLS))
        group.commit(first[: len(SYMBOLS)])
        private_broker.kill()
        assert group.read(0.5) == []
        with monkeypatch.context() as hasty:
            hasty.setattr("adapters.candle_topic.publisher.PATIENCE_SECONDS", 0.5)
            with pytest.raises(LogUnavailable):
                published(publisher, 2)
        private_broker.start()
        deadline = time.monotonic() + PATIENCE
        wanted = {(one.candle.instrument, one.candle.interval) for one in first}
        while set(publisher.recall(START)) != wanted:
            assert time.monotonic() < deadline
        assert published(publisher, 2) == len(SYMBOLS), "those of the failed attempt are published again"
        found = list[str]()
        while len(set(found)) < len(SYMBOLS):
            assert time.monotonic() < deadline
            reads = group.read(0.2)
            found.extend(
                one.candle.instrument for one in reads if one.candle == candle(2, one.candle.instrument[:3])
            )
            try:
                group.commit(reads)
            except LogUnavailable:
                continue  # the group's coordinator is not back yet
        assert sorted(found) == sorted(set(found))


def test_brokers_that_do_not_respond_are_named_before_they_are_waited_for_and_in_the_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("adapters.signed_topic._SOON_SECONDS", 0.1)
    topic = CandleTopic("127.0.0.1:1", "whence.events")
    reason = "Kafka at 127.0.0.1:1: describe the cluster: no response within"
    with pytest.raises(LogUnavailable, match=f"^{reason} 0.2 s$"):
        topic.partitions(topic.clients(0.2))
    assert caplog.messages == [f"{reason} 0.1 s; waiting for 0.2 s more"]
