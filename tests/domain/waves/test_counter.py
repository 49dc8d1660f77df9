"""The counter: which swings end waves, and that a count never changes after it was made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.candle import Candle
from domain.indicators import Extreme, Swing
from domain.waves import WaveCounter, wave_counts
from tests.domain.tapes import BYBIT_5M, bybit_5m, prices_of, walk

walks = st.builds(walk, st.integers(0, 10_000), st.integers(0, 300), swing=st.sampled_from([0.002, 0.02]))


def low(bar: int, price: float) -> Swing:
    return Swing(Extreme.LOW, bar, price, bar + 2)


def high(bar: int, price: float) -> Swing:
    return Swing(Extreme.HIGH, bar, price, bar + 2)


def counter_of(*swings: Swing) -> WaveCounter:
    counter = WaveCounter(0.1)
    for swing in swings:
        counter.take(swing)
    return counter


def points_of(counter: WaveCounter) -> tuple[float, ...] | None:
    return None if counter.count is None else counter.count.points


def test_alternating_swings_are_the_points_of_a_count_known_at_the_last_confirmation() -> None:
    counter = counter_of(low(0, 100.0), high(5, 110.0))
    assert counter.count is None
    assert counter.take(low(9, 105.0))
    assert points_of(counter) == (100.0, 110.0, 105.0)
    assert counter.count is not None
    assert counter.count.known == 11


def test_a_more_extreme_swing_of_the_same_kind_takes_the_place_of_the_last_point() -> None:
    counter = counter_of(low(0, 100.0), high(5, 110.0), low(9, 105.0))
    earlier = counter.count
    assert counter.take(low(14, 103.82))
    assert points_of(counter) == (100.0, 110.0, 103.82)
    assert earlier is not None
    assert earlier.points == (100.0, 110.0, 105.0)


@pytest.mark.parametrize("price", [105.0, 106.0], ids=["as extreme", "less extreme"])
def test_a_swing_of_the_same_kind_that_is_not_more_extreme_is_left_out(price: float) -> None:
    counter = counter_of(low(0, 100.0), high(5, 110.0), low(9, 105.0))
    assert not counter.take(low(14, price))
    assert points_of(counter) == (100.0, 110.0, 105.0)


def test_a_swing_that_breaks_a_rule_ends_the_count() -> None:
    counter = counter_of(low(0, 100.0), high(5, 110.0), low(9, 105.0))
    assert not counter.take(low(14, 99.0))
    assert counter.count is None


@pytest.mark.parametrize(
    ("top", "bottom", "in_force"), [(130.0, 105.0, True), (108.0, 104.9, False)], ids=["at it", "beyond it"]
)
def test_a_price_beyond_the_last_point_ends_the_count(top: float, bottom: float, in_force: bool) -> None:
    rising = counter_of(low(0, 100.0), high(5, 110.0), low(9, 105.0))
    falling = counter_of(high(0, 100.0), low(5, 90.0), high(9, 95.0))
    rising.pass_through(top, bottom)
    falling.pass_through(200.0 - bottom, 200.0 - top)
    assert (rising.count is not None) is in_force
    assert (falling.count is not None) is in_force


def test_a_counter_counts_from_the_last_six_points() -> None:
    prices = (130.0, 100.0, 110.0, 105.0, 121.18, 114.99924, 124.99924)
    kinds = (high, low)
    counter = counter_of(*(kinds[number % 2](number * 5, price) for number, price in enumerate(prices)))
    assert points_of(counter) == prices[1:]


def test_a_low_above_the_high_before_it_makes_no_count() -> None:
    counter = counter_of(low(0, 100.0), high(5, 110.0), low(9, 105.0), high(14, 108.0))
    assert not counter.take(low(20, 115.0))
    assert counter.count is None


@given(candles=walks, bars=st.integers(2, 4), data=st.data())
@settings(max_examples=40)
def test_later_candles_change_no_earlier_count(
    candles: Sequence[Candle], bars: int, data: st.DataObject
) -> None:
    known = data.draw(st.integers(0, len(candles)))
    prices = prices_of(candles)
    whole = wave_counts(prices.highs, prices.lows, bars, 0.1)
    then = wave_counts(prices.highs[:known], prices.lows[:known], bars, 0.1)
    assert then == [count for count in whole if count.known < known]


@given(seed=st.integers(0, 10_000), other=st.integers(0, 10_000))
@settings(max_examples=40)
def test_whatever_follows_the_counts_of_a_common_past_are_equal(seed: int, other: int) -> None:
    past, futures = prices_of(walk(seed, 200)), [prices_of(walk(other + n, 60, swing=0.05)) for n in (0, 1)]
    counts = [
        wave_counts(np.append(past.highs, future.highs), np.append(past.lows, future.lows), 3, 0.1)
        for future in futures
    ]
    earlier = [[count for count in one if count.known < 200] for one in counts]
    assert earlier[0] == earlier[1] == wave_counts(past.highs, past.lows, 3, 0.1)


@pytest.mark.parametrize("symbol", BYBIT_5M)
def test_every_count_of_a_recorded_quarter_ends_at_a_price_that_was_known(
    market_data: Path, symbol: str
) -> None:
    prices = prices_of(bybit_5m(market_data, symbol))
    counts = wave_counts(prices.highs, prices.lows, 5, 0.1)
    assert {count.waves for count in counts} == {2, 4, 5}
    for count in counts:
        extremes = prices.highs if count.points[-1] > count.points[-2] else prices.lows
        assert extremes[count.known - 5] == count.points[-1]
