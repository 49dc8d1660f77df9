"""ADWIN, held against river's implementation on random streams."""

# pyright: reportPrivateUsage=false
# river's public class forgets its window when a change was found; the helper behind it is the algorithm.

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from domain.drift.adwin import Adwin
from domain.errors import InvalidInput


def _stream(seed: int) -> list[float]:
    """2,000 values: a share that jumps, a mean that jumps four times, or no change."""
    chance = random.Random(seed)
    if seed % 3 == 0:
        return [float(chance.random() < (0.3 if at < 1_000 else 0.6)) for at in range(2_000)]
    if seed % 3 == 1:
        return [chance.gauss(0.5 * (at // 500 % 2), 1) for at in range(2_000)]
    return [chance.random() for _ in range(2_000)]


@pytest.mark.parametrize("every", [1, 32])
def test_the_change_points_and_widths_are_those_of_river(every: int) -> None:
    from river.drift import ADWIN  # its import takes 2 s, which each worker would take for its list of tests

    changes = 0
    make: Any = ADWIN
    for seed in range(9):
        ours = Adwin(0.002, every)
        theirs = make(delta=0.002, clock=every)._helper
        for at, value in enumerate(_stream(seed)):
            change = ours.add(value)
            assert (change is not None) == theirs.update(value), f"stream {seed}, value {at}"
            assert ours.width == theirs.get_width()
            changes += change is not None
    assert changes > 6


def test_the_mean_before_and_after_a_change_is_that_of_the_window() -> None:
    window = Adwin()
    means: list[tuple[float, float]] = []
    for at in range(640):
        change = window.add(float(at >= 320))
        if change is not None:
            means.append((change.before, change.after))
            assert (change.after, change.kept) == (window.mean, window.width)
    assert means[0][0] < 0.2
    assert all(before < after for before, after in means)
    assert means[-1][1] > 0.85


def test_a_constant_stream_has_no_change() -> None:
    window = Adwin(every=1)
    assert [window.add(0.25) for _ in range(500)] == [None] * 500
    assert window.width == 500


def test_a_stream_without_change_is_rarely_cut() -> None:
    """Ten streams of 1,000 values, 31 looks each, at 0.2 % a look and cut."""
    found = 0
    for seed in range(10):
        chance, window = random.Random(seed), Adwin()
        found += sum(window.add(chance.random()) is not None for _ in range(1_000))
    assert found == 0


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_value_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(InvalidInput, match="finite"):
        Adwin().add(value)
