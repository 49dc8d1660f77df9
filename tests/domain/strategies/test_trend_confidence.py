"""The scores of an entry: each is within its scale, and each alone changes the confidence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.direction import Direction
from domain.strategies.trend_parameters import TrendParameters
from domain.strategies.trend_reading import TrendReading, TrendScores
from tests.replacing import replace

DEFAULTS = TrendParameters()
READING = TrendReading(
    close=102.0,
    fast_ema=100.05,
    slow_ema=100.0,
    trend_ema=100.0,
    rsi=60.0,
    adx=24.0,
    plus_di=25.0,
    minus_di=15.0,
    atr=1.0,
)
unit = st.floats(0.0, 1.0)
percent = st.floats(0.0, 100.0)
readings = st.builds(
    TrendReading,
    *[st.floats(1e-6, 1e6)] * 4,
    rsi=percent,
    adx=percent,
    plus_di=percent,
    minus_di=percent,
    atr=st.floats(1e-6, 1e6),
)


def test_scores_of_a_long_equal_a_worked_example() -> None:
    scores = READING.scores(Direction.LONG, DEFAULTS)
    assert (scores.strength, scores.room, scores.agreement) == (0.8, 0.5, 0.75)
    assert scores.decision == pytest.approx(0.5)
    assert scores.confidence == pytest.approx(0.35 * 0.8 + 0.20 * 0.5 + 0.15 * 0.5 + 0.30 * 0.75)


def test_scores_of_a_short_equal_a_worked_example() -> None:
    scores = READING.scores(Direction.SHORT, DEFAULTS)
    assert (scores.room, scores.agreement) == (1.0, 0.25)


@pytest.mark.parametrize(
    ("change", "direction", "agrees"),
    [
        ({}, Direction.LONG, True),
        ({"adx": 20.0}, Direction.LONG, True),
        ({"adx": 19.999}, Direction.LONG, False),
        ({"rsi": 70.0}, Direction.LONG, False),
        ({"minus_di": 25.0}, Direction.LONG, False),
        ({}, Direction.SHORT, False),
        ({"minus_di": 26.0}, Direction.SHORT, True),
        ({"minus_di": 26.0, "rsi": 30.0}, Direction.SHORT, False),
        ({"minus_di": 26.0, "rsi": 75.0}, Direction.SHORT, True),
    ],
)
def test_a_reading_agrees_only_if_both_filters_pass(
    change: dict[str, float], direction: Direction, agrees: bool
) -> None:
    assert replace(READING, **change).agrees(direction, DEFAULTS) is agrees


@pytest.mark.parametrize(
    ("close", "trend"), [(102.0, 0.5), (104.0, 1.0), (150.0, 1.0), (99.0, -0.25), (90.0, -1.0)]
)
def test_the_trend_is_the_distance_from_the_long_average_in_atrs(close: float, trend: float) -> None:
    assert replace(READING, close=close).trend == trend


@pytest.mark.parametrize("missing", ["slow_ema", "trend_ema", "rsi", "adx", "plus_di", "atr"])
def test_a_reading_with_a_missing_figure_is_not_usable(missing: str) -> None:
    assert READING.usable
    assert not replace(READING, **{missing: float("nan")}).usable


@given(reading=readings, direction=st.sampled_from(Direction))
def test_scores_are_within_their_scales(reading: TrendReading, direction: Direction) -> None:
    scores = reading.scores(direction, DEFAULTS)
    figures = (scores.strength, scores.decision, scores.room, scores.agreement, scores.confidence)
    assert all(0.0 <= figure <= 1.0 for figure in figures)
    assert -1.0 <= reading.trend <= 1.0


@pytest.mark.parametrize("score", ["strength", "decision", "room", "agreement"])
@given(values=st.tuples(unit, unit, unit, unit), more=unit)
def test_a_higher_score_never_lowers_the_confidence(
    score: str, values: tuple[float, float, float, float], more: float
) -> None:
    scores = TrendScores(*values)
    better = replace(scores, **{score: max(more, getattr(scores, score))})
    assert better.confidence >= scores.confidence


@pytest.mark.parametrize("score", ["strength", "decision", "room", "agreement"])
def test_each_score_alone_raises_the_confidence(score: str) -> None:
    none = TrendScores(0.0, 0.0, 0.0, 0.0)
    assert replace(none, **{score: 1.0}).confidence > none.confidence


def test_full_scores_give_full_confidence() -> None:
    assert TrendScores(1.0, 1.0, 1.0, 1.0).confidence == pytest.approx(1.0)
