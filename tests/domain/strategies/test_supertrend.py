"""SuperTrend: turns of the published formula on every bar, and levels and confidence computed again from the inputs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as st

from domain.candle import Candle
from domain.direction import Direction
from domain.errors import InvalidSettings
from domain.indicators import FloatArray, Supertrend, supertrend
from domain.strategies import Intent, Proposal
from domain.strategies.supertrend import SupertrendFollowing
from domain.strategies.supertrend_parameters import SupertrendParameters
from tests.domain.tapes import BYBIT_5M, Prices, bybit_5m, prices_of, walk
from tests.replacing import replace

NIMBLE = SupertrendParameters(period=5, multiplier=1.5, trend=20)


def by_pine(p: Prices, period: int, multiplier: float) -> tuple[FloatArray, list[int]]:
    """`ta.supertrend` line by line as its reference has it, with TA-Lib's ATR: line and Pine's direction (-1 is up)."""
    atr = talib.ATR(p.highs, p.lows, p.closes, period)
    lower = (p.highs + p.lows) / 2 - multiplier * atr
    upper = (p.highs + p.lows) / 2 + multiplier * atr
    line, direction = np.full(len(atr), np.nan), [0] * len(atr)
    for bar in range(period, len(atr)):
        if bar > period:
            before = bar - 1
            if not (lower[bar] > lower[before] or p.closes[before] < lower[before]):
                lower[bar] = lower[before]
            if not (upper[bar] < upper[before] or p.closes[before] > upper[before]):
                upper[bar] = upper[before]
        if bar == period:
            direction[bar] = 1
        elif line[bar - 1] == upper[bar - 1]:
            direction[bar] = -1 if p.closes[bar] > upper[bar] else 1
        else:
            direction[bar] = 1 if p.closes[bar] < lower[bar] else -1
        line[bar] = lower[bar] if direction[bar] == -1 else upper[bar]
    return line, direction


@pytest.mark.parametrize("symbol", BYBIT_5M)
def test_line_and_side_equal_the_published_formula_on_recorded_candles(
    market_data: Path, symbol: str
) -> None:
    prices = prices_of(bybit_5m(market_data, symbol)[:8_000])
    line, direction = by_pine(prices, 10, 3.0)
    ours = supertrend(prices.highs, prices.lows, prices.closes, 10, 3.0)
    np.testing.assert_array_equal(ours.side, -np.array(direction))
    np.testing.assert_allclose(ours.line, line, rtol=1e-9)


@given(
    rows=st.lists(st.lists(st.floats(1e-6, 1e7), min_size=3, max_size=3).map(sorted), max_size=60),
    period=st.integers(2, 8),
)
def test_one_pass_equals_streaming_on_any_prices(rows: list[list[float]], period: int) -> None:
    table = np.array(rows, np.float64).reshape(-1, 3)
    passed = supertrend(table[:, 2].copy(), table[:, 0].copy(), table[:, 1].copy(), period, 1.5)
    stream = Supertrend(period, 1.5)
    values: list[float] = []
    turns: list[int] = []
    for low, close, high in rows:
        value = stream.update(high, low, close)
        values.append(np.nan if value is None else value)
        turns.append(stream.side if stream.turned else 0)
    np.testing.assert_array_equal(passed.line, np.array(values, np.float64))
    assert passed.turn.tolist() == turns


def proposed(parameters: SupertrendParameters, candles: Sequence[Candle]) -> list[tuple[int, Proposal]]:
    return [(bar, one) for bar, one in enumerate(SupertrendFollowing(parameters).scan(candles)) if one]


def test_every_turn_after_the_long_averages_first_value_is_an_entry() -> None:
    candles = walk(3, 3_000)
    _, direction = by_pine(prices_of(candles), 5, 1.5)
    turns = {bar for bar in range(20, len(candles)) if direction[bar] != direction[bar - 1]}
    found = proposed(NIMBLE, candles)
    assert {bar for bar, _ in found} == turns
    assert {one.intent for _, one in found} == {Intent.ENTER}
    assert all((one.direction is Direction.LONG) is (direction[bar] == -1) for bar, one in found)


def test_levels_and_confidence_can_be_computed_again_from_the_inputs() -> None:
    found = proposed(replace(NIMBLE, reward=1.5), walk(4, 3_000))
    assert len(found) > 50
    last = 5
    for bar, one in found:
        figures, toward = one.inputs, 1 if one.direction is Direction.LONG else -1
        assert float(one.stop) == pytest.approx(figures["line"])
        risk = figures["close"] - figures["line"]
        assert float(one.target) == pytest.approx(figures["close"] + 1.5 * risk)
        trend = np.clip((figures["close"] - figures["trend_ema"]) / (4 * figures["atr"]), -1, 1)
        depth = np.clip(abs(figures["close"] - figures["broken"]) / figures["atr"] * 2, 0, 1)
        calm = np.clip(figures["run"] / 40, 0, 1)
        assert one.trend == pytest.approx(trend)
        assert one.confidence == pytest.approx(0.4 * depth + 0.2 * calm + 0.4 * (0.5 + toward * trend / 2))
        assert bar - figures["run"] >= last
        last = bar


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("period", 1, "at least 2 bars"),
        ("multiplier", 0.0, "above 0 and at most 100"),
        ("trend", 1, "at least 2 bars"),
        ("reward", 101.0, "above 0 and at most 100"),
    ],
)
def test_an_invalid_parameter_is_refused_by_name(name: str, value: float, rule: str) -> None:
    with pytest.raises(InvalidSettings, match=f"strategy supertrend: {name} must be {rule}, not {value}"):
        SupertrendFollowing.from_parameters({name: value})
