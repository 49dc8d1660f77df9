"""The longest streaks of trades."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from projections.streaks import Streaks, longest_streaks


@pytest.mark.parametrize(
    ("nets", "streaks"),
    [
        pytest.param((), Streaks(0, 0), id="no trade"),
        pytest.param((5,), Streaks(1, 0), id="one win"),
        pytest.param((1, 2, -1, -1, -2, 3), Streaks(2, 3), id="wins and losses"),
        pytest.param((1, 0, 1, 1, 0, -1, 0, -1), Streaks(2, 1), id="a result of 0 ends a streak"),
        pytest.param((0, 0, 0), Streaks(0, 0), id="results of 0 alone"),
    ],
)
def test_the_longest_streaks_are_counted_in_the_order_of_the_closes(
    nets: Sequence[int], streaks: Streaks
) -> None:
    assert longest_streaks(map(Decimal, nets)) == streaks
