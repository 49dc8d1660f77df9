"""Publishing of a feed's candles: the past first, then each one as it closes, without a hole."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from threading import Event

import pytest

from domain.candle import Candle
from domain.errors import ExchangeUnreachable
from infra.run.candle_publishing import CandlePublishing
from tests.domain.history import NOW
from tests.infra.run.live_desk import BTC, FIVE, HandFeed
from tests.infra.run.test_live_market import ETH, at


class Kept:
    """Keeps what is published; the tests of the topic have the publisher itself."""

    def __init__(self) -> None:
        self.candles, self.recalled = list[Candle](), list[datetime]()

    def recall(self, since: datetime) -> None:
        self.recalled.append(since)

    def publish(self, candles: Iterable[Candle]) -> int:
        found = list(candles)
        self.candles.extend(found)
        return len(found)


def published(feed: HandFeed, *arrivals: Sequence[Candle], cut_at: int = -1) -> Kept:
    """What is published while these candles arrive, one group a step; no query is answered in step `cut_at`."""
    kept, woken, left = Kept(), Event(), list(arrivals)

    def stopped() -> bool:
        if not left:
            return True
        feed.is_cut = len(arrivals) - len(left) == cut_at
        feed.waiting.extend(left.pop(0))
        woken.set()
        return False

    publishing = CandlePublishing(feed, kept, [BTC, ETH], FIVE, 3, lambda: NOW + 5 * FIVE)
    publishing.run(woken, stopped)
    return kept


def test_the_past_of_each_instrument_is_published_before_the_candles_that_close() -> None:
    kept = published(HandFeed([at(3), at(4), at(4, ETH)]), [at(5)], [at(5, ETH), at(6)])
    assert kept.candles == [at(3), at(4), at(4, ETH), at(5), at(5, ETH), at(6)]
    assert kept.recalled == [NOW + 2 * FIVE]


def test_a_hole_is_filled_before_the_candle_after_it() -> None:
    kept = published(HandFeed([at(3), at(4), at(5), at(6)]), [at(7)])
    assert kept.candles == [at(3), at(4), at(5), at(6), at(7)]


def test_a_hole_that_cannot_be_fetched_is_filled_with_the_next_candle(
    caplog: pytest.LogCaptureFixture,
) -> None:
    feed = HandFeed([at(3), at(4), at(5), at(6), at(7)])
    with caplog.at_level(logging.WARNING):
        kept = published(feed, [at(7)], [at(8)], cut_at=0)
    assert "cannot be fetched now" in caplog.text
    assert kept.candles == [at(3), at(4), at(5), at(6), at(7), at(8)]


def test_a_past_that_cannot_be_fetched_ends_the_publisher_at_its_start() -> None:
    feed = HandFeed([at(4)])
    feed.is_cut = True
    with pytest.raises(ExchangeUnreachable):
        published(feed)
