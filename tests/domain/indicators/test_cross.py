"""Crosses: the changes of a spread that count as a cross, and the number of crosses in a recorded month."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from domain.indicators import Cross, crosses, ema
from tests.domain.tapes import closes_of


@pytest.mark.parametrize(
    ("spreads", "turns"),
    [
        ([-1.0, 1.0], [0, 1]),
        ([1.0, -1.0, 1.0], [0, -1, 1]),
        ([1.0, 2.0], [0, 0]),
        ([1.0], [0]),
        ([-1.0, 0.0, 1.0], [0, 0, 1]),
        ([-1.0, 0.0, -1.0], [0, 0, 0]),
        ([0.0, 0.0, 1.0], [0, 0, 0]),
        ([], []),
    ],
    ids=[
        "up",
        "down and up",
        "same side",
        "first side",
        "touches zero and goes on",
        "touches zero and goes back",
        "no side",
        "no bar",
    ],
)
def test_a_turn_is_reported_only_where_the_spread_changes_side(
    spreads: list[float], turns: list[int]
) -> None:
    stream = Cross()
    assert [stream.update(spread) for spread in spreads] == turns


def test_a_bar_without_a_value_is_on_neither_side() -> None:
    assert crosses(np.array([np.nan, -1.0, np.nan, 1.0])).tolist() == [0, 0, 0, 1]


def test_crosses_of_january_2022_match_the_golden_counts(market_data: Path) -> None:
    closes = closes_of(market_data / "btc_perp_1m_2022-01.csv")
    turns = crosses(ema(closes, 10, seed_bars=1) - ema(closes, 20, seed_bars=1))[20:]
    assert Counter(turns[turns != 0].tolist()) == {1: 1_033, -1: 1_034}
