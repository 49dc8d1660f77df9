"""The VWAP of a session: by its definition on recorded candles, and where there is no volume."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from domain.indicators import Vwap, vwap
from tests.domain.tapes import BYBIT_5M, bybit_5m, prices_of


@pytest.mark.parametrize("symbol", BYBIT_5M)
def test_the_vwap_is_the_exact_mean_since_midnight_on_every_bar(market_data: Path, symbol: str) -> None:
    candles = bybit_5m(market_data, symbol)[:3_000]
    prices = prices_of(candles)
    volumes = np.array([float(candle.volume) for candle in candles])
    days = np.array([candle.open_time.toordinal() for candle in candles])
    expected: list[float] = []
    day, turnover, traded = 0, Fraction(0), Fraction(0)
    for candle in candles:
        if candle.open_time.toordinal() != day:
            day, turnover, traded = candle.open_time.toordinal(), Fraction(0), Fraction(0)
        turnover += Fraction(candle.high + candle.low + candle.close) / 3 * Fraction(candle.volume)
        traded += Fraction(candle.volume)
        expected.append(float(turnover / traded))
    found = vwap(days, prices.highs, prices.lows, prices.closes, volumes)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_session_without_volume_has_no_vwap_and_the_next_session_begins_anew() -> None:
    stream = Vwap()
    assert stream.update(1, 12.0, 9.0, 9.0, 0.0) is None
    assert stream.update(1, 12.0, 9.0, 9.0, 2.0) == 10.0
    assert stream.update(1, 24.0, 18.0, 18.0, 2.0) == 15.0
    assert stream.bars == 3
    assert stream.update(2, 33.0, 30.0, 27.0, 1.0) == 30.0
    assert stream.bars == 1
