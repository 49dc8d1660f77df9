"""The trailing target: where it is moved and how far, by hand; never back, whatever the price does."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.management.trailing_target import Levels, TrailingTarget, trailing_target
from domain.position import Open
from tests.domain.management.positions import D, a_long, a_short
from tests.replacing import replace

ON = TrailingTarget(step=D("0.005"))
TICK = D("0.1")


@pytest.mark.parametrize(
    ("state", "price", "moves", "levels"),
    [
        # a step is 100 * 0.005 = 0.5: 102.5 is one step below 103
        (a_long(), D("102.5"), 0, Levels(D("102.0"), D("103.5"))),
        (a_long(), D("102.4"), 0, None),
        # 0.5 * 1.5 = 0.75, so 103.75, on the tick 103.8; the stop is 102.2 on the tick below 102.25
        (a_long(), D("102.75"), 1, Levels(D("102.2"), D("103.8"))),
        # 0.5 * 1.5 ^ 3 = 1.6875
        (a_long(), D("102.9"), 3, Levels(D("102.4"), D("104.7"))),
        # at the target itself it is being filled
        (a_long(), D(103), 0, None),
        (a_long(), D(104), 0, None),
        # a stop that is as near stays
        (a_long(stop=D("102.0")), D("102.5"), 0, Levels(None, D("103.5"))),
        (a_long(stop=None), D("102.5"), 0, Levels(D("102.0"), D("103.5"))),
        (a_long(target=None), D("102.5"), 0, None),
        # below the activation of 1 % nothing is moved, however near the target is
        (a_long(target=D("101.2")), D("100.9"), 0, None),
        (a_long(target=D("101.2")), D("101.0"), 0, Levels(D("100.5"), D("101.7"))),
        (a_short(), D("97.5"), 0, Levels(D("98.0"), D("96.5"))),
        (a_short(), D("97.6"), 0, None),
        # 0.75: 96.25, on the tick 96.2; the stop is 97.8 on the tick above 97.75
        (a_short(), D("97.25"), 1, Levels(D("97.8"), D("96.2"))),
        (a_short(), D(97), 0, None),
    ],
)
def test_the_target_moves_away_from_a_price_within_one_step(
    state: Open, price: Decimal, moves: int, levels: Levels | None
) -> None:
    assert trailing_target(state, price, moves, TICK, ON) == levels


def test_without_a_step_nothing_is_moved() -> None:
    assert trailing_target(a_long(), D("102.9"), 0, TICK, TrailingTarget()) is None


def test_a_short_whose_target_would_not_be_positive_keeps_it() -> None:
    state = a_short(target=D("0.2"))
    assert trailing_target(state, D("0.4"), 0, TICK, ON) is None


def moved_along(state: Open, prices: Sequence[Decimal]) -> list[Open]:
    """The position after each price, where every move is recorded."""
    found, moves = [state], 0
    for price in prices:
        levels = trailing_target(state, price, moves, TICK, ON)
        if levels is not None:
            moves += 1
            state = replace(state, target=levels.target, stop=levels.stop or state.stop)
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
    states = moved_along(state, walked)
    for before, after, price in zip(states, states[1:], walked, strict=False):
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
