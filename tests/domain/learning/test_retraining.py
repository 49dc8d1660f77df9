"""When a model is trained again, and when a challenger had its time."""

from __future__ import annotations

import pytest

from domain.learning.auto_settings import AutoSettings
from domain.learning.retraining import MICROSECONDS_PER_DAY as DAY
from domain.learning.retraining import due, is_overdue

SETTINGS = AutoSettings(every_days=7, every_trades=200)


@pytest.mark.parametrize(
    ("days", "trades", "reason"),
    [
        (6.9, 199, None),
        (7, 0, "7.0 days ago, the schedule is every 7"),
        (1, 200, "200 trades closed since the last model"),
    ],
)
def test_the_schedule_or_the_closed_trades_make_a_training_due(
    days: float, trades: int, reason: str | None
) -> None:
    found = due(int(days * DAY), 0, trades, SETTINGS)
    assert found is None if reason is None else reason in (found or "")


def test_the_first_model_is_due_at_once() -> None:
    assert due(0, None, 0, SETTINGS) == "no model was trained yet"


def test_a_rule_that_is_off_makes_nothing_due() -> None:
    off = AutoSettings(every_days=0, every_trades=0)
    assert due(1_000 * DAY, 0, 10_000, off) is None


def test_a_challenger_is_overdue_after_its_days() -> None:
    settings = AutoSettings(patience_days=60)
    assert [is_overdue(day * DAY, 0, settings) for day in (59, 60)] == [False, True]
    assert not is_overdue(1_000 * DAY, 0, AutoSettings(patience_days=0))
