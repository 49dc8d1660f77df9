"""An invalid period is refused when the indicator is made."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from domain.indicators import (
    Adx,
    Atr,
    EfficiencyRatio,
    Ema,
    Rsi,
    WilderMean,
    adx,
    atr,
    efficiency_ratio,
    ema,
    rsi,
    wilder_mean,
)

SERIES = np.arange(1.0, 10.0)
MAKERS: list[Callable[[int], object]] = [
    Ema,
    Rsi,
    Atr,
    Adx,
    WilderMean,
    lambda period: ema(SERIES, period),
    lambda period: rsi(SERIES, period),
    lambda period: atr(SERIES, SERIES, SERIES, period),
    lambda period: adx(SERIES, SERIES, SERIES, period),
    lambda period: wilder_mean(SERIES, period),
    EfficiencyRatio,
    lambda period: efficiency_ratio(SERIES, period),
]


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("period", [1, 0, -14])
def test_a_period_below_two_bars_is_refused(maker: Callable[[int], object], period: int) -> None:
    with pytest.raises(ValueError, match=f"at least 2 bars, not {period}"):
        maker(period)


def test_a_seed_of_no_bars_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 bar, not 0"):
        Ema(10, seed_bars=0)
