"""The triple barrier: each barrier with its fill and costs, and a plain loop on random candles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.candle import Candle
from domain.direction import Direction
from domain.features.barriers import Barriers, Costs, Prices, micros
from domain.signal import SignalDetected
from tests.domain.features.markets import FIVE, a_market
from tests.domain.history import ETH, NOW, D, a_signal
from tests.replacing import replace

FREE = Costs(taker=0.0, maker=0.0, slippage=0.0)
COSTS = Costs(taker=0.001, maker=0.0002, slippage=0.0005)
HOUR = timedelta(hours=1)
LONG = a_signal(instrument=ETH, price=D(100), stop=D(98), target=D(106))
SHORT = a_signal(instrument=ETH, price=D(100), stop=D(102), target=D(94), direction=Direction.SHORT)


def candles(*bars: tuple[float, float, float, float]) -> Sequence[Candle]:
    """Candles of five minutes from `NOW` on, each open, high, low and close."""
    return [
        Candle(
            instrument=ETH,
            interval=FIVE,
            open_time=NOW + number * FIVE,
            open=D(str(bar[0])),
            high=D(str(bar[1])),
            low=D(str(bar[2])),
            close=D(str(bar[3])),
            volume=D(1),
        )
        for number, bar in enumerate(bars)
    ]


def resolved(
    signal: SignalDetected,
    *bars: tuple[float, float, float, float],
    costs: Costs = FREE,
    limit: timedelta = HOUR,
) -> Barriers | None:
    return Prices(candles(*bars)).first_barrier(signal, NOW, limit, costs)


QUIET = (101.0, 102.0, 100.0, 101.0)


@pytest.mark.parametrize(
    ("signal", "bars", "price", "stopped", "closes"),
    [
        (LONG, (QUIET, (101, 103, 97, 99)), 98, True, 2),
        (LONG, (QUIET, (101, 106, 100, 105)), 106, False, 2),
        (LONG, (QUIET, (101, 107, 97, 105)), 98, True, 2),
        (LONG, (QUIET, (96, 97, 95, 96)), 96, True, 2),
        (LONG, (QUIET, (108, 109, 107, 108)), 108, False, 2),
        (LONG, ((101, 102, 97, 99),), 98, True, 1),
        (LONG, ((97, 99, 96, 99),), 97, True, 1),
        (SHORT, ((99, 101, 98, 99), (99, 103, 98, 99)), 102, True, 2),
        (SHORT, ((99, 101, 98, 99), (99, 100, 93, 95)), 94, False, 2),
        (SHORT, ((99, 101, 98, 99), (104, 105, 103, 104)), 104, True, 2),
    ],
    ids=[
        "a long stops at its stop",
        "a long takes its target",
        "both in one candle are the stop",
        "an open below the stop fills there",
        "an open above the target fills there",
        "the candle of the entry reaches the stop",
        "an entry beyond its stop ends at once",
        "a short stops at its stop",
        "a short takes its target",
        "an open above a short's stop fills there",
    ],
)
def test_the_first_barrier_ends_the_trade(
    signal: SignalDetected,
    bars: Sequence[tuple[float, float, float, float]],
    price: float,
    stopped: bool,
    closes: int,
) -> None:
    way = 1 if signal.direction is Direction.LONG else -1
    found = resolved(signal, *bars)
    assert found is not None
    assert found.net == pytest.approx(way * (price - bars[0][0]) / bars[0][0])
    assert (found.stopped, found.resolved_at) == (stopped, micros(NOW + closes * FIVE))


def test_after_the_time_limit_the_trade_ends_at_a_close() -> None:
    found = resolved(LONG, *[QUIET] * 3, (101, 103, 100, 103), QUIET, limit=4 * FIVE)
    assert found is not None
    assert found.net == pytest.approx(103 / 101 - 1)
    assert (found.stopped, found.resolved_at) == (False, micros(NOW + 4 * FIVE))


def test_candles_that_end_before_a_barrier_give_no_result() -> None:
    assert resolved(LONG, QUIET, QUIET) is None
    assert resolved(LONG, QUIET, (101, 107, 100, 105)) is not None


def test_a_signal_without_a_candle_after_it_gives_no_result() -> None:
    (only,) = candles(QUIET)
    late = replace(only, open_time=NOW + 2 * FIVE)
    assert Prices([only]).first_barrier(LONG, only.close_time, HOUR, FREE) is None
    assert Prices([only, late]).first_barrier(LONG, NOW - FIVE, FIVE, FREE) is not None
    assert Prices([late]).first_barrier(LONG, NOW, FIVE, FREE) is None


def test_costs_are_those_of_takers_and_of_makers_at_the_target() -> None:
    target = resolved(LONG, (100, 107, 99, 105), costs=COSTS)
    stop = resolved(LONG, (100, 101, 97, 99), costs=COSTS)
    short = resolved(SHORT, (100, 103, 99, 101), costs=COSTS)
    assert target is not None and stop is not None and short is not None  # noqa: PT018
    bought, sold = 100 * 1.0005, 100 * 0.9995
    assert target.net == pytest.approx((106 - bought - 0.001 * bought - 0.0002 * 106) / bought)
    left = 98 * 0.9995
    assert stop.net == pytest.approx((left - bought - 0.001 * bought - 0.001 * left) / bought)
    left = 102 * 1.0005
    assert short.net == pytest.approx((sold - left - 0.001 * sold - 0.001 * left) / sold)


def plainly(signal: SignalDetected, bars: Sequence[Candle], limit: timedelta) -> tuple[float, bool] | None:
    """The gross result by a loop over the candles from the entry on."""
    entry, way = float(bars[0].open), 1 if signal.direction is Direction.LONG else -1
    for bar in bars:
        opened, high, low = float(bar.open), float(bar.high), float(bar.low)
        worst, best = (low, high) if way > 0 else (high, low)
        if way * (worst - float(signal.stop)) <= 0:
            return way * (way * min(way * opened, way * float(signal.stop)) - entry) / entry, True
        if way * (best - float(signal.target)) >= 0:
            return way * (way * max(way * opened, way * float(signal.target)) - entry) / entry, False
        if bar.close_time >= bars[0].open_time + limit:
            return way * (float(bar.close) - entry) / entry, False
    return None


@given(
    st.integers(0, 280),
    st.sampled_from(Direction),
    st.floats(0.001, 0.02),
    st.floats(0.001, 0.03),
    st.integers(1, 300),
)
@settings(max_examples=60, deadline=None)
def test_barriers_equal_a_loop_also_where_their_windows_overlap(
    place: int, direction: Direction, stop: float, target: float, minutes: int
) -> None:
    tape = _TAPE
    way = 1 if direction is Direction.LONG else -1
    price = tape[place].close
    signal = a_signal(
        instrument=ETH,
        direction=direction,
        price=price,
        stop=price * D(str(round(1 - way * stop, 6))),
        target=price * D(str(round(1 + way * target, 6))),
    )
    at, limit = tape[place].close_time, timedelta(minutes=minutes)
    found = _PRICES.first_barrier(signal, at, limit, FREE)
    expected = plainly(signal, tape[place + 1 :], limit)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert found.net == pytest.approx(expected[0])
        assert found.stopped == expected[1]


_TAPE = a_market(7, 300)[ETH]
_PRICES = Prices(_TAPE)
