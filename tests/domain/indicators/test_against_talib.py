"""Every indicator equals TA-Lib's on every bar and starts on the same bar."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import talib

from domain.indicators import FloatArray, adx, atr, ema, rsi
from tests.domain.tapes import BYBIT_5M, Prices, bybit_5m, prices_of, walk

Form = Callable[[Prices, int], FloatArray]

FIGURES: dict[str, tuple[Form, Form]] = {
    "EMA": (lambda p, n: ema(p.closes, n), lambda p, n: talib.EMA(p.closes, n)),
    "RSI": (lambda p, n: rsi(p.closes, n), lambda p, n: talib.RSI(p.closes, n)),
    "ATR": (
        lambda p, n: atr(p.highs, p.lows, p.closes, n),
        lambda p, n: talib.ATR(p.highs, p.lows, p.closes, n),
    ),
    "+DI": (
        lambda p, n: adx(p.highs, p.lows, p.closes, n).plus_di,
        lambda p, n: talib.PLUS_DI(p.highs, p.lows, p.closes, n),
    ),
    "-DI": (
        lambda p, n: adx(p.highs, p.lows, p.closes, n).minus_di,
        lambda p, n: talib.MINUS_DI(p.highs, p.lows, p.closes, n),
    ),
    "ADX": (
        lambda p, n: adx(p.highs, p.lows, p.closes, n).adx,
        lambda p, n: talib.ADX(p.highs, p.lows, p.closes, n),
    ),
}
PERIODS = (2, 14, 50, 200)


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("seed", range(3))
def test_indicators_equal_talib_on_a_random_walk(figure: str, period: int, seed: int) -> None:
    assert_equal(figure, prices_of(walk(seed, 3_000)), period)


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("symbol", BYBIT_5M)
def test_indicators_equal_talib_on_recorded_candles(
    market_data: Path, figure: str, period: int, symbol: str
) -> None:
    assert_equal(figure, prices_of(bybit_5m(market_data, symbol)), period)


@pytest.mark.parametrize("figure", FIGURES)
def test_indicators_equal_talib_where_the_price_never_moves(figure: str) -> None:
    still = np.full(100, 42.0)
    assert_equal(figure, Prices(still, still, still), 14)


@pytest.mark.parametrize("figure", FIGURES)
def test_indicators_equal_talib_where_the_price_only_rises(figure: str) -> None:
    rising = np.arange(1.0, 101.0)
    assert_equal(figure, Prices(rising, rising, rising), 14)


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("length", [13, 14, 15, 27, 28, 29])
def test_indicators_equal_talib_around_the_first_value(figure: str, length: int) -> None:
    assert_equal(figure, prices_of(walk(7, length)), 14)


def assert_equal(figure: str, prices: Prices, period: int) -> None:
    ours, theirs = (form(prices, period) for form in FIGURES[figure])
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=0.0)
