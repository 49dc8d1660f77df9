"""The rate limit counts requests of the last seconds, by key."""

from __future__ import annotations

from limits import parse

from adapters.http.rate import Rate
from adapters.http.shared_rate import SharedRates, rates_file


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 1_000.0 * 60

    def __call__(self) -> float:
        return self.seconds


def counted(rate: Rate, times: int, key: str = "a") -> list[int]:
    return [rate.count(key) for _ in range(times)]


def test_requests_above_the_rate_wait_until_the_window_ends() -> None:
    clock = Clock()
    rate = Rate(parse("3/minute"), clock)
    clock.seconds += 20
    assert counted(rate, 5) == [0, 0, 0, 40, 40]


def test_each_key_has_its_own_rate() -> None:
    rate = Rate(parse("1/minute"), Clock())
    assert [counted(rate, 2, key) for key in "ab"] == [[0, 60], [0, 60]]


def test_the_window_before_counts_as_far_as_the_last_minute_covers_it() -> None:
    clock = Clock()
    rate = Rate(parse("4/minute"), clock)
    counted(rate, 4)
    clock.seconds += 60 + 30
    assert counted(rate, 3) == [0, 0, 15]
    clock.seconds += 15
    assert counted(rate, 2) == [0, 15]


def test_a_burst_at_the_change_of_windows_does_not_pass_twice() -> None:
    clock = Clock()
    rate = Rate(parse("100/minute"), clock)
    clock.seconds += 59.9
    assert sum(one == 0 for one in counted(rate, 200)) == 100
    clock.seconds += 0.2
    assert sum(one == 0 for one in counted(rate, 200)) <= 1


def test_a_key_that_is_idle_for_two_windows_starts_anew() -> None:
    clock = Clock()
    rate = Rate(parse("2/minute"), clock)
    counted(rate, 2)
    clock.seconds += 121
    assert counted(rate, 3) == [0, 0, 59]


def test_keys_that_are_idle_are_forgotten() -> None:
    clock = Clock()
    rate = Rate(parse("2/minute"), clock)
    for number in range(1_000):
        rate.count(str(number))
    clock.seconds += 120
    rate.count("now")
    assert rate.keys == 1


def test_rates_on_one_file_count_together_for_each_key_and_each_limit() -> None:
    with rates_file() as file:
        here, there = (SharedRates(file.fileno()) for _ in range(2))
        one, other, second = (
            rates.rate(parse(limit)) for rates, limit in ((here, "3/day"), (there, "3/day"), (there, "1/day"))
        )
        assert [one.count("a"), other.count("a"), one.count("a")] == [0, 0, 0]
        assert min(one.count("a"), other.count("a")) > 0
        assert other.count("b") == 0
        assert [second.count("a") > 0, second.count("a") > 0] == [False, True]


def test_a_shared_window_ends_as_one_in_memory_does() -> None:
    clock = Clock()
    with rates_file() as file:
        rate = SharedRates(file.fileno(), clock).rate(parse("3/minute"))
        clock.seconds += 20
        assert counted(rate, 5) == [0, 0, 0, 40, 40]
        clock.seconds += 40 + 31
        assert counted(rate, 3)[:2] == [0, 0]


def test_a_full_file_forgets_the_key_that_is_over_first() -> None:
    with rates_file() as file:
        rate = SharedRates(file.fileno()).rate(parse("1/day"))
        assert [rate.count(str(number)) for number in range(20_000)] == [0] * 20_000
        assert rate.count("19999") > 0
