from __future__ import annotations

import re
from dataclasses import fields
from decimal import Decimal
from types import NoneType
from typing import get_args, get_origin, get_type_hints

import pytest

from domain.adjusting import adjusted, adjusted_before_opening, as_text, differences, names
from domain.errors import InvalidSettings, Refused
from domain.regimes.settings import RegimeLimits
from domain.settings import OrphanRule, OrphanSettings, Settings
from domain.sizing.settings import SizingRule
from tests.domain.history import BTC, ETH
from tests.domain.test_settings import every_setting
from tests.replacing import replace

DEFAULT = Settings()


def test_every_setting_can_be_named_except_those_fixed_at_the_opening() -> None:
    kept = {
        name
        for name in every_setting(DEFAULT)
        if name.startswith(("simulation.", "filters.", "regimes.", "leverage."))
    } | {
        "strategies",
        "paused",
        "groups",
    }
    assert set(names(DEFAULT)) == set(every_setting(DEFAULT)) - kept


def test_every_setting_set_to_its_own_text_is_unchanged() -> None:
    """Covers every type of value."""
    for name, value in names(DEFAULT).items():
        text = "" if value == () else str(value)
        assert adjusted(DEFAULT, {name: text}) == DEFAULT, name


def test_values_are_read_by_the_type_of_the_setting() -> None:
    changes = {
        "risk.max_positions": " 3 ",
        "risk.max_daily_loss": "0.010",
        "risk.allowed": f"{BTC}, {ETH}",
        "tiers.window": "7",
        "tiers.strict_win_rate": "0.25",
        "sizing.rule": "percent",
        "order_freshness_seconds": "5",
        "reverse_others": "True",
        "orphans.rule": "hand_over",
        "orphans.to": "trend",
    }
    risk = replace(DEFAULT.risk, max_positions=3, max_daily_loss=Decimal("0.010"), allowed=(BTC, ETH))
    assert adjusted(DEFAULT, changes) == replace(
        DEFAULT,
        risk=risk,
        tiers=replace(DEFAULT.tiers, window=7, strict_win_rate=0.25),
        sizing=replace(DEFAULT.sizing, rule=SizingRule.PERCENT),
        order_freshness_seconds=5,
        reverse_others=True,
        orphans=OrphanSettings(OrphanRule.HAND_OVER, "trend"),
    )


def test_all_faults_are_reported_in_one_error() -> None:
    with pytest.raises(InvalidSettings) as fault:
        adjusted(DEFAULT, {"risk.max_position": "1", "tiers.window": "many", "sizing.rule": "luck"})
    assert str(fault.value) == (
        "risk.max_position: no such setting; did you mean risk.max_positions?; tiers.window = 'many' is not a whole "
        "number in the digits 0 to 9; sizing.rule = 'luck' is not one of FIXED, PERCENT, RISK, "
        "MINIMUM, KELLY"
    )


@pytest.mark.parametrize("text", ["\u06605", "5_0", "\uff10.5"], ids=["Arabic", "underscore", "full width"])
@pytest.mark.parametrize("kind", [int, float, Decimal])
def test_every_figure_in_other_digits_than_ascii_is_refused(kind: type, text: str) -> None:
    figures = [name for name, value in names(DEFAULT).items() if type(value) is kind]
    assert figures
    for name in figures:
        with pytest.raises(InvalidSettings, match=re.escape(f"{name} = {text!r} is not a")):
            adjusted(DEFAULT, {name: text})


def test_a_change_from_hand_over_to_another_rule_must_also_clear_the_heir() -> None:
    handed = adjusted(DEFAULT, {"orphans.rule": "HAND_OVER", "orphans.to": "trend"})
    with pytest.raises(InvalidSettings, match=r"orphans\.to = 'trend' together with orphans\.rule = CLOSE"):
        adjusted(handed, {"orphans.rule": "CLOSE"})
    assert adjusted(handed, {"orphans.rule": "CLOSE", "orphans.to": ""}).orphans == OrphanSettings(
        OrphanRule.CLOSE
    )


def test_a_value_out_of_range_is_refused_by_the_check_of_the_settings() -> None:
    with pytest.raises(InvalidSettings, match=r"sizing\.quantity = 0 must be above 0"):
        adjusted(DEFAULT, {"sizing.rule": "FIXED"})


@pytest.mark.parametrize("name", ["strategies", "strategies.0.parameters.fast", "simulation.seed", "paused"])
def test_a_setting_fixed_at_the_opening_cannot_be_changed(name: str) -> None:
    with pytest.raises(Refused, match=f"{name} cannot be changed here: "):
        adjusted(DEFAULT, {name: "1"})


def test_the_differences_of_two_settings_make_the_second_of_the_first() -> None:
    first = Settings()
    second = replace(
        first,
        risk=replace(first.risk, allowed=(BTC, ETH), max_daily_loss=Decimal("0.04")),
        sizing=replace(first.sizing, rule=SizingRule.FIXED, quantity=Decimal("0.5")),
        simulation=replace(first.simulation, seed=8),
        reverse_others=True,
        regimes=replace(
            first.regimes, confirmations=3, trend=RegimeLimits(minimum_trend=0.2, hold_seconds=60)
        ),
    )
    changes = differences(first, second)
    assert changes == {
        "risk.allowed": f"{BTC},{ETH}",
        "risk.max_daily_loss": "0.04",
        "sizing.rule": "FIXED",
        "sizing.quantity": "0.5",
        "simulation.seed": "8",
        "reverse_others": "true",
        "regimes.confirmations": "3",
        "regimes.trend.minimum_trend": "0.2",
        "regimes.trend.hold_seconds": "60",
    }
    assert adjusted_before_opening(first, changes, "trading.") == second
    back = differences(second, first)
    assert back["regimes.trend.minimum_trend"] == ""
    assert adjusted_before_opening(second, back, "trading.") == first


_LIMITS = {"target_step": "0.1", "trailing_levels": "0.02:0.01,0.05:0.015"}
_VALUES = {"target_step": Decimal("0.1"), "trailing_levels": ("0.02:0.01", "0.05:0.015")}


def test_no_levels_of_a_regime_differ_from_those_of_all_regimes() -> None:
    none = replace(DEFAULT, regimes=replace(DEFAULT.regimes, trend=RegimeLimits(trailing_levels=())))
    changes = differences(DEFAULT, none)
    assert changes == {"regimes.trend.trailing_levels": ","}
    assert adjusted_before_opening(DEFAULT, changes, "") == none


def test_every_limit_of_a_regime_is_read_by_its_type_before_the_opening_alone() -> None:
    limits = [name for name in every_setting(DEFAULT) if name.startswith("regimes.volatile.")]
    assert len(limits) == len(fields(RegimeLimits))
    texts = {name: _LIMITS.get(name.rpartition(".")[2], "1") for name in limits}
    made = adjusted_before_opening(DEFAULT, texts, "").regimes.volatile
    hints = get_type_hints(RegimeLimits)
    assert made.given.keys() == hints.keys()
    for name, value in made.given.items():
        assert value == _VALUES.get(name, 1)
        kind = next(one for one in get_args(hints[name]) if one is not NoneType)
        assert isinstance(value, get_origin(kind) or kind), name
    with pytest.raises(InvalidSettings, match=r"regimes\.volatile\.minimum_trend = 'x' is not a number"):
        adjusted_before_opening(DEFAULT, {"regimes.volatile.minimum_trend": "x"}, "")
    with pytest.raises(InvalidSettings, match=r"regimes\.volatile\.minimum_trend = 2.0 must be in -1"):
        adjusted_before_opening(DEFAULT, {"regimes.volatile.minimum_trend": "2"}, "")
    with pytest.raises(Refused, match=r"regimes\.volatile\.minimum_trend cannot be changed here"):
        adjusted(DEFAULT, {"regimes.volatile.minimum_trend": "1"})


@pytest.mark.parametrize("name", names(Settings()))
def test_the_text_of_a_setting_is_read_as_its_value(name: str) -> None:
    assert adjusted(Settings(), {name: as_text(Settings(), name)}) == Settings()
