"""Losses in a row: a loss adds, a gain ends the row, and a result of zero changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.limits.settings import MOST_LOSSES
from domain.owner import PERSON
from domain.pause import NO_LOSSES, EntriesPaused, EntriesResumed, Pause, Streak, after_close, evolve
from domain.streams import pause_stream
from tests.domain.history import ACCOUNT, NOW, D, a_closing, a_decision, a_signal, an_open_day, an_opening

PAUSED = EntriesPaused(owner="trend", losses=2, net=D(-3), positions=("a", "b"), until=NOW)


@pytest.mark.parametrize(
    ("results", "losses", "net"),
    [
        ((-1, -2), 2, -3),
        ((-1, 0, -2), 2, -3),
        ((-1, 5), 0, 0),
        ((-1, 5, -2), 1, -2),
        ((0,), 0, 0),
    ],
)
def test_losses_in_a_row_are_counted(results: tuple[int, ...], losses: int, net: int) -> None:
    streak = NO_LOSSES
    for number, result in enumerate(results):
        streak = after_close(streak, str(number), D(result))
    assert (streak.losses, streak.net) == (losses, D(net))


def test_the_streams_of_the_last_losses_are_kept_and_all_are_counted() -> None:
    streak = NO_LOSSES
    for number in range(MOST_LOSSES + 3):
        streak = after_close(streak, str(number), D(-1))
    assert streak.losses == MOST_LOSSES + 3
    assert streak.positions == tuple(str(number) for number in range(3, MOST_LOSSES + 3))


def test_a_pause_is_over_at_its_time_and_one_without_a_time_never() -> None:
    pause = evolve(None, PAUSED)
    assert pause == Pause(owner="trend", losses=2, net=D(-3), until=NOW)
    assert pause is not None
    assert pause.is_over(NOW)
    assert not pause.is_over(NOW - timedelta(microseconds=1))
    assert not Pause(owner="", losses=2, net=D(-3), until=None).is_over(NOW + timedelta(days=9_999))
    assert evolve(pause, EntriesResumed("trend")) is None


def test_the_portfolio_counts_for_the_account_and_for_the_strategy_and_a_resumption_ends_the_row() -> None:
    history = (
        an_open_day().signal(a_signal(), a_decision()).position(an_opening(), a_closing(D(-5), D(9_995)))
    )
    stream = f"position-{ACCOUNT}-{an_opening().instrument}-LONG-1"
    row = Streak(1, D(-5), (stream,))
    assert history.portfolio().streaks == {"": row, "trend": row}
    history.record(pause_stream(ACCOUNT, "trend"), PAUSED)
    assert history.portfolio().pauses.keys() == {"trend"}
    history.record(pause_stream(ACCOUNT, "trend"), EntriesResumed("trend"))
    assert history.portfolio().streaks == {"": row}
    assert not history.portfolio().pauses


def test_a_persons_loss_counts_for_the_account_alone() -> None:
    history = an_open_day().position(an_opening(), a_closing(D(-5), D(9_995)))
    portfolio = history.portfolio()
    assert PERSON not in portfolio.streaks
    assert portfolio.streaks[""].losses == 1
