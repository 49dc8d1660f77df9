"""The Parabolic SAR equals TA-Lib's on every bar, in value and side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import talib

from domain.indicators import sar
from tests.domain.tapes import BYBIT_5M, Prices, bybit_5m, prices_of, walk


def assert_equal(prices: Prices, start: float, step: float, maximum: float) -> None:
    ours = sar(prices.highs, prices.lows, start, step, maximum)
    # SAREXT has a start of its own, and negative values while the side is down.
    theirs = talib.SAREXT(
        prices.highs,
        prices.lows,
        accelerationinitlong=start,
        accelerationlong=step,
        accelerationmaxlong=maximum,
        accelerationinitshort=start,
        accelerationshort=step,
        accelerationmaxshort=maximum,
    )
    np.testing.assert_array_equal(ours.sides[1:], np.sign(theirs[1:]))
    np.testing.assert_allclose(ours.sides * ours.values, theirs, rtol=1e-12)
    np.testing.assert_array_equal(
        np.flatnonzero(np.diff(ours.sides[1:])) + 2, np.flatnonzero(ours.turned[2:]) + 2
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("start", "step", "maximum"), [(0.02, 0.02, 0.2), (0.01, 0.03, 0.1), (0.2, 0.02, 0.2), (0.05, 0.0, 0.5)]
)
def test_the_sar_equals_talib_on_a_random_walk(seed: int, start: float, step: float, maximum: float) -> None:
    assert_equal(prices_of(walk(seed, 3_000)), start, step, maximum)


@pytest.mark.parametrize("symbol", BYBIT_5M)
def test_the_sar_equals_talib_on_recorded_candles(market_data: Path, symbol: str) -> None:
    prices = prices_of(bybit_5m(market_data, symbol))
    assert_equal(prices, 0.02, 0.02, 0.2)
    expected = talib.SAR(prices.highs, prices.lows, 0.02, 0.2)
    np.testing.assert_allclose(sar(prices.highs, prices.lows).values, expected, rtol=1e-12)


@pytest.mark.parametrize("length", [2, 3, 4])
@pytest.mark.parametrize("seed", range(20))
def test_the_sar_equals_talib_around_its_first_value(seed: int, length: int) -> None:
    assert_equal(prices_of(walk(seed, length)), 0.02, 0.02, 0.2)


def test_the_sar_equals_talib_where_the_price_never_moves() -> None:
    still = np.full(50, 42.0)
    assert_equal(Prices(still, still, still), 0.02, 0.02, 0.2)


@pytest.mark.parametrize(
    ("start", "step", "maximum"), [(0.0, 0.02, 0.2), (0.3, 0.02, 0.2), (0.02, -0.1, 0.2), (0.02, 0.02, 1.0)]
)
def test_an_acceleration_out_of_range_is_refused(start: float, step: float, maximum: float) -> None:
    with pytest.raises(ValueError, match=r"needs 0 < start <= maximum < 1 and step >= 0"):
        sar(np.ones(3), np.ones(3), start, step, maximum)
