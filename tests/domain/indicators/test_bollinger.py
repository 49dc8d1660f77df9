"""Bollinger bands equal TA-Lib's on every bar, and the one-pass form equals the streaming form to the bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as st

from domain.indicators import Bollinger, FloatArray, bollinger
from tests.domain.tapes import BYBIT_5M, bybit_5m, prices_of


def streamed(prices: FloatArray, period: int) -> tuple[FloatArray, FloatArray]:
    stream = Bollinger(period)
    rows = [(stream.update(price), stream.deviation) for price in prices.tolist()]
    middle, deviation = (np.array([row[column] for row in rows], np.float64) for column in range(2))
    return middle, deviation


@pytest.mark.parametrize("symbol", BYBIT_5M)
@pytest.mark.parametrize("period", [5, 20])
def test_bands_equal_talib_on_every_bar(market_data: Path, symbol: str, period: int) -> None:
    closes = prices_of(bybit_5m(market_data, symbol)).closes
    upper, middle, lower = talib.BBANDS(closes, period, 2.0, 2.0)
    ours = bollinger(closes, period)
    np.testing.assert_allclose(ours.middle, middle, rtol=1e-9)
    np.testing.assert_allclose(ours.middle + 2.0 * ours.deviation, upper, rtol=1e-7)
    np.testing.assert_allclose(ours.middle - 2.0 * ours.deviation, lower, rtol=1e-7)


@given(prices=st.lists(st.floats(1e-6, 1e7), max_size=60), period=st.integers(2, 12))
def test_one_pass_equals_streaming_to_the_bit(prices: list[float], period: int) -> None:
    closes = np.array(prices, np.float64)
    middle, deviation = streamed(closes, period)
    passed = bollinger(closes, period)
    assert passed.middle.tobytes() == middle.tobytes()
    assert passed.deviation.tobytes() == deviation.tobytes()


def test_a_period_below_two_bars_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2 bars, not 1"):
        Bollinger(1)
    with pytest.raises(ValueError, match="at least 2 bars, not 1"):
        bollinger(np.arange(3.0), 1)
