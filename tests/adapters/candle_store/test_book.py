"""The candle store: what was put is read as it was, per log, and by close time."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from adapters.candle_store.book import CandleBook, Series
from tests.domain.history import BTC
from tests.domain.test_coarser import FIVE, MIDNIGHT, candles
from tests.replacing import replace

LOG, OTHER_LOG = "log-1", "log-2"


def test_candles_are_read_with_every_digit_and_in_order_of_time(book: CandleBook) -> None:
    put = [*candles(3), replace(candles(4)[3], close=Decimal("1.50"), turnover=None)]
    book.put(LOG, [put[2], put[0], put[3], put[1]])
    assert book.latest(BTC, FIVE, 10) == put
    assert str(book.latest(BTC, FIVE, 1)[0].close) == "1.50"


def test_a_candle_that_comes_again_stays_as_the_engine_first_saw_it(book: CandleBook) -> None:
    [first] = candles(1)
    book.put(LOG, [first])
    book.put(LOG, [replace(first, close=Decimal(5))])
    assert book.latest(BTC, FIVE, 10) == [first]


def test_candles_of_another_log_replace_those_of_the_partition(store: Engine, book: CandleBook) -> None:
    beside = CandleBook(store, partition=1)
    beside.put(LOG, candles(2))
    book.put(LOG, candles(5))
    book.put(OTHER_LOG, candles(1))
    assert len(book.latest(BTC, FIVE, 10)) == 1
    assert len(beside.latest(BTC, FIVE, 10)) == 2


def test_as_of_a_time_only_candles_that_had_closed_are_returned(book: CandleBook) -> None:
    put = candles(5)
    book.put(LOG, put)
    at = put[2].close_time
    assert book.latest(BTC, FIVE, 10, closed=at) == put[:3]
    assert book.latest(BTC, FIVE, 10, closed=at - timedelta(microseconds=1)) == put[:2]


def test_pages_follow_each_other_without_a_gap_or_a_repeat(book: CandleBook) -> None:
    put = candles(7)
    book.put(LOG, put)
    latest = book.latest(BTC, FIVE, 3)
    earlier = book.latest(BTC, FIVE, 4, before=latest[0].open_time)
    assert [*earlier, *latest] == put
    assert book.later(BTC, FIVE, put[3].open_time, 2) == put[3:5]


def test_the_series_state_first_and_last_time_of_each_interval(book: CandleBook) -> None:
    hour = timedelta(hours=1)
    book.put(LOG, [*candles(3), *candles(2, interval=hour)])
    assert book.series() == [
        Series(BTC, FIVE, MIDNIGHT, MIDNIGHT + 3 * FIVE),
        Series(BTC, hour, MIDNIGHT, MIDNIGHT + 2 * hour),
    ]
    book.clear()
    assert book.series() == []


@pytest.mark.parametrize("count", [0, 2_500])
def test_any_number_of_candles_is_put_at_once(book: CandleBook, count: int) -> None:
    book.put(LOG, candles(count))
    assert len(book.latest(BTC, FIVE, 5_000)) == count
