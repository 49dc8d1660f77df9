"""The efficiency ratio: TA-Lib lacks it, but its KAMA is computed from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import talib

from domain.indicators import FloatArray, efficiency_ratio
from tests.domain.tapes import BYBIT_5M, bybit_5m, prices_of

FASTEST, SLOWEST = 2.0 / 3.0, 2.0 / 31.0


def kama(closes: FloatArray, period: int) -> FloatArray:
    """Kaufman's adaptive average, computed from our ratio; it starts at the close before its first value."""
    ratios = efficiency_ratio(closes, period)
    average = np.full(len(closes), np.nan)
    previous = closes[period - 1]
    for bar in range(period, len(closes)):
        pace = (ratios[bar] * (FASTEST - SLOWEST) + SLOWEST) ** 2
        previous = average[bar] = previous + pace * (closes[bar] - previous)
    return average


# Where no close of the window differs, TA-Lib takes a ratio of 1 and we take 0; the tapes have no such window of 5.
@pytest.mark.parametrize("period", [5, 10, 20])
@pytest.mark.parametrize("symbol", BYBIT_5M)
def test_talibs_kama_follows_from_the_ratio_on_every_bar(market_data: Path, period: int, symbol: str) -> None:
    closes = prices_of(bybit_5m(market_data, symbol)).closes[:2_000]
    np.testing.assert_allclose(kama(closes, period), talib.KAMA(closes, period), rtol=1e-9)


@pytest.mark.parametrize(
    ("closes", "ratio"),
    [
        ([1.0, 2.0, 3.0], 1.0),
        ([3.0, 2.0, 1.0], 1.0),
        ([1.0, 2.0, 1.0], 0.0),
        ([1.0, 4.0, 3.0], 0.5),
        ([5.0] * 3, 0.0),
    ],
    ids=["straight up", "straight down", "there and back", "half way back", "no move"],
)
def test_the_ratio_is_progress_over_way(closes: list[float], ratio: float) -> None:
    assert efficiency_ratio(np.array(closes), 2)[2] == ratio
