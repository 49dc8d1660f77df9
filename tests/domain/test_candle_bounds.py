"""A candle with figures that no market has is refused where it enters, and every strategy can read the others."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from domain.candle_bounds import LEAST_PRICE, MOST_PRICE, MOST_VOLUME, bounded
from domain.direction import Direction
from domain.errors import InvalidInput
from domain.strategies.levels import levels_around
from tests.adapters.candle_topic.candles import candle
from tests.replacing import replace

BEYOND = {
    "low": replace(candle(1), low=LEAST_PRICE / 10),
    "high": replace(candle(1), high=Decimal("1e90")),
    "bid": replace(candle(1), bid=Decimal("1e-90")),
    "ask": replace(candle(1), ask=MOST_PRICE * 10),
    "volume": replace(candle(1), volume=MOST_VOLUME * 10),
    "turnover": replace(candle(1), turnover=MOST_VOLUME * 10),
}


@pytest.mark.parametrize("name", BEYOND)
def test_a_figure_beyond_its_bounds_is_refused_by_name(name: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{name} "):
        bounded(BEYOND[name])


def test_a_candle_at_its_bounds_is_returned() -> None:
    at_bounds = replace(
        candle(1), low=LEAST_PRICE, high=MOST_PRICE, volume=MOST_VOLUME, turnover=MOST_VOLUME, bid=None
    )
    assert bounded(at_bounds) is at_bounds


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("close", [LEAST_PRICE, MOST_PRICE])
def test_levels_at_the_bounds_of_prices_raise_nothing(direction: Direction, close: Decimal) -> None:
    for share in (1e-9, 0.1, 100.0):
        distance = float(close) * share
        assert math.isfinite(distance)
        found = levels_around(direction, close, distance, distance)
        assert found is None or 0 < min(found) < close < max(found)
