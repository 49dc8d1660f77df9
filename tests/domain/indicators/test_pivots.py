"""Classic pivots, by hand."""

from __future__ import annotations

from domain.indicators import classic_pivots


def test_the_levels_of_a_session_are_those_of_the_floor_traders_formula() -> None:
    found = classic_pivots(high=110.0, low=98.0, close=104.0)
    assert found.pivot == 104.0
    assert found.resistances == (110.0, 116.0)
    assert found.supports == (98.0, 92.0)


def test_a_session_that_closed_at_its_high_has_its_levels_above_the_middle() -> None:
    found = classic_pivots(high=110.0, low=98.0, close=110.0)
    assert (found.pivot, found.resistances, found.supports) == (106.0, (114.0, 118.0), (102.0, 94.0))


def test_a_session_that_did_not_move_has_all_levels_at_its_price() -> None:
    found = classic_pivots(100.0, 100.0, 100.0)
    assert {found.pivot, *found.resistances, *found.supports} == {100.0}
