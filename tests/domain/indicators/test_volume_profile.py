"""The volume profile equals one that is built anew from exact fractions at every bar."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import ceil, floor, log2
from pathlib import Path

import numpy as np
import pytest

from domain.indicators import ValueArea, VolumeProfile
from tests.domain.tapes import BYBIT_5M, bybit_5m

Bar = tuple[float, float, float]
UNITS = 1 << 20


def edges(prices: list[float], rows: int) -> list[float]:
    """The bounds of all rows around these prices: rows of equal height between powers of two."""
    first, last = floor(log2(min(prices))), ceil(log2(max(prices)))
    octaves = [2.0**power for power in range(first, last + 1)]
    return [one * (1 + row / rows) for one in octaves for row in range(rows)]


def built(bars: list[Bar], bounds: list[float], share: float) -> tuple[float, float, float]:
    """Point of control and value area of these bars."""
    volumes: Counter[int] = Counter()
    for high, low, volume in bars:
        first, last = (int(np.searchsorted(bounds, price, "right")) - 1 for price in (low, high))
        for row in range(first, last + 1):
            volumes[row] += int(volume * UNITS) // (last - first + 1)
    total = sum(volumes.values())
    poc = min(volumes, key=lambda row: (-volumes[row], row))
    area = {poc}
    while Fraction(sum(volumes[row] for row in area)) < Fraction(share) * total:
        up, down = max(area) + 1, min(area) - 1
        known = [row for row in (up, down) if min(volumes) <= row <= max(volumes)]
        area.add(max(known, key=lambda row: volumes[row]))
    return (bounds[poc] + bounds[poc + 1]) / 2, bounds[min(area)], bounds[max(area) + 1]


@pytest.mark.parametrize("symbol", BYBIT_5M)
def test_the_value_area_equals_one_built_anew_on_recorded_candles(market_data: Path, symbol: str) -> None:
    candles = bybit_5m(market_data, symbol)[:700]
    bars = [(float(one.high), float(one.low), float(one.volume)) for one in candles]
    bounds = edges([price for high, low, _ in bars for price in (high, low)], 1024)
    profile = VolumeProfile(100, 1024, 0.7)
    for number, bar in enumerate(bars, 1):
        profile.update(*bar)
        area = profile.value_area()
        if number < 100:
            assert area is None
        elif number % 7 == 0:
            assert area is not None
            expected = built(bars[number - 100 : number], bounds, 0.7)
            assert (area.poc, area.low, area.high) == pytest.approx(expected, rel=1e-12)


def test_the_profile_depends_on_the_last_bars_only() -> None:
    last = [(101.0, 100.0, 3.3), (102.0, 100.5, 0.1), (103.0, 99.0, 7.7)]
    fresh, old = VolumeProfile(3, 100, 0.7), VolumeProfile(3, 100, 0.7)
    for bar in [(5.0, 4.0, 1e9), (1e5, 9e4, 0.3), (107.0, 95.0, 1e-3), *last]:
        old.update(*bar)
    for bar in last:
        fresh.update(*bar)
    assert old.value_area() == fresh.value_area()


def test_a_worked_example() -> None:
    profile = VolumeProfile(3, 16, 0.7)
    for bar in [(66.0, 65.0, 1.0), (70.0, 69.0, 6.0), (74.0, 73.0, 3.0)]:
        profile.update(*bar)
    assert profile.value_area() == ValueArea(poc=70.0, low=68.0, high=76.0, volume=10 / 3)


@pytest.mark.parametrize("volume", [0.0, 1e-9])
def test_without_volume_there_is_no_value_area(volume: float) -> None:
    profile = VolumeProfile(2, 16, 0.7)
    for _ in range(5):
        profile.update(101.0, 99.0, volume)
    assert profile.value_area() is None


def test_a_bar_without_volume_leaves_as_it_came() -> None:
    profile = VolumeProfile(2, 16, 0.7)
    for volume in (0.0, 3.0, 0.0, 0.0, 5.0, 5.0):
        profile.update(101.0, 99.0, volume)
    area = profile.value_area()
    assert area is not None
    assert area.volume == pytest.approx(5.0, rel=1e-6)


def test_a_period_below_two_bars_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2 bars, not 1"):
        VolumeProfile(1, 16, 0.7)
