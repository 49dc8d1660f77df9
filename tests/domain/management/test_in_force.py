"""Which rules are in force: the owner's own, else those of the regime, else those of all."""

from __future__ import annotations

import pytest

from domain.errors import InvalidSettings
from domain.management.in_force import is_in_use, management_of, may_manage, moving
from domain.management.settings import NO_MANAGEMENT, ManagementSettings, OwnManagementSettings
from domain.owner import PERSON
from domain.regime import Regime
from domain.regimes.settings import RegimeLimits, RegimeSettings
from domain.settings import Settings, StrategySettings, check
from tests.domain.history import D
from tests.replacing import replace

SETTINGS = Settings(
    strategies=(
        StrategySettings("trend"),
        StrategySettings("breakout", management=OwnManagementSettings(time_limit_seconds=60)),
    ),
    regimes=RegimeSettings(
        confirmations=1,
        range=RegimeLimits(time_limit_seconds=600, break_even_at=D("0.02"), trailing_levels=("0.03:0.01",)),
        volatile=RegimeLimits(largest_loss=D("0.05")),
    ),
    management=ManagementSettings(time_limit_seconds=3_600, largest_loss=D("0.01")),
)


@pytest.mark.parametrize(
    ("owner", "regime", "seconds", "loss"),
    [
        ("trend", None, 3_600, "0.01"),
        ("trend", Regime.TREND, 3_600, "0.01"),
        ("trend", Regime.RANGE, 600, "0.01"),
        ("trend", Regime.VOLATILE, 3_600, "0.05"),
        ("a scanner", Regime.RANGE, 600, "0.01"),
        ("breakout", Regime.RANGE, 60, "0.01"),
        ("breakout", None, 60, "0.01"),
    ],
)
def test_a_rule_is_the_owners_own_then_that_of_the_regime_then_that_of_all(
    owner: str, regime: Regime | None, seconds: int, loss: str
) -> None:
    found = management_of(owner, regime, SETTINGS)
    assert (found.time_limit_seconds, found.largest_loss) == (seconds, D(loss))
    assert bool(found.trailing_levels) is (regime is Regime.RANGE)


def test_positions_of_people_have_no_rules_in_any_regime() -> None:
    assert management_of(PERSON, Regime.RANGE, SETTINGS) == NO_MANAGEMENT
    assert not may_manage(PERSON, SETTINGS)


def test_an_owner_may_be_managed_where_a_rule_is_on_in_one_regime_alone() -> None:
    alone = replace(SETTINGS, management=NO_MANAGEMENT)
    assert may_manage("trend", alone)
    assert not may_manage("trend", replace(alone, regimes=replace(alone.regimes, confirmations=0)))
    assert not may_manage("trend", Settings())
    assert is_in_use(alone)
    assert not is_in_use(Settings())


def test_rules_of_one_instance_alone_are_in_use_for_it_alone() -> None:
    alone = replace(SETTINGS, management=NO_MANAGEMENT, regimes=RegimeSettings())
    assert is_in_use(alone)
    assert [one for one in ("trend", "breakout", "a scanner") if may_manage(one, alone)] == ["breakout"]


@pytest.mark.parametrize(
    ("levels", "fault"),
    [
        ("0.02", "has no colon"),
        ("0.02:x", "is not a number"),
        ("0.02:0", "a distance must be above 0"),
        ("0.02:1", "a distance must be above 0 and below 1"),
        ("1.02:0.1", r"must be in 0 … 1"),
        ("0.05:0.01,0.02:0.01", "must rise"),
        ("0.02:0.01,0.02:0.02", "must rise"),
    ],
)
def test_levels_of_the_trailing_stop_that_cannot_be_followed_are_refused(levels: str, fault: str) -> None:
    texts = tuple(levels.split(","))
    where = "management.trailing_levels = .*"
    with pytest.raises(InvalidSettings, match=f"^{where}{fault}"):
        check(Settings(management=ManagementSettings(trailing_levels=texts)))
    own = StrategySettings("trend", management=OwnManagementSettings(trailing_levels=texts))
    with pytest.raises(InvalidSettings, match=rf"^strategies.0.{where} \(id trend\).*{fault}"):
        check(Settings(strategies=(own,)))
    limits = RegimeSettings(range=RegimeLimits(trailing_levels=texts))
    with pytest.raises(InvalidSettings, match=rf"^regimes.range.trailing_levels = .*{fault}"):
        check(Settings(regimes=limits))


def test_a_number_of_an_instances_own_rules_that_is_out_of_range_is_refused() -> None:
    own = StrategySettings("trend", management=OwnManagementSettings(largest_loss=D(2)))
    with pytest.raises(InvalidSettings, match=r"strategies.0.management.largest_loss = 2 \(id trend\)"):
        check(Settings(strategies=(own,)))
    with pytest.raises(InvalidSettings, match=r"regimes.range.largest_loss = 2 "):
        check(Settings(regimes=RegimeSettings(range=RegimeLimits(largest_loss=D(2)))))


def test_the_rules_that_move_a_level_are_found_in_every_regime_and_instance() -> None:
    assert moving(SETTINGS) == {"trailing_levels", "break_even_at"}
    assert moving(replace(SETTINGS, regimes=RegimeSettings())) == set()
    own = (StrategySettings("trend", management=OwnManagementSettings(target_step=D("0.005"))),)
    assert moving(Settings(strategies=own)) == {"target_step"}


def test_a_reversal_moves_a_stop_unless_it_closes() -> None:
    signs = ManagementSettings(reversal_signs=3)
    assert moving(Settings(management=signs)) == {"reversal_signs"}
    assert moving(Settings(management=replace(signs, reversal_closes=True))) == set()
