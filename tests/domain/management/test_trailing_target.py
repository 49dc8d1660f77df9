"""The trailing target: where it is moved and how far, by hand; never back, whatever the price does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.managed import ManagedBy, Rule
from domain.management.action import MoveStop, MoveTarget
from domain.management.settings import ManagementSettings
from domain.management.trailing_target import stop_behind_target, trailing_target
from domain.position import Open
from tests.domain.management.positions import D, a_long, a_short, acted, read
from tests.replacing import replace

ON = ManagementSettings(target_step=D("0.005"))
TICK = D("0.1")
Levels = tuple[Decimal | None, Decimal | None]
STAY: Levels = (None, None)


def moved(state: Open, price: Decimal, moves: int, settings: ManagementSettings = ON) -> Levels:
    """The stop and the target that the rules want after so many moves; None for one that stays."""
    last = {Rule.TRAILING_TARGET: acted(moves)} if moves else {}
    reading = read(state, price, settings, last=last)
    stop, target = stop_behind_target(reading), trailing_target(reading)
    found = [None if one is None else one.action for one in (stop, target)]
    return (
        found[0].stop if isinstance(found[0], MoveStop) else None,
        found[1].target if isinstance(found[1], MoveTarget) else None,
    )


@pytest.mark.parametrize(
    ("state", "price", "moves", "levels"),
    [
        # a step is 100 * 0.005 = 0.5: 102.5 is one step below 103
        (a_long(), D("102.5"), 0, (D("102.0"), D("103.5"))),
        (a_long(), D("102.4"), 0, STAY),
        # 0.5 * 1.5 = 0.75, so 103.75, on the tick 103.8; the stop is 102.2 on the tick below 102.25
        (a_long(), D("102.75"), 1, (D("102.2"), D("103.8"))),
        # 0.5 * 1.5 ^ 3 = 1.6875
        (a_long(), D("102.9"), 3, (D("102.4"), D("104.7"))),
        # at the target itself it is being filled
        (a_long(), D(103), 0, STAY),
        (a_long(), D(104), 0, STAY),
        # a stop that is as near stays
        (a_long(stop=D("102.0")), D("102.5"), 0, (None, D("103.5"))),
        (a_long(target=None), D("102.5"), 0, STAY),
        # below the activation of 1 % nothing is moved, however near the target is
        (a_long(target=D("101.2")), D("100.9"), 0, STAY),
        (a_long(target=D("101.2")), D("101.0"), 0, (D("100.5"), D("101.7"))),
        (a_short(), D("97.5"), 0, (D("98.0"), D("96.5"))),
        (a_short(), D("97.6"), 0, STAY),
        # 0.75: 96.25, on the tick 96.2; the stop is 97.8 on the tick above 97.75
        (a_short(), D("97.25"), 1, (D("97.8"), D("96.2"))),
        (a_short(), D(97), 0, STAY),
        # no positive price is so far away
        (a_short(target=D("0.2"), stop=D(1)), D("0.4"), 0, (D("0.9"), None)),
    ],
)
def test_the_target_moves_away_from_a_price_within_one_step(
    state: Open, price: Decimal, moves: int, levels: Levels
) -> None:
    assert moved(state, price, moves) == levels


def test_without_a_step_nothing_is_moved() -> None:
    assert moved(a_long(), D("102.9"), 0, ManagementSettings()) == STAY


def test_the_stop_is_left_to_the_trailing_stop_from_its_first_level_on() -> None:
    trailing = replace(ON, trailing_levels=("0.02:0.01",))
    assert moved(a_long(), D("102.5"), 0, trailing) == (None, D("103.5"))
    later = replace(ON, trailing_levels=("0.03:0.01",))
    assert moved(a_long(), D("102.5"), 0, later) == (D("102.0"), D("103.5"))


def test_nothing_is_moved_while_the_target_cannot_be_or_was_moved_within_a_second() -> None:
    moving = {
        Rule.TRAILING_TARGET: acted(
            ago=timedelta(milliseconds=900), action=ManagedBy.MOVE_TARGET, target=D(103)
        )
    }
    for changed in ({"can_move_target": False}, {"last": moving}):
        reading = read(a_long(), D("102.5"), ON, **changed)
        assert trailing_target(reading) is None
        assert stop_behind_target(reading) is None


def moved_along(state: Open, prices: Sequence[Decimal]) -> list[Open]:
    """The position after each price, where every move is recorded and carried out."""
    found, moves = [state], 0
    for price in prices:
        stop, target = moved(state, price, moves)
        moves += target is not None
        state = replace(state, target=target or state.target, stop=stop or state.stop)
        found.append(state)
    return found


@given(
    prices=st.lists(st.decimals(min_value=95, max_value=140, places=1), max_size=60), is_long=st.booleans()
)
def test_levels_only_move_in_the_positions_favour_and_stay_on_their_sides(
    prices: list[Decimal], is_long: bool
) -> None:
    state = a_long() if is_long else a_short()
    walked = prices if is_long else [200 - price for price in prices]
    sign = 1 if is_long else -1
    for (before, after), price in zip(pairwise(moved_along(state, walked)), walked, strict=True):
        assert before.target is not None
        assert after.target is not None
        assert before.stop is not None
        assert after.stop is not None
        assert sign * (after.target - before.target) >= 0
        assert sign * (after.stop - before.stop) >= 0
        if after.target != before.target:
            assert sign * (after.target - price) > 0
            assert sign * (price - after.stop) > 0
            # what is given up against the target before: two steps and a tick
            assert sign * (before.target - after.stop) <= D("1.0") + TICK


def test_a_steady_rise_is_followed_with_growing_steps() -> None:
    prices = [D(1000 + tenth) / 10 for tenth in range(1, 80)]
    targets = list(dict.fromkeys(one.target for one in moved_along(a_long(), prices)))
    steps = [b - a for a, b in pairwise(targets) if a is not None and b is not None]
    assert steps == sorted(steps)
    assert len(steps) == 5
