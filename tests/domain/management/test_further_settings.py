"""The settings of early profit, partial closes, trailing target and reversals: ranges, regimes, owners."""

from __future__ import annotations

from typing import Any

import pytest

from domain.closing import BY_MANAGER
from domain.errors import InvalidSettings
from domain.management import RULES, decide
from domain.management.in_force import intervals_of_signs, management_of
from domain.management.settings import ManagementSettings, OwnManagementSettings
from domain.management.turned import SIGN_NAMES, Turned
from domain.owner import PERSON
from domain.regime import Regime
from domain.regimes.settings import RegimeLimits, RegimeSettings
from domain.settings import Settings, StrategySettings, check
from tests.domain.management.positions import D, a_long, read
from tests.replacing import replace

LIMITS: dict[str, Any] = {
    "early_profit": D("0.004"),
    "early_loss": D("0.03"),
    "early_seconds": 90,
    "target_step": D("0.006"),
    "reversal_signs": 4,
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_of_a_regime_is_in_force_in_that_regime_alone(name: str) -> None:
    limits = RegimeLimits(**{name: LIMITS[name]})
    settings = Settings(regimes=RegimeSettings(confirmations=1, volatile=limits))
    assert getattr(management_of("trend", Regime.VOLATILE, settings), name) == LIMITS[name]
    assert management_of("trend", Regime.RANGE, settings) == ManagementSettings()
    own = StrategySettings("trend", management=OwnManagementSettings(**{name: LIMITS[name] * 2}))
    instance = replace(settings, strategies=(own,))
    assert getattr(management_of("trend", Regime.VOLATILE, instance), name) == LIMITS[name] * 2


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"early_profit": D("1.1")}, "early_profit = 1.1 must be in 0 … 1"),
        ({"early_loss": D("-0.01")}, "early_loss = -0.01 must be in 0 … 1"),
        ({"target_step": D("0.3")}, "target_step = 0.3 must be in 0 … 0.2"),
        ({"target_acceleration": D("0.9")}, "target_acceleration = 0.9 must be in 1 … 10"),
        ({"reversal_signs": 7}, "reversal_signs = 7 must be in 0 … 6"),
        ({"reversal_window": 0}, "reversal_window = 0 must be in 1 … 1000"),
        ({"reversal_distance": D(0)}, "reversal_distance = 0 must be in 0.0001 … 0.5"),
    ],
)
def test_a_number_out_of_its_range_is_refused_for_all_and_for_an_instance(
    changed: dict[str, Any], fault: str
) -> None:
    name, bounds = fault.split(" must ")
    with pytest.raises(InvalidSettings, match=f"^management.{fault}$"):
        check(Settings(management=ManagementSettings(**changed)))
    own = StrategySettings("trend", management=OwnManagementSettings(**changed))
    with pytest.raises(
        InvalidSettings, match=rf"^strategies.0.management.{name} \(id trend\) must {bounds}$"
    ):
        check(Settings(strategies=(own,)))


@pytest.mark.parametrize(
    ("levels", "fault"),
    [
        ("0.02", "has no colon"),
        ("0.02:half", "is not a number"),
        ("0.02:0", "must be above 0 and at most 1"),
        ("0:0.5", "must be above 0 and at most 1"),
        ("0.02:1.1", "must be above 0 and at most 1"),
        ("0.02:0.5,0.01:0.5", "the profits must rise"),
        ("0.01:0.5,0.02:0.6", "the shares add up to more than 1"),
    ],
)
def test_partial_closes_that_cannot_be_done_are_refused(levels: str, fault: str) -> None:
    texts = tuple(levels.split(","))
    where = "management.partial_closes = .*"
    with pytest.raises(InvalidSettings, match=f"^{where}{fault}"):
        check(Settings(management=ManagementSettings(partial_closes=texts)))
    own = StrategySettings("trend", management=OwnManagementSettings(partial_closes=texts))
    with pytest.raises(InvalidSettings, match=rf"^strategies.0.{where} \(id trend\).*{fault}"):
        check(Settings(strategies=(own,)))


def test_signs_are_read_at_the_intervals_of_the_owners_that_need_them() -> None:
    coarse = StrategySettings("trend", id="coarse", interval="1h")
    own = OwnManagementSettings(reversal_signs=3)
    settings = Settings(strategies=(StrategySettings("trend"), replace(coarse, management=own)))
    assert intervals_of_signs(Settings(strategies=(coarse,))) == frozenset()
    assert intervals_of_signs(settings) == {"1h"}
    of_all = ManagementSettings(reversal_signs=3)
    assert intervals_of_signs(replace(settings, management=of_all)) == {"1h", ""}
    regimes = RegimeSettings(confirmations=1, range=RegimeLimits(reversal_signs=3))
    assert intervals_of_signs(Settings(strategies=(coarse,), regimes=regimes)) == {"1h", ""}
    assert not management_of(PERSON, None, replace(settings, management=of_all)).is_on


@pytest.mark.parametrize("price", ["90", "100", "101", "102.6", "120"])
def test_without_a_rule_that_is_on_nothing_is_done(price: str) -> None:
    turned = {name: Turned(-1, 0.0, 0) for name in SIGN_NAMES}
    reading = read(a_long(), D(price), ManagementSettings(), signs=turned)
    assert not decide(reading)
    assert all(judge(reading) is None for judge in RULES)


def test_each_reason_of_the_manager_is_that_of_a_rule() -> None:
    turned = {name: Turned(-1, 0.0, 0) for name in SIGN_NAMES}
    rules = (
        ("98.9", ManagementSettings(largest_loss=D("0.01"))),
        ("100", ManagementSettings(time_limit_seconds=60)),
        ("101", ManagementSettings(early_profit=D("0.003"))),
        ("98", ManagementSettings(early_loss=D("0.02"))),
        ("101", ManagementSettings(reversal_signs=3, reversal_closes=True)),
        ("101", ManagementSettings(partial_closes=("0.01:1",))),
    )
    found = [decide(read(a_long(), D(price), given, signs=turned)) for price, given in rules]
    assert {one.close_reason for (one,) in found} == BY_MANAGER


def test_a_close_goes_before_a_part_that_is_closed_and_levels_that_are_moved() -> None:
    given = ManagementSettings(early_profit=D("0.003"), partial_closes=("0.01:0.5",), target_step=D("0.005"))
    reading = read(a_long(), D("102.6"), given)
    assert [one.rule for one in decide(reading)] == ["EARLY_PROFIT"]
    parts = replace(reading, settings=replace(given, early_profit=D(0)))
    assert [(one.rule, one.action) for one in decide(parts)] == [
        ("TARGET_STOP", "MOVE_STOP"),
        ("PARTIAL_CLOSE", "REDUCE"),
        ("TRAILING_TARGET", "MOVE_TARGET"),
    ]
