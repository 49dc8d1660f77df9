"""How long readers have been behind a log, by a clock that the test sets."""

from __future__ import annotations

from adapters.metrics.lateness import Lateness


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_reader_at_the_head_is_not_late() -> None:
    assert Lateness(Clock()).look(7, [7]) == {7: 0}
    assert Lateness(Clock()).look(0, [0]) == {0: 0}


def test_a_stopped_reader_gets_later_even_while_the_log_does_not_grow() -> None:
    clock = Clock()
    lateness = Lateness(clock)
    assert lateness.look(10, [7]) == {7: 0}
    clock.now += 15
    assert lateness.look(10, [7]) == {7: 15}


def test_a_reader_is_late_since_the_first_event_that_it_has_not_read() -> None:
    clock = Clock()
    lateness = Lateness(clock)
    lateness.look(10, [5])
    clock.now += 15
    lateness.look(20, [5, 10])
    clock.now += 15
    assert lateness.look(30, [5, 10, 20, 30]) == {5: 30, 10: 15, 20: 0, 30: 0}


def test_a_reader_that_keeps_up_is_not_late_at_any_look() -> None:
    clock = Clock()
    lateness = Lateness(clock)
    for head in range(100, 2_000, 100):
        assert lateness.look(head, [head - 100])[head - 100] == 0
        clock.now += 15


def test_the_time_of_a_head_that_every_reader_has_reached_is_forgotten() -> None:
    clock = Clock()
    lateness = Lateness(clock)
    lateness.look(100, [50])
    clock.now += 15
    lateness.look(100, [100])
    clock.now += 15
    assert lateness.look(100, [50]) == {50: 0}


def test_a_reader_rebuilt_from_zero_is_late_from_its_rebuild_on() -> None:
    clock = Clock()
    lateness = Lateness(clock)
    lateness.look(10, [10])
    clock.now += 60
    assert lateness.look(10, [0]) == {0: 0}
    clock.now += 5
    assert lateness.look(10, [0]) == {0: 5}
