"""The times between recorded events, at a multiple of their speed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from infra.run.recorded_pace import RecordedPace
from tests.schemas.samples import NOON


class Clock:
    """A clock that moves where it is waited for, or where a test moves it."""

    def __init__(self) -> None:
        self.now, self.waited = 100.0, list[float]()

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += seconds


def test_events_are_as_far_apart_as_they_were_recorded_divided_by_the_speed() -> None:
    clock = Clock()
    pace = RecordedPace(10, clock.wait, clock)
    for seconds in (0, 60, 60, 90):
        pace.wait_for(NOON + timedelta(seconds=seconds))
    assert clock.waited == pytest.approx([6.0, 3.0])


def test_the_time_that_showing_takes_is_not_added() -> None:
    clock = Clock()
    pace = RecordedPace(1, clock.wait, clock)
    pace.wait_for(NOON)
    clock.now += 4
    pace.wait_for(NOON + timedelta(seconds=5))
    clock.now += 4
    pace.wait_for(NOON + timedelta(seconds=6))
    assert clock.waited == pytest.approx([1.0])
