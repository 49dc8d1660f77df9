"""Breakout: each rule alone on candles made by hand, and a second implementation over whole arrays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import talib

from domain.candle import Candle
from domain.direction import Direction
from domain.errors import InvalidSettings
from domain.indicators import FloatArray
from domain.strategies import Intent, Proposal
from domain.strategies.breakout import Breakout
from domain.strategies.breakout_parameters import BreakoutParameters
from tests.domain.strategies.made import candle
from tests.domain.tapes import BYBIT_5M, bybit_5m, prices_of, traded, walk
from tests.replacing import replace

NIMBLE = BreakoutParameters(swing_bars=2, lookback=30, volume_bars=5, atr=3, trend=5)
SWINGING = [99.0, 99.5, 100.0, 99.5, 99.0, 98.5] * 3
BROKEN = [*SWINGING, 99.0, 100.3]


def made(closes: Sequence[float], *, volume: float = 20.0) -> list[Candle]:
    """Candles with these closes, of which the last has this volume and the others 10."""
    last = len(closes) - 1
    return [
        candle(n, close, high=close + 0.01, low=close - 0.01, volume=volume if n == last else 10.0)
        for n, close in enumerate(closes)
    ]


def mirrored(closes: Sequence[float]) -> list[float]:
    return [200.0 - close for close in closes]


def proposed(parameters: BreakoutParameters, candles: Sequence[Candle]) -> dict[int, Proposal]:
    return {bar: one for bar, one in enumerate(Breakout(parameters).scan(candles)) if one}


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize(("volume", "intent"), [(20.0, Intent.ENTER), (14.9, Intent.EXIT)])
def test_a_close_beyond_three_touches_enters_with_volume_and_exits_without(
    direction: Direction, volume: float, intent: Intent
) -> None:
    closes = BROKEN if direction is Direction.LONG else mirrored(BROKEN)
    (found,) = proposed(NIMBLE, made(closes, volume=volume)).items()
    assert (found[0], found[1].direction, found[1].intent) == (len(BROKEN) - 1, direction, intent)
    assert found[1].inputs["level"] == pytest.approx(100.01 if direction is Direction.LONG else 99.99)
    assert found[1].inputs["touches"] == 3


@pytest.mark.parametrize(
    ("closes", "changed"),
    [
        pytest.param(BROKEN, {"strength": 4}, id="too few touches"),
        pytest.param(BROKEN, {"lookback": 16}, id="a touch is too old"),
        pytest.param(BROKEN, {"threshold": 0.004}, id="not far enough beyond the level"),
        pytest.param([*BROKEN[:-1], 100.1], {}, id="within the threshold"),
        pytest.param([*SWINGING[:-2], 100.3], {}, id="the last swing is not confirmed"),
        pytest.param([*SWINGING[:-4], 100.3, 99.5, 99.0, 98.5, 99.0], {}, id="no close breaks the level"),
        pytest.param(BROKEN, {"trend": 30}, id="the long average has no value"),
        pytest.param(BROKEN, {"volume_bars": 25}, id="too few volumes"),
    ],
)
def test_each_rule_alone_prevents_a_proposal(closes: list[float], changed: dict[str, float]) -> None:
    assert not proposed(replace(NIMBLE, **changed), made(closes))


def test_touches_further_apart_than_the_tolerance_are_no_level() -> None:
    closes = [*SWINGING[:6], *(one + 0.25 for one in SWINGING[6:12]), *SWINGING[12:], 99.0, 101.0]
    assert not proposed(NIMBLE, made(closes))
    assert proposed(replace(NIMBLE, tolerance=0.003), made(closes))


def test_a_level_is_broken_once_and_again_only_after_a_close_on_its_other_side() -> None:
    closes = [*BROKEN, 100.4, 100.5, 99.9, 100.4]
    assert sorted(proposed(NIMBLE, made(closes))) == [19, 23]


def test_levels_and_confidence_can_be_computed_again_from_the_inputs() -> None:
    parameters = replace(NIMBLE, strength=2, threshold=0.0005, tolerance=0.004, stop_atrs=1.3, reward=1.5)
    found = proposed(parameters, traded(walk(4, 3_000), 4)).values()
    assert len(found) > 100
    for one in found:
        figures, toward = one.inputs, 1 if one.direction is Direction.LONG else -1
        stop = figures["level"] - toward * 1.3 * figures["atr"]
        trend = np.clip((figures["close"] - figures["trend_ema"]) / (4 * figures["atr"]), -1, 1)
        ratio = figures["volume"] / figures["volume_average"]
        depth = min(1, abs(figures["close"] - figures["level"]) / figures["atr"])
        confidence = 0.2 * min(1, figures["touches"] / 6) + 0.3 * min(1, ratio / 3) + 0.2 * depth
        confidence += 0.3 * (0.5 + toward * trend / 2)
        assert float(one.stop) == pytest.approx(stop, abs=1e-9)
        assert float(one.target) == pytest.approx(
            figures["close"] + 1.5 * (figures["close"] - stop), abs=1e-9
        )
        assert one.trend == pytest.approx(trend)
        assert one.confidence == pytest.approx(confidence)
        assert (one.intent is Intent.ENTER) is (ratio >= 1.5)


def peaks(figures: FloatArray, bars: int) -> list[int]:
    """The bars that are above the bars before and not below the bars after them, looked for one by one."""
    return [
        bar
        for bar in range(bars, len(figures) - bars)
        if figures[bar] > figures[bar - bars : bar].max()
        and figures[bar] >= figures[bar + 1 : bar + bars + 1].max()
    ]


def by_arrays(candles: Sequence[Candle], p: BreakoutParameters) -> list[tuple[int, Direction, Intent]]:
    """The expected proposals: for each bar the swings of the bars before it, clustered anew."""
    prices = prices_of(candles)
    volumes = np.array([float(one.volume) for one in candles])
    averages = talib.SMA(volumes, p.volume_bars)
    found: list[tuple[int, Direction, Intent]] = []
    for sign, ends, direction in ((1, prices.highs, Direction.LONG), (-1, prices.lows, Direction.SHORT)):
        known = np.array(peaks(sign * ends, p.swing_bars))
        for bar in range(max(p.trend - 1, p.atr, p.volume_bars), len(candles)):
            kept = known[(known + p.swing_bars < bar) & (known >= bar - p.lookback)]
            triggers = triggers_of(np.sort(ends[kept]), sign, p)
            before, close = sign * prices.closes[bar - 1], sign * prices.closes[bar]
            if any(before < sign * one <= close for one in triggers):
                enough = volumes[bar] >= p.volume * averages[bar - 1]
                found.append((bar, direction, Intent.ENTER if enough else Intent.EXIT))
    return sorted(found)


def triggers_of(prices: FloatArray, sign: int, p: BreakoutParameters) -> list[float]:
    found: list[float] = []
    while len(prices):
        group = prices[prices <= prices[0] * (1 + p.tolerance)]
        if len(group) >= p.strength:
            found.append(float(group.mean()) * (1 + sign * p.threshold))
        prices = prices[len(group) :]
    return found


@pytest.mark.parametrize("symbol", BYBIT_5M)
def test_proposals_equal_a_second_implementation_on_recorded_candles(market_data: Path, symbol: str) -> None:
    candles = bybit_5m(market_data, symbol)[:4_000]
    expected = by_arrays(candles, BreakoutParameters())
    found = proposed(BreakoutParameters(), candles)
    assert [(bar, one.direction, one.intent) for bar, one in found.items()] == expected
    assert {intent for _, _, intent in expected} == set(Intent)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("strength", 0, "from 1 to 100"),
        ("volume", -1.0, "from 0 to 1000"),
        ("threshold", 0.6, "from 0 to 0.5"),
        ("lookback", 3, r"more bars than swing_bars \(3\) and at most 10000"),
        ("swing_bars", 1, "from 2 to 100"),
        ("tolerance", -0.1, "from 0 to 0.5"),
        ("volume_bars", 0, "from 1 to 10000"),
        ("atr", 1, "at least 2 bars"),
        ("trend", 1, "at least 2 bars"),
        ("stop_atrs", -1.0, "from 0 to 100"),
        ("reward", 0.0, "above 0 and at most 100"),
    ],
)
def test_an_invalid_parameter_is_refused_by_name(name: str, value: float, rule: str) -> None:
    with pytest.raises(InvalidSettings, match=f"strategy breakout: {name} must be {rule}, not {value}"):
        Breakout.from_parameters({name: value})
