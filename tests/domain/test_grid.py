"""A grid's numbers, its worst case, and what it holds of its signal."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.direction import Direction
from domain.grid import (
    Grid,
    GridLevel,
    RunningGrid,
    chain_of,
    entry_number,
    is_in_order,
    net_gain,
    on_ticks,
    worst_loss,
)
from tests.domain.history import BTC, NOW, D

LONG = Grid(
    levels=(GridLevel(D(99), D(100)), GridLevel(D(98), D(99)), GridLevel(D(97), D(98))),
    rounds=2,
    lifetime_seconds=3_600,
)
SHORT = Grid(levels=(GridLevel(D(101), D(100)), GridLevel(D(102), D(101))), rounds=1, lifetime_seconds=60)


def test_numbers_go_round_the_levels_and_end_after_the_last_round() -> None:
    assert [LONG.level(number).price for number in range(1, 7)] == [99, 98, 97, 99, 98, 97]
    assert [LONG.next_number(number) for number in range(1, 7)] == [4, 5, 6, None, None, None]
    assert LONG.last_number == 6


def test_chain_and_number_are_read_from_an_order_id() -> None:
    assert (chain_of("nsvwda8dgah11-t12"), entry_number("nsvwda8dgah11-t12")) == ("nsvwda8dgah11", 12)


def test_the_worst_loss_is_that_of_every_level_stopped_with_the_fees_in_and_out() -> None:
    """3 + 2 + 1 to the stop at 96, and 0.001 of 99 + 98 + 97 + 3 * 96 = 582 in fees."""
    assert worst_loss(LONG, D(96), D("0.001")) == D("6.582")
    assert worst_loss(SHORT, D(103), D("0.001")) == D("3.409")


def test_the_net_gain_is_that_of_every_level_at_its_target_once() -> None:
    assert net_gain(LONG, Direction.LONG, D("0.001")) == D("2.409")
    assert net_gain(SHORT, Direction.SHORT, D("0.001")) == D("1.596")


def test_prices_are_rounded_down_for_a_long_and_up_for_a_short() -> None:
    level = Grid(levels=(GridLevel(D("99.57"), D("100.01")),), rounds=1, lifetime_seconds=60)
    assert on_ticks(level, Direction.LONG, D("0.1")).levels == (GridLevel(D("99.5"), D("100.0")),)
    assert on_ticks(level, Direction.SHORT, D("0.1")).levels == (GridLevel(D("99.6"), D("100.1")),)


@pytest.mark.parametrize(
    ("grid", "direction", "price", "stop", "stands"),
    [
        pytest.param(LONG, Direction.LONG, 100, 96, True, id="a long grid between its stop and the price"),
        pytest.param(LONG, Direction.LONG, 99, 96, False, id="a level at the price"),
        pytest.param(LONG, Direction.LONG, 100, 97, False, id="a level at the stop"),
        pytest.param(LONG, Direction.SHORT, 100, 96, False, id="a long grid in a short"),
        pytest.param(
            SHORT, Direction.SHORT, 100, 103, True, id="a short grid between the price and its stop"
        ),
        pytest.param(SHORT, Direction.SHORT, 100, 102, False, id="a level at the stop of a short"),
    ],
)
def test_levels_lead_strictly_from_the_price_to_the_stop(
    grid: Grid, direction: Direction, price: int, stop: int, stands: bool
) -> None:
    assert is_in_order(grid, direction, D(price), D(stop)) is stands


@pytest.mark.parametrize(
    ("direction", "left", "inside"), [(Direction.LONG, 102, 101), (Direction.SHORT, 98, 99)]
)
def test_a_running_grid_is_left_at_its_bound_and_ends_after_its_lifetime(
    direction: Direction, left: int, inside: int
) -> None:
    running = RunningGrid(
        chain="abc",
        owner="grid",
        instrument=BTC,
        direction=direction,
        grid=LONG,
        stop=D(96),
        bound=D(left),
        decided_at=NOW,
        risk=D(2),
    )
    assert running.is_left_at(D(left))
    assert not running.is_left_at(D(inside))
    assert running.ends_at == NOW + timedelta(hours=1)
