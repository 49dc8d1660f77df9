"""The days of a search: no search sees a day of the test that follows it, or one that is held out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.tapes import synthetic_tape
from domain.errors import InvalidInput
from infra.search.parts import Division, days_of, division_of
from tests.replacing import replace

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)


def divided(days: int, held_out: str = "0.2", folds: int = 3, *, needs_days: bool = False) -> Division:
    end = BEGIN + timedelta(days=days)
    return division_of(BEGIN, end, Decimal(held_out), folds, needs_days=needs_days)


@pytest.mark.parametrize(
    ("days", "held_out", "folds"), [(91, "0.2", 3), (90, "0.25", 4), (7, "0.1", 2), (10, "0", 5)]
)
def test_every_test_follows_its_training_and_nothing_reaches_what_is_held_out(
    days: int, held_out: str, folds: int
) -> None:
    found = divided(days, held_out, folds)
    assert len(found.folds) == folds
    before = found.folds[0].training.end
    for fold in found.folds:
        assert fold.training.begin == BEGIN
        assert fold.training.end == fold.test.begin == before  # the tests join
        assert fold.test.days >= 1
        before = fold.test.end
    assert before == found.training.end
    lengths = [fold.test.days for fold in found.folds]
    assert max(lengths) - min(lengths) <= 1
    end = BEGIN + timedelta(days=days)
    if found.held_out is None:
        assert (held_out, found.training.end) == ("0", end)
    else:
        assert (found.held_out.begin, found.held_out.end) == (found.training.end, end)


def test_the_documented_days() -> None:
    found = divided(91)
    assert [one.days for one in found.all] == [36, 48, 60, 72, 12, 12, 12, 19]
    assert found.training.spelled == "2025-01-01 to 2025-03-13"


def test_without_folds_the_search_is_of_all_but_the_days_that_are_held_out() -> None:
    found = divided(40, "0.25", 0)
    assert [(one.name, one.days) for one in found.all] == [("training", 30), ("held out", 10)]


def test_days_count_from_the_first_candle_to_the_last_close() -> None:
    (tape,) = synthetic_tape(4, ["BTCUSDT"], candles=600)
    first = tape.candles[0].open_time
    begin, end = days_of([tape])
    assert begin <= first < begin + timedelta(days=1)
    assert end - timedelta(days=1) < tape.candles[-1].close_time <= end
    whole = replace(
        tape, candles=tuple(one for one in tape.candles if one.close_time <= end - timedelta(days=1))
    )
    assert days_of([whole])[1] == end - timedelta(days=1)  # a close at midnight begins no day


@pytest.mark.parametrize(
    ("days", "held_out", "folds", "needs_days"),
    [
        (50, "0.2", 3, True),
        (3, "0.5", 2, False),
        (1, "0.5", 0, False),
        (4, "0.9", 0, False),
        (7, "0.2", 4, False),
    ],
)
def test_too_few_days_are_refused_with_what_to_do(
    days: int, held_out: str, folds: int, needs_days: bool
) -> None:
    with pytest.raises(
        InvalidInput, match=r"days are too few.*give more candles, hold out less, or test in fewer"
    ):
        divided(days, held_out, folds, needs_days=needs_days)
