"""The three rules of an impulse, the ratios of its waves, and the move that is expected next."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from domain.waves.count import WaveCount, best_count, count_of

# Heights 10, 5, 16.18, 6.18084 and 10, so that every ratio is one of those expected.
IDEAL = (100.0, 110.0, 105.0, 121.18, 121.18 - 0.382 * 16.18, 121.18 - 0.382 * 16.18 + 10.0)


def counted(points: Sequence[float], tolerance: float = 0.1) -> WaveCount | None:
    return best_count(points, 7, tolerance)


def mirrored(points: Sequence[float]) -> tuple[float, ...]:
    return tuple(200.0 - point for point in points)


@pytest.mark.parametrize("mirror", [False, True], ids=["up", "down"])
@pytest.mark.parametrize(
    ("waves", "expected", "move"), [(2, 1, 16.18), (4, 1, 10.0), (5, -1, 0.382 * (IDEAL[5] - IDEAL[0]))]
)
def test_an_ideal_impulse_is_counted_with_the_next_move(
    waves: int, expected: int, move: float, mirror: bool
) -> None:
    points = IDEAL[: waves + 1]
    count = counted(mirrored(points) if mirror else points)
    assert count is not None
    sign = -1 if mirror else 1
    assert (count.waves, count.impulse, count.expected, count.known) == (waves, sign, sign * expected, 7)
    assert count.confidence == pytest.approx(1.0)
    assert count.target == pytest.approx(count.points[-1] + count.expected * move)


@pytest.mark.parametrize("mirror", [False, True], ids=["up", "down"])
@pytest.mark.parametrize(
    ("points", "holds"),
    [
        ((100.0, 110.0, 99.0), False),
        ((100.0, 110.0, 100.0), False),
        ((100.0, 110.0, 100.1), True),
        ((100.0, 110.0, 105.0, 121.0, 109.9), False),
        ((100.0, 110.0, 105.0, 121.0, 110.0), False),
        ((100.0, 110.0, 105.0, 121.0, 110.1), True),
        ((100.0, 110.0, 104.0, 113.0, 110.5, 119.6), False),
        ((100.0, 110.0, 104.0, 113.0, 110.5, 119.5), True),
        ((100.0, 108.0, 104.0, 113.0, 110.5, 120.5), True),
    ],
    ids=[
        "wave 2 ends beyond the start of 1",
        "wave 2 ends at the start of 1",
        "wave 2 ends within 1",
        "wave 4 ends within wave 1",
        "wave 4 ends at the end of 1",
        "wave 4 ends beyond the end of 1",
        "wave 3 is shorter than 1 and 5",
        "wave 3 is as long as 5 and shorter than 1",
        "wave 3 is longer than 1 and shorter than 5",
    ],
)
def test_each_rule_alone_decides_whether_points_are_a_count(
    points: Sequence[float], holds: bool, mirror: bool
) -> None:
    assert (count_of(mirrored(points) if mirror else points, 0, 0.1) is not None) is holds


@pytest.mark.parametrize(
    ("second", "confidence"),
    [(105.0, 1.0), (106.18, 1.0), (104.75, 0.75), (104.5, 0.5), (101.0, 0.5)],
    ids=["half", "0.382", "half of the tolerance away", "the tolerance away", "far away"],
)
def test_confidence_falls_with_the_distance_from_the_nearest_ratio(second: float, confidence: float) -> None:
    # At a tolerance of 0.1, 0.525 is half of it from 0.5, and 0.55 is all of it; the next ratio is 0.618.
    count = count_of((100.0, 110.0, second), 0, 0.1)
    assert count is not None
    assert count.confidence == pytest.approx(confidence)


def test_confidence_is_the_mean_over_all_waves_but_the_first() -> None:
    # Wave 2 is ideal, 3 is 1.1 of 1 (the tolerance away from 1), 4 is half of 3.
    count = count_of((100.0, 110.0, 105.0, 116.0, 110.5), 0, 0.1)
    assert count is not None
    assert count.confidence == pytest.approx(0.5 + 0.5 * 2 / 3)


def test_a_fifth_wave_is_expected_to_be_no_longer_than_the_third() -> None:
    count = count_of((100.0, 110.0, 106.0, 114.0, 111.0), 0, 0.1)
    assert count is not None
    assert count.target == pytest.approx(119.0)


def test_of_several_counts_the_most_confident_is_taken() -> None:
    longer, shorter = (100.0, 110.0, 101.0, 121.0, 111.0), (101.0, 121.0, 111.0)
    whole = count_of(longer, 7, 0.1)
    assert whole is not None
    assert whole.confidence < 1.0
    assert counted(longer) == count_of(shorter, 7, 0.1)


def test_of_counts_with_equal_confidence_the_longest_is_taken() -> None:
    points = (100.0, 110.0, 101.0, 121.0, 119.8)
    whole, shorter = count_of(points, 7, 0.1), count_of(points[2:], 7, 0.1)
    assert whole is not None
    assert shorter is not None
    assert whole.confidence == shorter.confidence == 0.5
    assert counted(points) == whole


def test_fewer_than_three_points_make_no_count() -> None:
    assert counted((100.0, 110.0)) is None
    assert counted(()) is None
