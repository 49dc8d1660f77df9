"""A clock is judged by the quickest of several queries, and a slow query is not blamed on the clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.clock_reading import ClockReading, check_clock
from domain.errors import Refused


def reading(ahead: float, round_trip: float) -> ClockReading:
    """Both in seconds."""
    return ClockReading(timedelta(seconds=ahead), timedelta(seconds=round_trip))


def test_a_first_query_that_agrees_is_the_only_one() -> None:
    readings = iter([reading(0.9, 0.02)])
    check_clock(lambda: next(readings))


def test_a_slow_query_of_a_right_clock_is_followed_by_a_quicker_one_that_counts() -> None:
    readings = iter([reading(-1.6, 3.2), reading(1.2, 2.5), reading(0.01, 0.1)])
    check_clock(lambda: next(readings))


def test_of_two_queries_the_quicker_counts_although_the_slower_agrees() -> None:
    readings = iter([reading(2, 0.1), reading(0, 4), reading(2, 0.2), reading(2, 0.3), reading(2, 0.4)])
    with pytest.raises(
        Refused, match=r"2 s behind .*give or take 0\.05 s \(the quickest of 5 queries took 0\.1 s\)"
    ):
        check_clock(lambda: next(readings))


def test_a_difference_within_the_bound_of_every_query_is_no_fault_of_the_clock() -> None:
    with pytest.raises(Refused, match="too slow to compare the clocks") as raised:
        check_clock(lambda: reading(1.6, 3.2))
    assert "NTP" not in str(raised.value)


def test_the_fault_names_whose_clock_differs() -> None:
    with pytest.raises(Refused, match="behind the broker's, give or take"):
        check_clock(lambda: reading(5, 0.01), "the broker's")
