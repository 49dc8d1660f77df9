"""The volume profile as a strategy: each rule alone on candles made by hand, levels and confidence computed again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from domain.candle import Candle
from domain.direction import Direction
from domain.errors import InvalidSettings
from domain.strategies import Intent, Proposal
from domain.strategies.volume_profile import VolumeProfileTrading
from domain.strategies.volume_profile_parameters import VolumeProfileParameters
from tests.domain.strategies.made import candle
from tests.domain.tapes import traded, walk
from tests.replacing import replace

NIMBLE = VolumeProfileParameters(bars=10, value_area=0.9, atr=3, trend=5)
MIDDLE = 100.2
Bar = tuple[float, float, float]
"""The distances of close, high and low from the middle."""
REJECTED: list[Bar] = [(0.15, 2.5, 0.1)]
ACCEPTED: list[Bar] = [(2.0, 2.1, 0.1), (2.5, 2.6, 1.9)]
FAILED: list[Bar] = [*ACCEPTED, (0.15, 0.2, 0.1)]


def made(bars: Sequence[Bar], *, mirrored: bool = False, volume: float = 10.0) -> list[Candle]:
    """Twelve candles about the middle, by turns wide and narrow, then these ones, or their mirror images."""
    wicks = [0.5, 0.05] * 6
    past = [
        candle(number, MIDDLE, high=MIDDLE + wick, low=MIDDLE - wick, volume=volume)
        for number, wick in enumerate(wicks)
    ]
    sign = -1 if mirrored else 1
    later: list[Candle] = []
    for number, (close, high, low) in enumerate(bars, len(wicks)):
        ends = sorted(round(MIDDLE + sign * end, 4) for end in (high, low))
        at = round(MIDDLE + sign * close, 4)
        later.append(candle(number, at, high=ends[1], low=ends[0], volume=volume))
    return [*past, *later]


def proposed(parameters: VolumeProfileParameters, candles: Sequence[Candle]) -> dict[int, Proposal]:
    return {bar: one for bar, one in enumerate(VolumeProfileTrading(parameters).scan(candles)) if one}


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_candle_that_an_edge_rejects_enters_back_to_the_point_of_control(mirrored: bool) -> None:
    (found,) = proposed(NIMBLE, made(REJECTED, mirrored=mirrored)).items()
    bar, one = found
    direction = Direction.LONG if mirrored else Direction.SHORT
    assert (bar, one.direction, one.intent) == (12, direction, Intent.ENTER)
    assert float(one.target) == pytest.approx(one.inputs["poc"])


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_second_close_beyond_an_edge_enters_away_from_it_and_a_close_within_exits(mirrored: bool) -> None:
    direction = Direction.SHORT if mirrored else Direction.LONG
    found = proposed(NIMBLE, made(FAILED, mirrored=mirrored))
    assert {bar: (one.direction, one.intent) for bar, one in found.items()} == {
        13: (direction, Intent.ENTER),
        14: (direction.opposite, Intent.EXIT),
    }


@pytest.mark.parametrize(
    ("bars", "changed"),
    [
        pytest.param(REJECTED, {"pierce_atrs": 3.0}, id="not far enough beyond the edge"),
        pytest.param([(0.15, 2.5, -2.5)], {}, id="beyond both edges"),
        pytest.param([(2.0, 2.5, 0.1)], {}, id="one close beyond the edge"),
        pytest.param([(2.0, 2.1, 0.1), (-2.0, 0.1, -2.1)], {}, id="closes beyond both edges in turn"),
        pytest.param(ACCEPTED, {"acceptance": 3}, id="too few closes beyond the edge"),
        pytest.param([(0.1, 0.2, 0.0)], {}, id="within the area"),
        pytest.param(REJECTED, {"trend": 20}, id="the long average has no value"),
        pytest.param(REJECTED, {"bars": 13}, id="the profile has too few bars"),
    ],
)
def test_each_rule_alone_prevents_a_proposal(bars: list[Bar], changed: dict[str, float]) -> None:
    assert not proposed(replace(NIMBLE, **changed), made(bars))


def test_without_volume_there_is_no_proposal() -> None:
    assert not proposed(NIMBLE, made(REJECTED, volume=0.0))


def test_levels_and_confidence_can_be_computed_again_from_the_inputs() -> None:
    parameters = replace(NIMBLE, rows=1024, pierce_atrs=0.1, stop_atrs=0.4)
    found = [
        one for one in proposed(parameters, traded(walk(4, 3_000), 4)).values() if one.intent is Intent.ENTER
    ]
    assert {bool(one.inputs["closes_outside"]) for one in found} == {True, False}
    for one in found:
        f, toward = one.inputs, 1 if one.direction is Direction.LONG else -1
        edge = f["value_high"] if toward == (1 if f["closes_outside"] else -1) else f["value_low"]
        if f["closes_outside"]:
            stop = edge - toward * 0.4 * f["atr"]
            target = f["close"] + toward * (f["value_high"] - f["value_low"])
            depth = toward * (f["close"] - edge)
        else:
            end = f["low"] if toward > 0 else f["high"]
            stop, target, depth = end - toward * 0.4 * f["atr"], f["poc"], toward * (edge - end)
        trend = np.clip((f["close"] - f["trend_ema"]) / (4 * f["atr"]), -1, 1)
        reward = abs(target - f["close"]) / abs(f["close"] - stop)
        confidence = 0.3 * min(1, depth / f["atr"]) + 0.2 * min(1, f["volume"] / f["volume_average"] / 2)
        confidence += 0.3 * min(1, reward / 2) + 0.2 * (0.5 + toward * trend / 2)
        assert (float(one.stop), float(one.target)) == pytest.approx((stop, target), abs=1e-9)
        assert one.trend == pytest.approx(trend)
        assert one.confidence == pytest.approx(confidence)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("bars", 1, "from 2 to 10000"),
        ("value_area", 1.0, "from 0.1 to 0.99"),
        ("rows", 15, "from 16 to 16384"),
        ("acceptance", 0, "from 1 to 100"),
        ("pierce_atrs", -1.0, "from 0 to 100"),
        ("stop_atrs", -1.0, "from 0 to 100"),
        ("atr", 1, "at least 2 bars"),
        ("trend", 1, "at least 2 bars"),
    ],
)
def test_an_invalid_parameter_is_refused_by_name(name: str, value: float, rule: str) -> None:
    with pytest.raises(InvalidSettings, match=f"strategy volume-profile: {name} must be {rule}, not {value}"):
        VolumeProfileTrading.from_parameters({name: value})
