"""The back-off of a private socket."""

from __future__ import annotations

import pytest

from adapters.bybit.pace import MOST, WINDOW, pause, until_allowed


@pytest.mark.parametrize(
    ("failures", "chance", "seconds"),
    [
        (0, 1.0, 0.0),
        (1, 0.0, 0.25),
        (1, 1.0, 0.5),
        (2, 1.0, 1.0),
        (5, 0.0, 4.0),
        (8, 1.0, 60.0),
        (10_000, 1.0, 60.0),
    ],
)
def test_the_pause_doubles_with_each_failure_and_is_bounded(
    failures: int, chance: float, seconds: float
) -> None:
    assert pause(failures, 0.5, 60, chance) == seconds


def test_connections_stay_within_the_limit_whatever_fails() -> None:
    """Failures at once, with the shortest pauses: pybit tries twice for each connection."""
    now, connects = 0.0, list[float]()
    while now < 3 * WINDOW:
        now += max(until_allowed(connects, now), 0.01)
        connects.append(now)
    busiest = max(sum(start <= one < start + WINDOW for one in connects) for start in connects[::50])
    assert 2 * busiest <= 2 * MOST < 500


def test_another_connection_waits_until_the_oldest_of_the_window_is_over() -> None:
    assert until_allowed([float(number) for number in range(MOST)], 300.0) == 0.0
    assert until_allowed([10.0 + number / 1024 for number in range(MOST)], 20.0) == 290.0
