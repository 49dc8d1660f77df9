"""The one-pass forms equal the streaming forms to the last bit, for tapes of any length."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.indicators import (
    Adx,
    Atr,
    Cross,
    EfficiencyRatio,
    Ema,
    FloatArray,
    Rsi,
    Sar,
    Vwap,
    WilderMean,
    adx,
    atr,
    crosses,
    efficiency_ratio,
    ema,
    rsi,
    sar,
    vwap,
    wilder_mean,
)
from tests.domain.tapes import BYBIT_5M, Prices, bybit_5m, prices_of

Form = Callable[[Prices, int], FloatArray]


def bar_by_bar(values: list[float | None]) -> FloatArray:
    return np.array([np.nan if value is None else value for value in values], np.float64)


def streamed_ema(prices: Prices, period: int) -> FloatArray:
    stream = Ema(period)
    return bar_by_bar([stream.update(close) for close in prices.closes.tolist()])


def streamed_ema_from_the_first_price(prices: Prices, period: int) -> FloatArray:
    stream = Ema(period, seed_bars=1)
    return bar_by_bar([stream.update(close) for close in prices.closes.tolist()])


def streamed_mean(prices: Prices, period: int) -> FloatArray:
    stream = WilderMean(period)
    return bar_by_bar([stream.update(close) for close in prices.closes.tolist()])


def streamed_rsi(prices: Prices, period: int) -> FloatArray:
    stream = Rsi(period)
    return bar_by_bar([stream.update(close) for close in prices.closes.tolist()])


def streamed_atr(prices: Prices, period: int) -> FloatArray:
    stream = Atr(period)
    return bar_by_bar([stream.update(*bar) for bar in bars(prices)])


def streamed_adx(prices: Prices, period: int) -> FloatArray:
    stream = Adx(period)
    rows = [(stream.update(*bar), stream.plus_di, stream.minus_di) for bar in bars(prices)]
    return np.concatenate([bar_by_bar([row[column] for row in rows]) for column in range(3)])


def passed_adx(prices: Prices, period: int) -> FloatArray:
    series = adx(prices.highs, prices.lows, prices.closes, period)
    return np.concatenate([series.adx, series.plus_di, series.minus_di])


def streamed_sar(prices: Prices, _: int) -> FloatArray:
    stream = Sar()
    rows = [
        (stream.update(high, low), float(stream.side), float(stream.turned)) for high, low, _ in bars(prices)
    ]
    return np.concatenate([bar_by_bar([row[column] for row in rows]) for column in range(3)])


def passed_sar(prices: Prices, _: int) -> FloatArray:
    series = sar(prices.highs, prices.lows)
    return np.concatenate([series.values, series.sides, series.turned]).astype(np.float64)


def streamed_efficiency(prices: Prices, period: int) -> FloatArray:
    stream = EfficiencyRatio(period)
    values: list[float | None] = []
    for close in prices.closes.tolist():
        stream.update(close)
        values.append(stream.value)
    return bar_by_bar(values)


SESSION = 7  # bars to a session


def streamed_vwap(prices: Prices, _: int) -> FloatArray:
    stream = Vwap()
    return bar_by_bar(
        [
            stream.update(bar // SESSION, high, low, close, volume_of(bar))
            for bar, (high, low, close) in enumerate(bars(prices))
        ]
    )


def passed_vwap(prices: Prices, _: int) -> FloatArray:
    numbers = range(len(prices.closes))
    volumes = np.array([volume_of(bar) for bar in numbers], np.float64)
    return vwap(np.arange(len(numbers)) // SESSION, prices.highs, prices.lows, prices.closes, volumes)


def volume_of(bar: int) -> float:
    """Volumes with fractions; the first bars of every other session have none."""
    return 0.0 if bar % (2 * SESSION) < 2 else 0.1 * (bar % 5)


def bars(prices: Prices) -> list[tuple[float, float, float]]:
    return list(zip(prices.highs.tolist(), prices.lows.tolist(), prices.closes.tolist(), strict=True))


PAIRS: dict[str, tuple[Form, Form]] = {
    "EMA": (streamed_ema, lambda p, n: ema(p.closes, n)),
    "EMA from the first price": (
        streamed_ema_from_the_first_price,
        lambda p, n: ema(p.closes, n, seed_bars=1),
    ),
    "Wilder mean": (streamed_mean, lambda p, n: wilder_mean(p.closes, n)),
    "RSI": (streamed_rsi, lambda p, n: rsi(p.closes, n)),
    "ATR": (streamed_atr, lambda p, n: atr(p.highs, p.lows, p.closes, n)),
    "ADX, +DI and -DI": (streamed_adx, passed_adx),
    "SAR": (streamed_sar, passed_sar),
    "VWAP": (streamed_vwap, passed_vwap),
    "efficiency ratio": (streamed_efficiency, lambda p, n: efficiency_ratio(p.closes, n)),
}

price = st.floats(1e-6, 1e7)
tapes = st.lists(st.lists(price, min_size=3, max_size=3).map(sorted), max_size=80)


@pytest.mark.parametrize("pair", PAIRS)
@given(rows=tapes, period=st.integers(2, 20))
def test_one_pass_equals_streaming_on_any_prices(pair: str, rows: list[list[float]], period: int) -> None:
    table = np.array(rows, np.float64).reshape(-1, 3)
    assert_same_bits(pair, Prices(table[:, 2].copy(), table[:, 0].copy(), table[:, 1].copy()), period)


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("symbol", BYBIT_5M)
def test_one_pass_equals_streaming_on_recorded_candles(market_data: Path, pair: str, symbol: str) -> None:
    assert_same_bits(pair, prices_of(bybit_5m(market_data, symbol)), 14)


@given(spreads=st.lists(st.sampled_from([-2.0, -0.5, 0.0, 0.5, 2.0])))
def test_crosses_in_one_pass_equal_streamed_crosses(spreads: list[float]) -> None:
    stream = Cross()
    assert crosses(np.array(spreads, np.float64)).tolist() == [stream.update(spread) for spread in spreads]


def assert_same_bits(pair: str, prices: Prices, period: int) -> None:
    streamed, passed = (form(prices, period) for form in PAIRS[pair])
    np.testing.assert_array_equal(np.isnan(streamed), np.isnan(passed))
    assert np.nan_to_num(streamed, nan=0.0).tobytes() == np.nan_to_num(passed, nan=0.0).tobytes()
