"""Coarser candles: built from groups of closed finer candles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.candle import Candle
from domain.coarser import CoarserCandles, check_coarser
from domain.errors import InvalidInput
from tests.domain.history import BTC

D = Decimal
FIVE, FIFTEEN = timedelta(minutes=5), timedelta(minutes=15)
MIDNIGHT = datetime(2025, 4, 3, tzinfo=UTC)


def candles(count: int, begins: datetime = MIDNIGHT, interval: timedelta = FIVE) -> list[Candle]:
    return [
        Candle(
            instrument=BTC,
            interval=interval,
            open_time=begins + number * interval,
            open=D(100 + number),
            high=D(110 + number),
            low=D(90 - number),
            close=D(101 + number),
            volume=D("0.1") * number,
            turnover=D(number),
        )
        for number in range(count)
    ]


def closed(finer: Sequence[Candle], interval: timedelta = FIFTEEN) -> list[Candle]:
    coarser = CoarserCandles(interval)
    return [one for candle in finer for one in coarser.take(candle)]


def test_three_finer_candles_are_one_coarser_candle_when_the_third_closes() -> None:
    coarser = CoarserCandles(FIFTEEN)
    first, second, third = candles(3)
    assert (coarser.take(first), coarser.take(second)) == ([], [])
    assert coarser.take(third) == [
        Candle(
            instrument=BTC,
            interval=FIFTEEN,
            open_time=MIDNIGHT,
            open=D(100),
            high=D(112),
            low=D(88),
            close=D(103),
            volume=D("0.3"),
            turnover=D(3),
        )
    ]


def test_a_group_whose_first_candle_was_not_seen_is_left_out() -> None:
    late = candles(8, begins=MIDNIGHT + FIVE)
    assert [one.open_time for one in closed(late)] == [MIDNIGHT + FIFTEEN, MIDNIGHT + 2 * FIFTEEN]


def test_a_group_whose_last_candle_is_missing_closes_with_the_next_candle() -> None:
    coarser = CoarserCandles(FIFTEEN)
    first, second, _gap, fourth = candles(4)
    assert coarser.take(first) + coarser.take(second) == []
    (whole,) = coarser.take(fourth)
    assert (whole.open_time, whole.close, whole.close_time) == (MIDNIGHT, second.close, MIDNIGHT + FIFTEEN)


def test_a_group_without_any_candle_makes_no_coarser_candle() -> None:
    finer = candles(9)
    kept = [*finer[:3], *finer[6:]]
    assert [one.open_time for one in closed(kept)] == [MIDNIGHT, MIDNIGHT + 2 * FIFTEEN]


def test_turnover_is_unknown_where_one_candle_has_none() -> None:
    first, second, third = candles(3)
    bare = Candle(
        instrument=BTC,
        interval=FIVE,
        open_time=second.open_time,
        open=second.open,
        high=second.high,
        low=second.low,
        close=second.close,
        volume=second.volume,
    )
    (whole,) = closed([first, bare, third])
    assert whole.turnover is None


def test_days_begin_at_midnight_and_weeks_on_monday() -> None:
    hours = candles(24 * 15, begins=datetime(2025, 4, 1, tzinfo=UTC), interval=timedelta(hours=1))
    assert [one.open_time.day for one in closed(hours, timedelta(days=1))] == list(range(1, 16))
    (week,) = closed(hours, timedelta(days=7))
    assert (week.open_time.strftime("%A"), week.open_time.day) == ("Monday", 7)


@given(st.integers(0, 40), st.integers(0, 11), st.sampled_from([2, 3, 4, 6, 12]), st.data())
def test_every_coarser_candle_aggregates_the_candles_of_its_group(
    count: int, offset: int, times: int, data: st.DataObject
) -> None:
    finer = candles(count, begins=MIDNIGHT + offset * FIVE)
    kept = [candle for candle in finer if data.draw(st.integers(0, 9)) > 0]
    interval = times * FIVE
    groups = {
        opened: list(group)
        for opened, group in groupby(kept, lambda one: one.open_time - (one.open_time - MIDNIGHT) % interval)
    }
    for whole in closed(kept, interval):
        group = groups[whole.open_time]
        assert whole.interval == interval
        assert (whole.open, whole.close) == (group[0].open, group[-1].close)
        assert (whole.high, whole.low) == (max(c.high for c in group), min(c.low for c in group))
        assert whole.volume == sum(c.volume for c in group)


@pytest.mark.parametrize(
    ("finer", "interval", "words"),
    [
        (FIFTEEN, FIVE, "candles of 5m cannot be built for BTCUSDT-LINEAR.BYBIT: its candles are of 15m"),
        (FIFTEEN, timedelta(minutes=20), "that interval is no multiple of 15m"),
    ],
)
def test_an_interval_that_cannot_be_built_is_refused_by_name(
    finer: timedelta, interval: timedelta, words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        check_coarser(BTC, finer, interval)
