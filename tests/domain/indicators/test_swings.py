"""Swing points: the definition on every bar, both forms alike, and no swing that later bars change."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.indicators import Extreme, Swing, Swings, swings
from tests.domain.tapes import Prices, bybit_5m, prices_of

# Few different prices, so that equal highs and lows are frequent.
price = st.integers(1, 6).map(float)
tapes = st.lists(st.tuples(price, price).map(sorted), max_size=60)


def prices(rows: Sequence[Sequence[float]]) -> tuple[list[float], list[float]]:
    return [row[1] for row in rows], [row[0] for row in rows]


def one_pass(highs: Sequence[float], lows: Sequence[float], bars: int) -> list[Swing]:
    return swings(np.array(highs, np.float64), np.array(lows, np.float64), bars)


def streamed(highs: Sequence[float], lows: Sequence[float], bars: int) -> list[Swing]:
    stream = Swings(bars)
    return [swing for high, low in zip(highs, lows, strict=True) for swing in stream.update(high, low)]


def by_definition(highs: Sequence[float], lows: Sequence[float], bars: int) -> list[Swing]:
    found: list[Swing] = []
    for bar in range(bars, len(highs) - bars):
        before, after = range(bar - bars, bar), range(bar + 1, bar + bars + 1)
        if all(highs[bar] > highs[i] for i in before) and all(highs[bar] >= highs[i] for i in after):
            found.append(Swing(Extreme.HIGH, bar, highs[bar], bar + bars))
        if all(lows[bar] < lows[i] for i in before) and all(lows[bar] <= lows[i] for i in after):
            found.append(Swing(Extreme.LOW, bar, lows[bar], bar + bars))
    return found


@given(rows=tapes, bars=st.integers(2, 5))
def test_both_forms_return_the_swings_of_the_definition(rows: list[list[float]], bars: int) -> None:
    expected = by_definition(*prices(rows), bars)
    assert one_pass(*prices(rows), bars) == expected
    assert streamed(*prices(rows), bars) == expected


@given(rows=tapes, bars=st.integers(2, 5), data=st.data())
def test_later_bars_change_no_swing_that_was_confirmed(
    rows: list[list[float]], bars: int, data: st.DataObject
) -> None:
    known = data.draw(st.integers(0, len(rows)))
    whole = one_pass(*prices(rows), bars)
    assert one_pass(*prices(rows[:known]), bars) == [swing for swing in whole if swing.confirmed < known]


def test_a_swing_is_reported_at_the_bar_that_confirms_it() -> None:
    stream = Swings(2)
    highs = [1.0, 2.0, 5.0, 3.0, 3.0, 3.0]
    reports = [stream.update(high, 1.0) for high in highs]
    swing = Swing(Extreme.HIGH, 2, 5.0, 4)
    assert reports == [(), (), (), (), (swing,), ()]
    assert (stream.high, stream.low) == (swing, None)


def test_of_equal_highs_in_a_row_the_first_is_the_swing() -> None:
    highs = [1.0, 2.0, 5.0, 5.0, 3.0, 3.0, 3.0]
    assert streamed(highs, [1.0] * 7, 2) == [Swing(Extreme.HIGH, 2, 5.0, 4)]


def test_a_bar_that_is_a_swing_at_both_ends_reports_its_high_first() -> None:
    highs, lows = [3.0, 3.0, 9.0, 3.0, 3.0], [2.0, 2.0, 1.0, 2.0, 2.0]
    assert [swing.extreme for swing in streamed(highs, lows, 2)] == [Extreme.HIGH, Extreme.LOW]


def test_both_forms_agree_on_a_recorded_quarter(market_data: Path) -> None:
    quarter: Prices = prices_of(bybit_5m(market_data, "BTCUSDT"))
    found = swings(quarter.highs, quarter.lows, 5)
    assert streamed(quarter.highs.tolist(), quarter.lows.tolist(), 5) == found
    assert len(found) > 2_000


@pytest.mark.parametrize("bars", [1, 0, -3])
def test_fewer_than_two_bars_are_refused(bars: int) -> None:
    with pytest.raises(ValueError, match=f"at least 2 bars, not {bars}"):
        Swings(bars)
    with pytest.raises(ValueError, match=f"at least 2 bars, not {bars}"):
        one_pass([], [], bars)
