"""Mean reversion: each rule alone on candles made by hand, and a second implementation with TA-Lib on recorded ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import talib

from domain.candle import Candle
from domain.direction import Direction
from domain.errors import InvalidSettings
from domain.strategies import Intent, Proposal
from domain.strategies.mean_reversion import MeanReversion
from domain.strategies.mean_reversion_parameters import MeanReversionParameters
from tests.domain.strategies.made import closing
from tests.domain.tapes import BYBIT_5M, bybit_5m, prices_of, traded, walk
from tests.replacing import replace

NIMBLE = MeanReversionParameters(period=10, deviations=1.5, z_score=2.5, minimum_volatility=0.01, trend=10)
CALM = [100.0, 100.2] * 10
STRETCHED = [*CALM, 97.0]
BACK = [*STRETCHED, 98.9]
REACHED = [*BACK, 99.0, 100.5]


def proposed(parameters: MeanReversionParameters, candles: Sequence[Candle]) -> dict[int, Proposal]:
    return {bar: one for bar, one in enumerate(MeanReversion(parameters).scan(candles)) if one}


def mirrored(closes: Sequence[float]) -> list[float]:
    return [200.2 - close for close in closes]


@pytest.mark.parametrize("direction", Direction)
def test_the_close_back_inside_the_bands_enters_and_the_mean_exits(direction: Direction) -> None:
    closes = REACHED if direction is Direction.LONG else mirrored(REACHED)
    found = proposed(NIMBLE, closing(closes))
    assert {bar: (one.direction, one.intent) for bar, one in found.items()} == {
        21: (direction, Intent.ENTER),
        23: (direction.opposite, Intent.EXIT),
    }


@pytest.mark.parametrize(
    ("closes", "changed"),
    [
        pytest.param(STRETCHED, {}, id="still outside the bands"),
        pytest.param(BACK, {"z_score": 3.01}, id="the stretch is too short"),
        pytest.param(BACK, {"minimum_volatility": 0.04}, id="the bands are too narrow"),
        pytest.param(BACK, {"deviations": 0.1}, id="not back inside the bands"),
        pytest.param(BACK, {"trend": 23}, id="the long average has no value"),
        pytest.param([*STRETCHED, 101.0], {}, id="the close passed the mean at once"),
    ],
)
def test_each_rule_alone_prevents_an_entry(closes: list[float], changed: dict[str, float]) -> None:
    assert not proposed(replace(NIMBLE, **changed), closing(closes))


def test_levels_and_confidence_can_be_computed_again_from_the_inputs() -> None:
    parameters = replace(NIMBLE, z_score=1.8, minimum_volatility=0.0, stop_deviations=0.7)
    found = proposed(parameters, traded(walk(4, 3_000), 4)).values()
    entries = [one for one in found if one.intent is Intent.ENTER]
    assert len(entries) > 30
    for one in entries:
        figures, toward = one.inputs, 1 if one.direction is Direction.LONG else -1
        stop = figures["extreme"] - toward * 0.7 * figures["deviation"]
        trend = np.clip((figures["close"] - figures["trend_ema"]) / (8 * figures["deviation"]), -1, 1)
        reward = abs(figures["middle"] - figures["close"]) / abs(figures["close"] - stop)
        confidence = 0.4 * min(1, figures["stretch"] / 4) + 0.3 * min(1, reward / 2) + 0.3 * (1 - abs(trend))
        assert float(one.stop) == pytest.approx(stop, abs=1e-9)
        assert float(one.target) == pytest.approx(figures["middle"], abs=1e-9)
        assert one.trend == pytest.approx(trend)
        assert one.confidence == pytest.approx(confidence)


def by_talib(candles: Sequence[Candle], p: MeanReversionParameters) -> list[tuple[int, Direction, Intent]]:
    """The expected proposals, by the same rule over whole arrays of TA-Lib's bands."""
    closes = prices_of(candles).closes
    upper, middle, _ = talib.BBANDS(closes, p.period, 1.0, 1.0)
    z = (closes - middle) / (upper - middle)
    width = 2 * p.deviations * (upper - middle) / middle
    found: list[tuple[int, Direction, Intent]] = []
    side = traded_side = 0
    for bar in range(max(p.period, p.trend) - 1, len(closes)):
        here = 1 if z[bar] > 0 else -1
        if side == here and abs(z[bar]) < p.deviations:
            side, traded_side = 0, here
            found.append((bar, Direction.SHORT if here > 0 else Direction.LONG, Intent.ENTER))
            continue
        if side != here:
            side = here if abs(z[bar]) >= p.z_score and width[bar] >= p.minimum_volatility else 0
        if traded_side and here != traded_side:
            found.append((bar, Direction.SHORT if traded_side < 0 else Direction.LONG, Intent.EXIT))
            traded_side = 0
    return found


@pytest.mark.parametrize("symbol", BYBIT_5M)
def test_proposals_equal_a_second_implementation_on_recorded_candles(market_data: Path, symbol: str) -> None:
    candles = bybit_5m(market_data, symbol)
    expected = by_talib(candles, MeanReversionParameters())
    found = proposed(MeanReversionParameters(), candles)
    assert [(bar, one.direction, one.intent) for bar, one in found.items()] == expected
    assert len(expected) > 50


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("period", 1, "at least 2 bars"),
        ("deviations", 0.0, "above 0 and at most 10"),
        ("z_score", 1.9, r"at least deviations \(2.0\) and at most 10"),
        ("minimum_volatility", -0.1, "from 0 to 1"),
        ("trend", 0, "at least 2 bars"),
        ("stop_deviations", 0.0, "above 0 and at most 100"),
    ],
)
def test_an_invalid_parameter_is_refused_by_name(name: str, value: float, rule: str) -> None:
    with pytest.raises(InvalidSettings, match=f"strategy mean-reversion: {name} must be {rule}, not {value}"):
        MeanReversion.from_parameters({name: value})
