"""The rules of the manager: from which figures each acts, alone and together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.arithmetic import EXACT
from domain.closing import BY_MANAGER, CloseReason
from domain.managed import LastManaged, ManagedBy, Rule
from domain.management import RULES_VERSION, decide
from domain.management.break_even import break_even_price
from domain.management.settings import ManagementSettings
from domain.position import Open, net_at, notional
from tests.domain.history import NOW, D
from tests.domain.management.readings import LONG, SHORT, a_reading
from tests.replacing import replace

TRAILING = ManagementSettings(trailing_levels=("0.02:0.01", "0.05:0.015", "0.10:0.02"))
EVEN = ManagementSettings(break_even_at=D("0.01"))
LOSS = ManagementSettings(largest_loss=D("0.02"))
DOCS = Path(__file__).parents[3] / "docs"
TIME = ManagementSettings(time_limit_seconds=60)


@pytest.mark.parametrize(
    ("state", "price", "stop"),
    [
        (LONG, "101.9", None),
        (LONG, "102", "100.9"),
        (LONG, "104.9", "103.8"),
        (LONG, "105", "103.4"),
        (LONG, "110", "107.8"),
        (SHORT, "98.1", None),
        (SHORT, "98", "99.0"),
        (SHORT, "95", "96.5"),
        (SHORT, "90", "91.8"),
    ],
)
def test_a_trailing_stop_follows_in_the_distance_of_the_highest_level_that_the_profit_has_reached(
    state: Open, price: str, stop: str | None
) -> None:
    found = decide(a_reading(price, TRAILING, state))
    assert [one.stop for one in found] == ([] if stop is None else [D(stop)])
    assert all((one.rule, one.action) == (Rule.TRAILING_STOP, ManagedBy.MOVE_STOP) for one in found)
    assert all(one.stop_before == state.stop and one.close_reason is None for one in found)


def test_an_action_records_the_figures_that_it_was_decided_by() -> None:
    (found,) = decide(a_reading("105", TRAILING))
    assert found.figures == {"from_profit": "0.05", "distance": "0.015"}
    assert (found.price, found.profit, found.price_at) == (D(105), D("0.05"), NOW)
    assert (found.rules_version, found.target_before, found.target) == (RULES_VERSION, D(120), None)


@pytest.mark.parametrize(("state", "price", "stop"), [(LONG, "101", "100.2"), (SHORT, "99", "99.8")])
def test_the_stop_is_moved_to_where_entry_and_exit_pay_their_fees(state: Open, price: str, stop: str) -> None:
    (found,) = decide(a_reading(price, EVEN, state))
    assert (found.rule, found.stop) == (Rule.BREAK_EVEN, D(stop))
    assert decide(a_reading("100.9" if state is LONG else "99.1", EVEN, state)) == []


@pytest.mark.parametrize("state", [LONG, SHORT], ids=["long", "short"])
def test_a_position_closed_at_break_even_has_neither_profit_nor_loss(state: Open) -> None:
    reading = a_reading("100", EVEN, state)
    price = break_even_price(reading)
    fee = EXACT.multiply(notional(state.quantity, price), reading.rules.taker_fee)
    assert abs(net_at(state, price, fee)) < D("1e-40")


def test_break_even_is_moved_beyond_by_its_offset() -> None:
    (found,) = decide(a_reading("101", replace(EVEN, break_even_offset=D("0.002"))))
    assert found.stop == D("100.4")


@pytest.mark.parametrize(
    ("state", "price", "closes"),
    [(LONG, "98", True), (LONG, "98.1", False), (SHORT, "102", True), (SHORT, "101.9", False)],
)
def test_a_position_is_closed_from_the_largest_loss_on(state: Open, price: str, *, closes: bool) -> None:
    found = decide(a_reading(price, LOSS, state))
    assert [one.close_reason for one in found] == ([CloseReason.LARGEST_LOSS] if closes else [])
    assert all(one.action is ManagedBy.CLOSE and one.stop is None for one in found)


@pytest.mark.parametrize("price", ["100", None], ids=["with a price", "without a price"])
def test_a_position_is_closed_at_its_time_limit_also_without_a_price(price: str | None) -> None:
    reading = a_reading(price, TIME)
    (found,) = decide(reading)
    assert found.close_reason is CloseReason.TIME_LIMIT
    assert found.figures == {"time_limit_seconds": "60", "held_seconds": "60"}
    assert decide(replace(reading, at=NOW - timedelta(microseconds=1))) == []


@pytest.mark.parametrize("rules", [TRAILING, EVEN, LOSS])
def test_without_a_recent_price_only_the_time_closes_a_position(rules: ManagementSettings) -> None:
    assert decide(a_reading(None, rules)) == []


def test_a_forced_exit_goes_before_a_stop_that_would_be_moved() -> None:
    rules = replace(TRAILING, time_limit_seconds=60)
    assert [one.rule for one in decide(a_reading("110", rules))] == [Rule.TIME_LIMIT]
    lost = replace(LOSS, time_limit_seconds=60)
    assert [one.rule for one in decide(a_reading("90", lost))] == [Rule.LARGEST_LOSS]


def test_of_two_stops_the_tightest_is_taken() -> None:
    both = replace(TRAILING, break_even_at=D("0.01"))
    assert [one.rule for one in decide(a_reading("101", both))] == [Rule.BREAK_EVEN]
    assert [one.rule for one in decide(a_reading("102", both))] == [Rule.TRAILING_STOP]
    (found,) = decide(a_reading("102", replace(both, break_even_offset=D("0.01"))))
    assert (found.rule, found.stop) == (Rule.BREAK_EVEN, D("101.2"))


@pytest.mark.parametrize(
    "stop", [D("100.9"), D("100.8"), D(101)], ids=["the same", "less than the step away", "a tighter one"]
)
def test_a_stop_is_neither_widened_nor_moved_by_less_than_the_step(stop: Decimal) -> None:
    """At 102 the stop would be at 100.9, and the least step is 0.204."""
    rules = replace(TRAILING, minimum_step=D("0.002"))
    assert decide(a_reading("102", rules, replace(LONG, stop=stop))) == []
    assert decide(a_reading("102", rules, replace(LONG, stop=D("100.6"))))


@pytest.mark.parametrize(
    "changed",
    [{"can_move_stop": False}, {"state": replace(LONG, stop=None)}],
    ids=["it cannot be moved now", "there is none"],
)
def test_a_stop_that_cannot_be_moved_is_left_alone(changed: dict[str, object]) -> None:
    assert decide(replace(a_reading("110", TRAILING), **changed)) == []


@pytest.mark.parametrize(
    ("seconds", "wanted", "moves"),
    [("0.9", "103", False), ("1", "103", True), ("9.9", "104", False), ("10", "104", True)],
)
def test_a_stop_is_moved_once_a_second_and_ten_seconds_after_a_refused_move(
    seconds: str, wanted: str, *, moves: bool
) -> None:
    last = LastManaged(
        at=NOW - timedelta(seconds=float(seconds)),
        action=ManagedBy.MOVE_STOP,
        stop=D(wanted),
        target=None,
    )
    reading = a_reading("110", TRAILING, replace(LONG, stop=D(103)), last={Rule.BREAK_EVEN: last})
    assert bool(decide(reading)) is moves


@given(
    st.sampled_from([LONG, SHORT]),
    st.lists(st.decimals("80", "125", places=2), min_size=1, max_size=30),
)
def test_on_any_prices_a_stop_is_only_tightened_and_never_reaches_the_price(
    state: Open, prices: Sequence[Decimal]
) -> None:
    sign = 1 if state is LONG else -1
    for price in prices:
        reading = a_reading(price, replace(TRAILING, break_even_at=D("0.01")), state)
        for one in decide(reading):
            assert one.stop is not None
            assert state.stop is not None
            assert (one.stop - state.stop) * sign >= (reading.least_move or 0)
            assert (price - one.stop) * sign > 0
            assert one.stop % reading.rules.tick == 0
            state = replace(state, stop=one.stop)


@pytest.mark.parametrize("page", ["explain.md", "management.md"])
def test_every_rule_has_a_row_in_the_documentation(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    assert [rule for rule in Rule if f"\n| {rule} |" not in text] == []


def test_every_setting_of_the_manager_has_its_default_in_the_documentation() -> None:
    text = (DOCS / "management.md").read_text("utf-8")
    for field in fields(ManagementSettings):
        default = getattr(ManagementSettings(), field.name)
        assert f"\n| `{field.name}` | {_spelled(default)} |" in text, field.name


def test_every_rule_that_closes_has_a_reason_of_the_manager() -> None:
    closing = {Rule.LARGEST_LOSS: "90", Rule.TIME_LIMIT: "100"}
    rules = replace(LOSS, time_limit_seconds=60)
    found = [decide(a_reading(price, rules))[0] for price in closing.values()]
    assert {one.close_reason for one in found} <= BY_MANAGER
    assert [one.rule.value for one in found] == [str(one.close_reason) for one in found]


def _spelled(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return "empty" if default == () else str(default)
