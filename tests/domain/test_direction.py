"""Directions, sides and purposes, and the mapping between them."""

from __future__ import annotations

import pytest

from domain.direction import PROTECTION, WAYS_OUT, Direction, Purpose, Side, entry_side, exit_side, towards


@pytest.mark.parametrize(
    ("direction", "way_in", "way_out"),
    [(Direction.LONG, Side.BUY, Side.SELL), (Direction.SHORT, Side.SELL, Side.BUY)],
)
def test_a_direction_is_entered_on_one_side_and_exited_on_the_other(
    direction: Direction, way_in: Side, way_out: Side
) -> None:
    assert (entry_side(direction), exit_side(direction)) == (way_in, way_out)
    assert (towards(way_in), towards(way_out)) == (direction, direction.opposite)
    assert (way_in.opposite, way_out.opposite) == (way_out, way_in)


def test_every_purpose_is_an_entry_a_protection_or_a_way_out() -> None:
    assert {Purpose.ENTRY} | PROTECTION | WAYS_OUT == set(Purpose)
    assert not PROTECTION & WAYS_OUT
