"""Submitted changes of settings: what tightens is in force at once, the rest is held until a review."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from commands.request import ChangeSettings, ReviewSettings, SubmitSettings
from domain.held import Review, id_of
from domain.settings import RiskSettings, Settings
from domain.sizing.settings import SizingRule, SizingSettings
from tests.commands.requests.asking import Asking
from tests.domain.history import D


def held(eve: Asking) -> Sequence[str]:
    return [str(one) for one in eve.desk.world.portfolio.settings.held]


def risk(eve: Asking) -> RiskSettings:
    return eve.desk.world.portfolio.settings.settings.risk


def reviewed(eve: Asking, verdict: Review) -> ReviewSettings:
    return ReviewSettings(id_of(eve.desk.world.portfolio.settings.held), verdict, "seen")


def test_of_a_submission_what_tightens_is_in_force_and_what_loosens_is_held() -> None:
    eve = Asking()
    changes = {"risk.max_positions": "9", "risk.cooldown_seconds": "1000", "risk.on_kill": "CLOSE"}
    assert eve.accepted(SubmitSettings(changes, "more symbols")) == ["SettingsChanged", "SettingsHeld"]
    assert (risk(eve).max_positions, risk(eve).cooldown_seconds) == (5, 1000)
    assert held(eve) == ["risk.max_positions = 9 (before: 5)", "risk.on_kill = CLOSE (before: HOLD)"]


def test_held_changes_are_in_force_and_held_no_more_once_a_review_applies_them() -> None:
    eve = Asking()
    eve.accepted(SubmitSettings({"risk.max_positions": "9"}, "why"))
    assert eve.accepted(reviewed(eve, Review.APPLY)) == ["SettingsChanged", "SettingsHeld"]
    assert (risk(eve).max_positions, held(eve)) == (9, [])


def test_held_changes_that_a_review_rejects_change_nothing() -> None:
    eve = Asking()
    eve.accepted(SubmitSettings({"risk.max_positions": "9"}, "why"))
    assert eve.accepted(reviewed(eve, Review.REJECT)) == ["SettingsHeld"]
    assert (risk(eve).max_positions, held(eve)) == (5, [])


def test_a_review_of_other_changes_than_those_held_is_refused() -> None:
    eve = Asking()
    assert eve.declined(ReviewSettings("0a1b2c3d", Review.APPLY, "why")).startswith(
        "Refused: no change of the settings is held"
    )
    eve.accepted(SubmitSettings({"risk.max_positions": "9"}, "why"))
    seen = reviewed(eve, Review.APPLY)
    eve.accepted(SubmitSettings({"risk.max_positions": "8"}, "why"))
    assert "are not those that are held" in eve.declined(seen)
    assert (risk(eve).max_positions, held(eve)) == (5, ["risk.max_positions = 8 (before: 5)"])


def test_later_submissions_are_held_with_the_earlier_ones_and_a_value_in_force_ends_the_holding() -> None:
    eve = Asking()
    eve.accepted(SubmitSettings({"risk.max_positions": "9"}, "why"))
    eve.accepted(SubmitSettings({"risk.freshness_seconds": "60"}, "why"))
    assert held(eve) == ["risk.max_positions = 9 (before: 5)", "risk.freshness_seconds = 60 (before: 30)"]
    eve.accepted(SubmitSettings({"risk.max_positions": "5"}, "why"))
    assert held(eve) == ["risk.freshness_seconds = 60 (before: 30)"]


def test_each_held_change_has_its_own_actor_reason_and_time_also_after_it_is_requested_again() -> None:
    eve = Asking()
    eve.accepted(SubmitSettings({"risk.max_positions": "9"}, "two more symbols"))
    first = eve.desk.at
    eve.ask(SubmitSettings({"risk.freshness_seconds": "60"}, "slow feed"), actor="bob")
    eve.ask(SubmitSettings({"risk.max_positions": "9"}, "the same"), actor="bob")
    assert [(one.by, one.reason, one.since) for one in eve.desk.world.portfolio.settings.held] == [
        ("eve", "two more symbols", first),
        ("bob", "slow feed", first + timedelta(seconds=1)),
    ]


def test_a_tightened_setting_is_in_force_though_its_own_loosening_is_held() -> None:
    eve = Asking()
    eve.accepted(SubmitSettings({"risk.max_positions": "9", "risk.freshness_seconds": "60"}, "why"))
    eve.accepted(SubmitSettings({"risk.max_positions": "2"}, "too many"))
    assert (risk(eve).max_positions, held(eve)) == (2, ["risk.freshness_seconds = 60 (before: 30)"])


def test_a_held_change_with_which_a_tightened_setting_would_be_invalid_is_held_no_more() -> None:
    """The rule FIXED needs a quantity above 0, and the rule in force does not read it."""
    eve = Asking(Settings(sizing=SizingSettings(rule=SizingRule.RISK, quantity=D("0.1"))))
    eve.accepted(SubmitSettings({"risk.max_positions": "9", "sizing.rule": "FIXED"}, "why"))
    eve.accepted(SubmitSettings({"sizing.quantity": "0"}, "urgent"))
    assert eve.desk.world.portfolio.settings.settings.sizing.quantity == 0
    assert held(eve) == ["risk.max_positions = 9 (before: 5)"]


def test_a_change_of_a_setting_ends_its_holding_and_no_other() -> None:
    eve = Asking()
    eve.accepted(SubmitSettings({"risk.max_positions": "9", "risk.freshness_seconds": "60"}, "why"))
    assert eve.accepted(ChangeSettings({"risk.max_positions": "4"})) == ["SettingsChanged", "SettingsHeld"]
    assert held(eve) == ["risk.freshness_seconds = 60 (before: 30)"]
    assert eve.accepted(ChangeSettings({"risk.cooldown_seconds": "1000"})) == ["SettingsChanged"]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, "InvalidInput: no setting was named"),
        ({"risk.max_position": "3"}, "InvalidSettings: risk.max_position: no such setting"),
        ({"risk.max_positions": "3", "risk.max_total_risk": "7"}, "InvalidSettings: risk.max_total_risk"),
        ({"risk.max_positions": "3", "simulation.seed": "1"}, "Refused: simulation.seed cannot be changed"),
    ],
    ids=["none", "unknown", "out of range", "fixed"],
)
def test_a_submission_with_a_fault_changes_and_holds_nothing(changes: dict[str, str], fault: str) -> None:
    eve = Asking()
    assert eve.declined(SubmitSettings(changes, "why")).startswith(fault)
    assert (risk(eve).max_positions, held(eve)) == (5, [])
