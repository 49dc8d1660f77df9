"""The back-off of a private socket."""

from __future__ import annotations

import pytest

from adapters.back_off import pause
from adapters.bybit.pace import (
    APART,
    MARKET_SHARE,
    PRIVATE_SHARE,
    TRADE_SHARE,
    WINDOW,
    Turns,
    next_turn,
)


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


@pytest.mark.parametrize(
    ("share", "apart"), [(PRIVATE_SHARE, 0.0), (TRADE_SHARE, 0.0), (MARKET_SHARE, APART)]
)
def test_connections_stay_within_the_share_whatever_fails(share: int, apart: float) -> None:
    """Failures at once, with the shortest pauses."""
    now, connects, turns = 0.0, list[float](), Turns(share, apart)
    while now < 3 * WINDOW:
        now += turns.take(now) + 0.01
        connects.append(now)
    busiest = max(sum(start <= one < start + WINDOW - 0.1 for one in connects) for start in connects)
    assert busiest <= share


def test_the_shares_together_are_below_the_limit_of_an_address_where_pybit_tries_twice_for_each() -> None:
    assert 2 * (PRIVATE_SHARE + TRADE_SHARE + MARKET_SHARE) < 500


@pytest.mark.parametrize(
    ("turns", "now", "apart", "at"),
    [
        ([], 5.0, 1.0, 5.0),
        ([5.0], 5.0, 1.0, 6.0),
        ([1.0], 5.0, 1.0, 5.0),
        ([1.0, 2.0], 5.0, 0.0, 5.0),
        ([1.0, 2.0, 3.0], 5.0, 0.0, 301.0),
        ([1.0, 2.0, 3.0], 400.0, 0.0, 400.0),
        ([1.0, 2.0, 3.0, 301.0], 5.0, 0.0, 302.0),
    ],
)
def test_a_turn_keeps_its_distance_and_waits_until_the_oldest_of_the_window_is_over(
    turns: list[float], now: float, apart: float, at: float
) -> None:
    assert next_turn(turns, now, 3, apart) == at
