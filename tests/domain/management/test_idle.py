"""The prices and the time before which no rule acts: none acts within them, and some rule acts just beyond."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.managed import LastManaged, ManagedBy, Rule
from domain.management import decide
from domain.management.idle import idle
from domain.management.settings import ManagementSettings
from domain.market import LastPrice, PriceSource
from domain.position import Open
from tests.domain.history import NOW, D
from tests.domain.management.positions import a_long, a_short, acted, read
from tests.replacing import replace

TICK = D("0.1")


def rules(**given: Any) -> ManagementSettings:
    return ManagementSettings(**{name: value for name, value in given.items() if value})


def fractions(most: int) -> st.SearchStrategy[Decimal]:
    """0, or a fraction in tenths of a per mille."""
    return st.integers(0, most).map(lambda parts: D(parts) / 10_000)


def levels(count: int) -> st.SearchStrategy[tuple[str, ...]]:
    """Levels `profit:share` with rising profits, the shares below 1 in sum."""
    profits = st.lists(st.integers(1, 400), max_size=count, unique=True).map(sorted)
    return profits.map(lambda found: tuple(f"{D(one) / 10_000:f}:0.{(one % 3) + 1}" for one in found))


SETTINGS = st.builds(
    rules,
    trailing_levels=levels(3),
    partial_closes=levels(2),
    break_even_at=fractions(200),
    break_even_offset=fractions(30),
    minimum_step=st.sampled_from([D("0.0005"), D("0.01")]),
    largest_loss=fractions(300),
    early_profit=fractions(300),
    early_loss=fractions(300),
    target_step=fractions(100),
    target_activation=fractions(200),
)


@st.composite
def states(draw: st.DrawFn) -> Open:
    """A long or short of 2 from 100, of which a part may be closed, with or without stop and target."""
    stop = draw(st.one_of(st.none(), st.integers(960, 1_040).map(lambda tenths: D(tenths) / 10)))
    target = draw(st.one_of(st.none(), st.integers(1, 60).map(lambda tenths: D(tenths) / 10)))
    figures: dict[str, Any] = {
        "stop": stop,
        "gross": draw(st.sampled_from([D(0), D("-0.31"), D("1.7")])),
        "funding": draw(st.sampled_from([D(0), D("-0.02")])),
        "cost": draw(st.sampled_from([D(200), D("199.97"), D("201.3")])),
    }
    if draw(st.booleans()):
        return a_long(**figures, target=None if target is None else 100 + target)
    return a_short(**figures, target=None if target is None else 100 - target)


DONE = st.sampled_from(
    [{}, {Rule.PARTIAL_CLOSE: acted(action=ManagedBy.REDUCE, levels=1, from_profit=D("0.01"))}]
)


@given(states(), SETTINGS, DONE, st.integers(9_300, 10_700), st.integers(-9, 9), st.integers(-9, 9))
def test_no_rule_acts_between_the_prices(
    state: Open,
    settings: ManagementSettings,
    done: dict[Rule, LastManaged],
    hundredths: int,
    bid: int,
    ask: int,
) -> None:
    """Whether the close is quoted or not; all three prices are between the named ones."""
    price = D(hundredths) / 100
    sides = price + D(bid) / 100, price + D(ask) / 100
    quoted = LastPrice(price, NOW, PriceSource.CANDLE, *sides, NOW)
    reading = read(state, price, settings, last=done)
    found = idle(reading)
    assert found is not None
    low, high = min(price, *sides), max(price, *sides)
    if (found.below is None or low > found.below) and (found.above is None or high < found.above):
        assert decide(reading) == []
        assert decide(replace(reading, price=quoted)) == []


@pytest.mark.parametrize(
    ("settings", "side"),
    [
        pytest.param(rules(largest_loss=D("0.01")), "against", id="largest loss"),
        pytest.param(rules(early_loss=D("0.01")), "against", id="early loss"),
        pytest.param(rules(early_profit=D("0.01")), "in favour", id="early profit"),
        pytest.param(rules(partial_closes=("0.01:0.5",)), "in favour", id="partial close"),
        pytest.param(rules(break_even_at=D("0.01")), "in favour", id="break-even"),
        pytest.param(rules(trailing_levels=("0.01:0.005",)), "in favour", id="trailing stop"),
        pytest.param(
            rules(target_step=D("0.005"), target_activation=D("0.01")), "in favour", id="trailing target"
        ),
    ],
)
@pytest.mark.parametrize("state", [a_long(), a_short()], ids=["long", "short"])
def test_each_rule_acts_within_two_ticks_beyond_its_price(
    settings: ManagementSettings, side: str, state: Open
) -> None:
    found = idle(read(state, D(100), settings))
    assert found is not None
    is_above = (side == "in favour") is (state.direction.value == "LONG")
    price = found.above if is_above else found.below
    assert (found.below if is_above else found.above) is None
    assert price is not None
    beyond = price + 2 * TICK if is_above else price - 2 * TICK
    within = price - TICK / 100 if is_above else price + TICK / 100
    assert decide(read(state, beyond, settings))
    assert not decide(read(state, within, settings))


def test_a_stop_that_is_beyond_break_even_leaves_nothing_to_do_for_it_at_any_price() -> None:
    found = idle(read(a_long(stop=D(101)), D(100), rules(break_even_at=D("0.01"))))
    assert found is not None
    assert (found.below, found.above) == (None, None)


def test_levels_that_are_done_name_no_price() -> None:
    last = {Rule.PARTIAL_CLOSE: acted(action=ManagedBy.REDUCE, levels=1, from_profit=D("0.01"))}
    found = idle(read(a_long(), D(100), rules(partial_closes=("0.01:0.5", "0.03:0.2")), last=last))
    assert found is not None
    assert found.above == D("102.9999999")


def test_the_time_limit_names_its_time() -> None:
    reading = read(a_long(), D(100), rules(time_limit_seconds=7_200))
    found = idle(reading)
    assert found is not None
    assert found.until == reading.opened_at + timedelta(hours=2)


def test_signs_of_a_reversal_may_act_at_each_candle() -> None:
    assert idle(read(a_long(), D(100), rules(reversal_signs=2, largest_loss=D("0.01")))) is None
