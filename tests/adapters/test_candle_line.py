"""The line of closed candles: each once, in order, without a hole, whatever stream and queries bring."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.candle_line import CandleLine, Hole
from domain.candle import Candle

NOON, MINUTE = datetime(2026, 1, 1, 12, tzinfo=UTC), timedelta(minutes=1)
D = Decimal


def candle(minute: int, close: str = "100") -> Candle:
    return Candle(
        instrument="BTCUSDT-LINEAR.BYBIT",
        interval=MINUTE,
        open_time=NOON + minute * MINUTE,
        open=D(100),
        high=max(D(100), D(close)),
        low=min(D(100), D(close)),
        close=D(close),
        volume=D(1),
    )


def line() -> CandleLine:
    return CandleLine(MINUTE, NOON)


def hole(first: int, last: int) -> Hole:
    return Hole(NOON + first * MINUTE, NOON + last * MINUTE)


def minutes(candles: list[Candle]) -> list[int]:
    return [(one.open_time - NOON) // MINUTE for one in candles]


@pytest.mark.parametrize(
    ("pushed", "returned"),
    [
        ([0, 1, 2], [[0], [1], [2]]),
        ([1, 0], [[], [0, 1]]),
        ([0, 0, 1], [[0], [], [1]]),
        ([-1, 0], [[], [0]]),
        ([0, 2, 3, 1], [[0], [], [], [1, 2, 3]]),
    ],
    ids=["in order", "reordered", "twice", "from before the start", "one is missing at first"],
)
def test_pushed_candles_are_returned_in_order(pushed: list[int], returned: list[list[int]]) -> None:
    taken = line()
    assert [minutes(taken.push(candle(minute))) for minute in pushed] == returned


@pytest.mark.parametrize(
    ("pushed", "late", "missing"),
    [
        ([], 59, None),
        ([], 60, hole(0, 1)),
        ([], 200, hole(0, 3)),
        ([0], 119, None),
        ([0], 120, hole(1, 2)),
        ([2], 0, hole(0, 2)),
        ([0, 2], 400, hole(1, 2)),
        ([0], -900, None),
    ],
)
def test_a_hole_is_before_a_pushed_candle_or_up_to_the_time(
    pushed: list[int], late: int, missing: Hole | None
) -> None:
    taken = line()
    for minute in pushed:
        taken.push(candle(minute))
    assert taken.hole(NOON + timedelta(seconds=late)) == missing


def test_fetched_candles_fill_a_hole_and_what_waited_follows() -> None:
    taken = line()
    taken.push(candle(2))
    assert minutes(taken.fetched(hole(0, 2), [candle(0), candle(1)], later=False)) == [0, 1, 2]
    assert taken.push(candle(1)) == []
    assert taken.differences == []


def test_a_fetched_candle_that_differs_from_a_waiting_one_is_noted_and_not_used() -> None:
    taken = line()
    taken.push(candle(1, "101"))
    due = taken.fetched(hole(0, 1), [candle(0), candle(1, "102")], later=False)
    assert [one.close for one in due] == [D(100), D(101)]
    assert [(one.unused.close, one.used.close) for one in taken.differences] == [(D(102), D(101))]


def test_a_pushed_candle_that_differs_from_the_returned_one_is_noted_and_not_returned() -> None:
    taken = line()
    taken.fetched(hole(0, 1), [candle(0, "102")], later=False)
    assert taken.push(candle(0, "101")) == []
    assert [(one.unused.close, one.used.close) for one in taken.differences] == [(D(101), D(102))]


@pytest.mark.parametrize(("later", "returned"), [(False, [0]), (True, [0, 2, 4])])
def test_a_candle_that_the_venue_does_not_have_is_waited_for_until_a_later_one_is_closed(
    later: bool, returned: list[int]
) -> None:
    taken = line()
    taken.push(candle(4))
    assert minutes(taken.fetched(hole(0, 4), [candle(0), candle(2)], later=later)) == returned
    assert taken.absent == ([hole(1, 2), hole(3, 4)] if later else [])


@pytest.mark.parametrize("seed", range(20))
def test_random_pushes_and_queries_return_every_candle_once(seed: int) -> None:
    chance, taken, returned = random.Random(seed), line(), list[Candle]()
    for now in range(1, 60):
        for minute in chance.choices(range(now), k=chance.randrange(3)):
            returned += taken.push(candle(minute))
        missing = taken.hole(NOON + now * MINUTE)
        if missing is not None and chance.random() < 0.3:
            until = (missing.until - NOON) // MINUTE
            found = [candle(minute) for minute in range(until) if chance.random() < 0.8]
            returned += taken.fetched(missing, found, later=False)
    last = taken.hole(NOON + 60 * MINUTE)
    if last is not None:
        returned += taken.fetched(last, [candle(minute) for minute in range(60)], later=False)
    assert minutes(returned) == list(range(60))
